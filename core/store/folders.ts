/** The folders of a store on disk, made when first written to, and temporary files in one of them. */
import { randomBytes } from 'node:crypto';
import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, hexOf } from '../primitives/digest.ts';
import { makeFolder } from '../primitives/folder.ts';
import { storeFault } from './errors.ts';
import { isAlive, ownToken } from './owner.ts';

/** Milliseconds after which a temporary file whose process cannot be seen is taken for left over. */
const LEFT_OVER = 24 * 3600 * 1000;

const CACHE_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This file marks a cache that backups can leave out, see https://bford.info/cachedir/
`;

export interface Folders {
  readonly root: string;
  readonly blobs: string;
  readonly actions: string;
  readonly temporary: string;
  readonly locks: string;
  readonly sessions: string;
}

export function foldersIn(root: string): Folders {
  return {
    root,
    blobs: join(root, 'blobs', 'sha256'),
    actions: join(root, 'actions'),
    temporary: join(root, 'tmp'),
    locks: join(root, 'locks'),
    sessions: join(root, 'sessions'),
  };
}

export function blobFile(folders: Folders, digest: Digest): string {
  return join(folders.blobs, hexOf(digest));
}

export function actionFile(folders: Folders, key: Digest): string {
  return join(folders.actions, hexOf(key));
}

/** Makes all folders and removes what dead processes left. @throws StoreUnwritableError, StoreFullError */
export async function makeFolders(folders: Folders): Promise<void> {
  try {
    const { root, ...inner } = folders;
    await Promise.all(Object.values(inner).map((folder: string) => makeFolder(folder)));
    await writeFile(join(root, 'CACHEDIR.TAG'), CACHE_TAG, { flag: 'wx' }).catch((thrown: unknown) => {
      if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    });
  } catch (thrown) {
    const isReadOnly = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw storeFault(isReadOnly ? readOnly(thrown) : thrown, folders.root);
  }
  await removeLeftOvers(folders.temporary);
}

/** What ENOENT means where whatever is missing was to be made: a file system that takes no new names. */
function readOnly(cause: unknown): NodeJS.ErrnoException {
  return Object.assign(new Error('the file system takes no new files', { cause }), { code: 'EROFS' });
}

/** A name for a temporary file that states its owner. */
export function temporaryFile(folders: Folders): string {
  return join(folders.temporary, `${ownToken()}-${randomBytes(8).toString('hex')}`);
}

async function removeLeftOvers(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const file = join(directory, name);
    const alive = isAlive(name);
    const age =
      alive === undefined ? Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? 0) : 0;
    if (alive === false || age > LEFT_OVER) await rm(file, { force: true }).catch(() => undefined);
  }
}
