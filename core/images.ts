/** The verbs on finished images that programs and the command line call. What they run is loaded when one is called. */
import type { ImageOptions, ImageVerbReport } from './image-session.ts';
import type { CopyRequest, CopyResult } from './images/copy.ts';
import type { DiffRequest, DiffResult } from './images/diff.ts';
import type { InspectRequest, InspectResult } from './images/inspect.ts';
import type { JoinRequest, JoinResult } from './images/join.ts';
import type { ListRequest, ListResult } from './images/list.ts';
import type { RebaseRequest, RebaseResult } from './images/rebase/rebase.ts';
import type { ImageSession } from './images/session.ts';
import type { TagRequest, TagResult } from './images/tag.ts';

/** What {@link copyImage} takes. */
export interface CopyOptions extends ImageOptions, CopyRequest {}
/** What {@link tagImage} takes. */
export interface TagOptions extends ImageOptions, TagRequest {}
/** What {@link listImages} takes. */
export interface ListOptions extends ImageOptions, ListRequest {}
/** What {@link createIndex} takes. */
export interface CreateIndexOptions extends ImageOptions, JoinRequest {}

/** What {@link diffImages} takes. */
export interface DiffOptions extends ImageOptions, DiffRequest {}
/** What {@link inspectImage} takes. */
export interface InspectOptions extends ImageOptions, InspectRequest {}
/** What {@link rebaseImage} takes. */
export interface RebaseOptions extends ImageOptions, RebaseRequest {}

export type CopyReport = ImageVerbReport & CopyResult;
export type TagReport = ImageVerbReport & TagResult;
export type ListReport = ImageVerbReport & ListResult;
export type CreateIndexReport = ImageVerbReport & JoinResult;
export type DiffReport = ImageVerbReport & DiffResult;
export type InspectReport = ImageVerbReport & InspectResult;
export type RebaseReport = ImageVerbReport & RebaseResult;

/**
 * Copies an image with everything that hangs on it between registries, layouts and archives; digests stay. Never rejects:
 * what went wrong is `error` in the report, and the destination's tag stands for what it stood for.
 */
export function copyImage(options: CopyOptions): Promise<CopyReport> {
  return run('copy', options, { image: null, output: null }, async (session) => {
    const { copyImage } = await import('./images/copy.ts');
    return await copyImage(options, session);
  });
}

/** Gives an image of a registry or a layout further tags there. Never rejects. */
export function tagImage(options: TagOptions): Promise<TagReport> {
  return run('tag', options, { digest: null, references: [] }, async (session) => {
    const { tagImage } = await import('./images/tag.ts');
    return await tagImage(options, session);
  });
}

/** Lists the tags of a repository, a layout or an archive. Never rejects. */
export function listImages(options: ListOptions): Promise<ListReport> {
  return run('ls', options, { place: null, tags: [] }, async (session) => {
    const { listImages } = await import('./images/list.ts');
    return await listImages(options, session);
  });
}

/**
 * Joins images that were built one platform at a time to one index, whose bytes are those of a build of all of them.
 * Never rejects.
 */
export function createIndex(options: CreateIndexOptions): Promise<CreateIndexReport> {
  return run('index create', options, { image: null, output: null }, async (session) => {
    const { joinImages } = await import('./images/join.ts');
    return await joinImages(options, session);
  });
}

const NOT_FOUND: InspectResult = {
  reference: null,
  digest: null,
  mediaType: null,
  images: [],
  attachments: [],
};

/** Says what an image is and what is in it, whoever built it. Never rejects. */
export function inspectImage(options: InspectOptions): Promise<InspectReport> {
  return run('inspect', options, NOT_FOUND, async (session) => {
    const { inspectImage } = await import('./images/inspect.ts');
    return await inspectImage(options, session);
  });
}

const NOT_COMPARED: DiffResult = {
  before: null,
  after: null,
  equal: false,
  platforms: { removed: [], added: [] },
  images: [],
};

/** Says what differs between two images, wherever they are. Never rejects. */
export function diffImages(options: DiffOptions): Promise<DiffReport> {
  return run('diff', options, NOT_COMPARED, async (session) => {
    const { diffImages } = await import('./images/diff.ts');
    return await diffImages(options, session);
  });
}

/**
 * Puts what pycontainer built on another base, without building anything: only documents are new. The result is that of a build
 * on the new base. Never rejects; an image that would not run there is refused.
 */
export function rebaseImage(options: RebaseOptions): Promise<RebaseReport> {
  return run('rebase', options, { digest: null, images: [], outputs: [] }, async (session) => {
    const [{ rebaseImage }, { pythonOfBase }] = await Promise.all([
      import('./images/rebase/rebase.ts'),
      import('./base-python.ts'),
    ]);
    return await rebaseImage(options, session, (base, reference) => pythonOfBase(base, reference, session));
  });
}

async function run<Result extends object>(
  command: string,
  options: ImageOptions,
  empty: Result,
  work: (session: ImageSession) => Promise<Result>,
): Promise<ImageVerbReport & Result> {
  const { runImageVerb } = await import('./image-session.ts');
  return await runImageVerb(command, options, empty, work);
}
