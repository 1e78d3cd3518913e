/** Makes what plugins may use of one build. */

import type { Image } from '../oci/image.ts';
import { readImageFiles } from '../oci/rootfs.ts';
import { type Digest, digestOfJson } from '../primitives/digest.ts';
import { FIXED_MTIME } from '../primitives/file-tree.ts';
import { makeFileTree } from '../primitives/tree.ts';
import { itemsOfFiles, partOfItems } from './collect/memory-part.ts';
import type { PluginApi, PluginFile } from './plugin.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';

/** The object that every plugin's `apply` gets as its second argument. */
export function createPluginApi(config: ResolvedConfig, session: Session): PluginApi {
  return {
    config,
    log: session.log,
    store: session.store,
    http: session.http,
    signal: session.signal,
    sourceDateEpoch: session.sourceDateEpoch ?? 0,
    filesPart(name, files, role = 'plugin') {
      const bytes = Object.fromEntries(Object.entries(files).map(([path, file]) => [path, bytesOf(file)]));
      return partOfItems(itemsOfFiles(bytes, FIXED_MTIME), { name, role, salt: ['files', name] });
    },
    addPart: (collected, part) => ({ ...collected, tree: makeFileTree([...collected.tree.parts, part]) }),
    tree: makeFileTree,
    baseFiles: (image, patterns) => readImageFiles(image, patterns, session.signal),
    imageKey,
  };
}

/** Names an image's files: its platform and the digests of its layers. */
export function imageKey(image: Image): Digest {
  return digestOfJson({ platform: image.platform, layers: image.config.rootfs.diff_ids });
}

function bytesOf(file: PluginFile): { bytes: Uint8Array; mode: number } {
  const { bytes, mode } =
    typeof file === 'string' || file instanceof Uint8Array ? { bytes: file, mode: undefined } : file;
  return { bytes: Buffer.from(bytes as string), mode: mode ?? 0o644 };
}
