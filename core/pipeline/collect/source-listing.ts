/**
 * What a folder of sources on this host holds, as one digest: two folders of one digest are built to one wheel. Left out is what
 * tools and builds leave behind.
 */
import { readdir, readlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type Digest, digestOfJson } from '../../primitives/digest.ts';
import { messageOf } from '../../primitives/errors.ts';
import { breathe, readHostFile } from '../../primitives/host-file.ts';
import { comparePaths, visible } from '../../primitives/path.ts';
import { SourceFileError } from '../sources/index.ts';

const ANYWHERE =
  /^(?:\.git|\.hg|\.svn|\.venv|venv|__pycache__|node_modules|\.tox|\.nox|\.(?:mypy|pytest|ruff)_cache|.*\.egg-info)$/;
const AT_THE_TOP = /^(?:build|dist)$/;

/** @param directory absolute @throws SourceFileError for what cannot be read */
export async function sourceListing(directory: string, signal: AbortSignal): Promise<Digest> {
  const found: (readonly [path: string, ...what: (string | boolean)[]])[] = [];
  try {
    await list(directory, directory, found, signal);
  } catch (cause) {
    signal.throwIfAborted();
    throw new SourceFileError(
      `the sources in \`${visible(directory)}\` cannot be read: ${messageOf(cause)}`,
      {
        hint: 'make them readable, and build again when nothing writes to them',
        cause,
      },
    );
  }
  return digestOfJson(found.sort(([a], [b]) => comparePaths(a, b)));
}

async function list(
  top: string,
  folder: string,
  found: (readonly [path: string, ...what: (string | boolean)[]])[],
  signal: AbortSignal,
): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (ANYWHERE.test(name) || (folder === top && AT_THE_TOP.test(name))) continue;
    const file = join(folder, name);
    const path = relative(top, file).split(sep).join('/');
    if (entry.isDirectory()) await list(top, file, found, signal);
    else if (entry.isSymbolicLink()) found.push([path, 'link', await readlink(file)]);
    else if (entry.isFile()) {
      if (found.length % 256 === 255) await breathe(signal);
      const { isExecutable, content } = await readHostFile(file, signal);
      found.push([path, isExecutable, content.sha256]);
    }
  }
}
