/** The tags of a repository, a layout or an archive. */
import type { Descriptor } from '../oci/image.ts';
import { type ImageSpec, ImageSpecError, parseImageSpec } from '../oci/image-spec.ts';
import { formatReference } from '../oci/reference.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import type { Digest } from '../primitives/digest.ts';
import { visible } from '../primitives/path.ts';
import { listTags } from '../registry/index.ts';
import type { ImageSession } from './session.ts';

export interface ListRequest {
  /** A repository, `layout:DIR` or `archive:FILE`. */
  readonly place: string;
  /** True: also what each tag stands for, one request a tag. */
  readonly digests?: boolean | undefined;
}

export interface ListedTag {
  readonly name: string;
  /** Null where it was not asked for. */
  readonly digest: Digest | null;
}

export interface ListResult {
  /** As other programs address the place, without a tag. */
  readonly place: string | null;
  readonly tags: readonly ListedTag[];
}

/** Requests at once. */
const PARALLEL = 16;

/** @throws ImageSpecError for a reference with a tag; RegistryNotFoundError for no such repository */
export async function listImages(request: ListRequest, session: ImageSession): Promise<ListResult> {
  const parsed = parseImageSpec(request.place, session.cwd);
  refuseTag(request.place, parsed);
  if (parsed.kind === 'registry') return listRepository(request, parsed.reference, session);
  if (parsed.kind === 'layout') {
    const { openLayout } = await import('../oci/layout.ts');
    const { entries } = await openLayout(parsed.directory);
    return { place: `oci:${parsed.directory}`, tags: await tagsOf(entries) };
  }
  const { openArchive } = await import('../oci/archive.ts');
  const { entries } = await openArchive(parsed.file, session.store, session.signal);
  const scheme = parsed.kind === 'archive' ? 'oci-archive' : parsed.kind;
  return { place: `${scheme}:${parsed.file}`, tags: await tagsOf(entries) };
}

async function listRepository(
  { digests }: ListRequest,
  reference: Extract<ImageSpec, { readonly kind: 'registry' }>['reference'],
  { registry, signal }: ImageSession,
): Promise<ListResult> {
  const { host, repository: name } = reference;
  const repository = (await registry([host])).repository(reference);
  const names = await listTags(repository, signal);
  const tags = await mapConcurrently(names, PARALLEL, signal, async (tag, inner): Promise<ListedTag[]> => {
    if (digests !== true) return [{ name: tag, digest: null }];
    // One that was removed meanwhile is none.
    const found = await repository.findManifest(tag, inner);
    return found === undefined ? [] : [{ name: tag, digest: found.digest }];
  });
  return { place: formatReference({ host, repository: name }), tags: tags.flat() };
}

async function tagsOf(entries: readonly Descriptor[]): Promise<ListedTag[]> {
  const { tagOf } = await import('../oci/layout.ts');
  return entries.flatMap((entry) => {
    const name = tagOf(entry);
    return name === undefined ? [] : [{ name, digest: entry.digest }];
  });
}

function refuseTag(text: string, parsed: ImageSpec): void {
  const isTagged =
    parsed.kind === 'registry'
      ? parsed.reference.tag !== undefined || parsed.reference.digest !== undefined
      : parsed.kind === 'docker-archive'
        ? parsed.name !== undefined
        : parsed.tag !== undefined;
  if (!isTagged) return;
  throw new ImageSpecError(`\`${visible(text)}\` names one image, and a list is of all`, {
    hint: 'leave the tag out',
  });
}
