/** Which blobs of a layout hang on which entries of its index.json. Reads documents, never layers. */
import type { Digest } from '../../primitives/digest.ts';
import { parseImageDocument } from '../document.ts';
import type { Descriptor } from '../image.ts';
import { isIndexType, isManifestType } from '../media-types.ts';
import { readDocument } from './folder.ts';

export interface Reachable {
  readonly blobs: ReadonlySet<Digest>;
  /** Digests that the manifests and indexes among them name as their subject, by the one that names it. */
  readonly subjects: ReadonlyMap<Digest, Digest>;
  /** False where a document could not be read, so that more may hang on it. */
  readonly isComplete: boolean;
}

/** Everything below the entries, themselves included. Damaged and missing documents are passed over. */
export async function reachableFrom(directory: string, entries: readonly Descriptor[]): Promise<Reachable> {
  const blobs = new Set<Digest>();
  const subjects = new Map<Digest, Digest>();
  let isComplete = true;
  const pending = [...entries];
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    if (blobs.has(entry.digest)) continue;
    blobs.add(entry.digest);
    if (!isIndexType(entry.mediaType) && !isManifestType(entry.mediaType)) continue;
    try {
      const { kind, value } = parseImageDocument(await readDocument(directory, entry), entry.digest);
      if (value.subject !== undefined) subjects.set(entry.digest, value.subject.digest);
      pending.push(...(kind === 'index' ? value.manifests : [value.config, ...value.layers]));
    } catch {
      isComplete = false;
    }
  }
  return { blobs, subjects, isComplete };
}
