/**
 * A folder of sources on this host without what tools and builds leave in it: as one digest, and as a copy. Two folders of one
 * digest are built to one wheel.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readlink, realpath, stat, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { type Digest, digestOfJson } from '../../primitives/digest.ts';
import { isPycError, messageOf } from '../../primitives/errors.ts';
import { breathe, readHostFile } from '../../primitives/host-file.ts';
import { comparePaths, visible } from '../../primitives/path.ts';
import { SourceFileError, SourceLinkError } from '../sources/index.ts';

const ANYWHERE =
  /^(?:\.git|\.hg|\.svn|__pycache__|node_modules|\.tox|\.nox|\.(?:mypy|pytest|ruff)_cache|.*\.egg-info)$/;
const AT_THE_TOP = /^(?:build|dist)$/;

type Listed = { readonly path: string } & (
  | { readonly type: 'folder' }
  /** Absolute; elsewhere where a link of the folder leads there. */
  | { readonly type: 'file'; readonly file: string }
  | { readonly type: 'link'; readonly target: string }
);

/** @param directory absolute @throws SourceFileError for what cannot be read, SourceLinkError */
export async function sourceListing(directory: string, signal: AbortSignal): Promise<Digest> {
  return reading(directory, signal, async () => {
    const found: (readonly [path: string, ...what: (string | boolean)[]])[] = [];
    for await (const entry of sourcesIn(directory)) {
      if (entry.type === 'folder') continue;
      if (entry.type === 'link') found.push([entry.path, 'link', entry.target]);
      else {
        if (found.length % 256 === 255) await breathe(signal);
        const { isExecutable, content } = await readHostFile(entry.file, signal);
        found.push([entry.path, isExecutable, content.sha256]);
      }
    }
    return digestOfJson(found.sort(([a], [b]) => comparePaths(a, b)));
  });
}

/**
 * Copies the sources, so that what a build leaves behind is left there.
 *
 * @param directory absolute
 * @param to absolute; empty
 * @throws SourceFileError for what cannot be read, SourceLinkError
 */
export async function copySources(directory: string, to: string, signal: AbortSignal): Promise<void> {
  await reading(directory, signal, async () => {
    for await (const entry of sourcesIn(directory)) {
      signal.throwIfAborted();
      const target = join(to, entry.path);
      if (entry.type === 'folder') await mkdir(target);
      else if (entry.type === 'link') await symlink(entry.target, target);
      else await copyFile(entry.file, target);
    }
  });
}

async function reading<T>(directory: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    signal.throwIfAborted();
    if (isPycError(cause)) throw cause;
    throw new SourceFileError(
      `the sources in \`${visible(directory)}\` cannot be read: ${messageOf(cause)}`,
      { hint: 'make them readable, and build again when nothing writes to them', cause },
    );
  }
}

/** Folders before what lies in them. */
async function* sourcesIn(top: string, folder = top): AsyncGenerator<Listed> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (ANYWHERE.test(name) || (folder === top && AT_THE_TOP.test(name))) continue;
    const file = join(folder, name);
    const path = relative(top, file).split(sep).join('/');
    if (entry.isDirectory()) {
      // A virtual environment, whatever its name.
      if (existsSync(join(file, 'pyvenv.cfg'))) continue;
      yield { path, type: 'folder' };
      yield* sourcesIn(top, file);
    } else if (entry.isFile()) yield { path, type: 'file', file };
    else if (entry.isSymbolicLink()) yield await linkAt(top, file, path);
  }
}

/** One that stays inside is kept; one to a file of the same repository is that file. @throws SourceLinkError for any other */
async function linkAt(top: string, file: string, path: string): Promise<Listed> {
  const target = await readlink(file);
  if (!isAbsolute(target) && isBelow(top, resolve(dirname(file), target)))
    return { path, type: 'link', target };
  const real = await realpath(file);
  if (isBelow(await realpath(repositoryOf(top)), real) && (await stat(real)).isFile())
    return { path, type: 'file', file: real };
  throw new SourceLinkError(
    `the link \`${visible(path)}\` in \`${visible(top)}\` leads to \`${visible(target)}\`, which is no file of its repository`,
    { hint: 'put a copy of the file in its place' },
  );
}

function repositoryOf(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return directory;
  }
}

function isBelow(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== '..' && !below.startsWith(`..${sep}`) && !isAbsolute(below);
}
