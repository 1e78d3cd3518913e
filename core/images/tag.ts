/** Gives an image further tags where it is: in its repository, or in its layout. No blob is touched. */
import { type ImageSpec, ImageSpecError, parseImageSpec } from '../oci/image-spec.ts';
import { formatReference, isTag } from '../oci/reference.ts';
import type { Digest } from '../primitives/digest.ts';
import { visible } from '../primitives/path.ts';
import { putManifest } from '../registry/index.ts';
import { openPlace } from './place.ts';
import type { ImageSession } from './session.ts';

export interface TagRequest {
  readonly image: string;
  /** At least one. */
  readonly tags: readonly string[];
}

export interface TagResult {
  readonly digest: Digest | null;
  /** The image by each of its new tags, as other programs address it. */
  readonly references: readonly string[];
}

/** @throws ImageSpecError for what is no tag, before anything is asked for */
export async function tagImage({ image, tags }: TagRequest, session: ImageSession): Promise<TagResult> {
  const parsed = parseImageSpec(image, session.cwd);
  for (const tag of tags) checkTag(tag);
  const wanted = [...new Set(tags)];
  switch (parsed.kind) {
    case 'registry':
      return tagInRegistry(image, parsed.reference, wanted, session);
    case 'layout':
      return tagInLayout(image, parsed.directory, wanted, session);
    default:
      throw new ImageSpecError(`\`${visible(image)}\` is an archive, which is not written to`, {
        hint: 'copy it to a registry or a layout under the new tag, with `pyc copy`',
      });
  }
}

async function tagInRegistry(
  spec: string,
  reference: Extract<ImageSpec, { readonly kind: 'registry' }>['reference'],
  tags: readonly string[],
  session: ImageSession,
): Promise<TagResult> {
  const { registry, signal } = session;
  const { host, repository: name } = reference;
  const place = await openPlace(spec, session);
  const manifest = await place.document(await place.root(signal), signal);
  const repository = (await registry([host])).repository(reference, 'pull,push');
  for (const tag of tags) await putManifest(repository, manifest, tag, signal);
  return {
    digest: manifest.descriptor.digest,
    references: tags.map((tag) => formatReference({ host, repository: name, tag })),
  };
}

async function tagInLayout(
  spec: string,
  directory: string,
  tags: readonly string[],
  session: ImageSession,
): Promise<TagResult> {
  const { store, signal } = session;
  const { writeLayoutEntries } = await import('../oci/layout.ts');
  const root = await (await openPlace(spec, session)).root(signal);
  await store.exclusive(
    `layout ${directory}`,
    () => writeLayoutEntries(directory, { blobs: [], root, tags, referrers: [] }, { signal }),
    signal,
  );
  return { digest: root.digest, references: tags.map((tag) => `oci:${directory}:${tag}`) };
}

/** @throws ImageSpecError */
function checkTag(tag: string): void {
  if (isTag(tag)) return;
  throw new ImageSpecError(`\`${visible(tag.slice(0, 300))}\` is no tag`, {
    hint: 'write the new tag alone, as in `1.2`; `pyc copy` brings an image to another repository',
  });
}
