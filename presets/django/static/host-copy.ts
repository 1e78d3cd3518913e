/** Writes a collected tree to a folder of the host, where a program of the host is to find it. */
import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Collected, mapConcurrently, type TreeItem } from 'pycontainer';
import { joinPath, normalizePath, splitPath } from './python-url.ts';

const PARALLEL = 16;

/** @param folder - absolute; what leads out of it by a link leads to its inside */
export async function writeTree({ tree }: Collected, folder: string, signal: AbortSignal): Promise<void> {
  const items: TreeItem[] = [];
  for await (const item of tree.entries(signal)) items.push(item);
  const folders = new Set(
    items.map(([path, { type }]) => join(folder, type === 'directory' ? path : splitPath(path)[0])),
  );
  for (const one of [...folders].sort()) await mkdir(one, { recursive: true });
  await mapConcurrently(items, PARALLEL, signal, async ([path, entry]) => {
    if (entry.type !== 'file') return;
    await pipeline(entry.content.open(), createWriteStream(join(folder, path), { flags: 'wx' }));
  });
  // Last, so that nothing is written through a link. The interpreter's lead to the base, which is not here.
  for (const [path, entry] of items) {
    if (entry.type !== 'symlink') continue;
    const target = normalizePath(joinPath(`/${splitPath(path)[0]}`, entry.target));
    await symlink(join(folder, target), join(folder, path));
  }
}
