/** An image in a layout or an archive. What refers to what is found among the entries of its index.json. */
import { parseImageDocument } from '../oci/document.ts';
import type { Descriptor } from '../oci/image.ts';
import { chooseEntries, LayoutTagError, tagOf } from '../oci/layout.ts';
import type { LocalContents } from '../oci/local-contents.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import type { Digest } from '../primitives/digest.ts';
import { checkKind, type ImagePlace } from './place.ts';

/** @throws LayoutTagError where the tag is not there, or one is needed */
export function localPlace(spec: string, contents: LocalContents, tag: string | undefined): ImagePlace {
  const { shown } = contents;
  const root = onlyEntry(contents, tag);
  let referrers: Promise<ReadonlyMap<Digest, readonly Descriptor[]>> | undefined;
  return {
    spec,
    shown,
    tag: tag ?? tagOf(root),
    reference: undefined,
    async root() {
      // What an index.json says of an entry is about the entry's place there: its tag.
      const { annotations: _, ...descriptor } = root;
      return descriptor;
    },
    async document(descriptor) {
      const bytes = await contents.read(descriptor);
      const document = parseImageDocument(bytes, shown, descriptor.mediaType);
      checkKind(descriptor, document, shown);
      return { descriptor, bytes, document };
    },
    async *blob(descriptor, signal) {
      yield* await contents.open(descriptor, signal);
    },
    async referrers(subject) {
      referrers ??= bySubject(contents);
      return (await referrers).get(subject) ?? [];
    },
    file: (descriptor) => contents.file(descriptor),
  };
}

function onlyEntry({ entries, shown }: LocalContents, tag: string | undefined): Descriptor {
  const chosen = chooseEntries(entries, tag, shown);
  if (chosen.length === 1) return chosen[0]!;
  throw new LayoutTagError(
    `${shown} holds ${chosen.length} images of one name, without an index that joins them`,
    {
      hint: 'write it anew with an index, as `pyc index create` does',
    },
  );
}

/**
 * Entries that name a subject, and those that an index under a subject's fallback tag lists. What cannot be read refers
 * to nothing.
 */
async function bySubject(contents: LocalContents): Promise<ReadonlyMap<Digest, readonly Descriptor[]>> {
  const found = new Map<Digest, Descriptor[]>();
  for (const entry of contents.entries) {
    if (!isIndexType(entry.mediaType) && !isManifestType(entry.mediaType)) continue;
    const document = await contents
      .read(entry)
      .then((bytes) => parseImageDocument(bytes, contents.shown, entry.mediaType))
      .catch(() => undefined);
    if (document === undefined) continue;
    const { subject } = document.value;
    if (subject !== undefined) add(found, subject.digest, entry);
    const tag = tagOf(entry);
    if (document.kind !== 'index' || tag === undefined || !/^sha256-[0-9a-f]{64}$/.test(tag)) continue;
    for (const listed of document.value.manifests) add(found, tag.replace('-', ':') as Digest, listed);
  }
  return found;
}

function add(found: Map<Digest, Descriptor[]>, subject: Digest, entry: Descriptor): void {
  const known = found.get(subject) ?? [];
  if (known.some(({ digest }) => digest === entry.digest)) return;
  found.set(subject, [...known, entry]);
}
