/** Makes what plugins may use of one build. */

import { FIXED_MTIME } from '../primitives/file-tree.ts';
import { makeFileTree } from '../primitives/tree.ts';
import type { BaseFileReader } from './base-files.ts';
import { itemsOfFiles, partOfItems } from './collect/memory-part.ts';
import { imageKey } from './image-key.ts';
import type { PluginApi, PluginFile } from './plugin.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';

/** The object that every plugin's `apply` gets as its second argument. */
export function createPluginApi(
  config: ResolvedConfig,
  session: Pick<Session, 'log' | 'store' | 'http' | 'signal' | 'sourceDateEpoch' | 'dryRun' | 'env'>,
  base: BaseFileReader,
): PluginApi {
  return {
    config,
    log: session.log,
    store: session.store,
    http: session.http,
    signal: session.signal,
    sourceDateEpoch: session.sourceDateEpoch ?? 0,
    dryRun: session.dryRun,
    env: session.env,
    filesPart(name, files, role = 'plugin') {
      const bytes = Object.fromEntries(Object.entries(files).map(([path, file]) => [path, bytesOf(file)]));
      return partOfItems(itemsOfFiles(bytes, FIXED_MTIME), { name, role, salt: ['files', name] });
    },
    addPart: (collected, part) => ({ ...collected, tree: makeFileTree([...collected.tree.parts, part]) }),
    tree: makeFileTree,
    announceBaseFiles: base.announce,
    baseFiles: base.read,
    imageKey,
  };
}

function bytesOf(file: PluginFile): { bytes: Uint8Array; mode: number } {
  const { bytes, mode } =
    typeof file === 'string' || file instanceof Uint8Array ? { bytes: file, mode: undefined } : file;
  return { bytes: Buffer.from(bytes as string), mode: mode ?? 0o644 };
}
