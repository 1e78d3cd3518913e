/**
 * Unpacks an archive of sources (PEP 625's sdists, PEP 721's rules; snapshots of repositories) into a folder of this host.
 * Owners, devices and special modes are not taken over. What the sources are is not looked at.
 */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FIXED_MTIME } from '../primitives/file-tree.ts';
import { breathe } from '../primitives/host-file.ts';
import { parseTreePath, visible } from '../primitives/path.ts';
import { type Compression, decompress } from './decompress.ts';
import { readTar } from './tar.ts';
import { UnpackError, UnpackedFolder, type UnpackLimits } from './unpack/folder.ts';
import { openZip } from './zip.ts';

export { UnpackError } from './unpack/folder.ts';

export interface UnpackOptions {
  /** The archive's own name, whose ending says what it is; one without a known ending is told by its first bytes. */
  readonly name: string;
  /** Absolute: where to; empty, and nobody else's. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly limits?: Partial<UnpackLimits>;
}

/** More than the largest honest archives hold. */
const MAX_ENTRIES = 300_000;
/** How many times the archive's own size its files may have, past the first 256 MiB. */
const MAX_RATIO = 100;
const RATIO_FLOOR = 256 * 1024 * 1024;
/** One that a build has to read into memory is never larger. */
const MAX_ZIP_ENTRY = 1024 * 1024 * 1024;
const ZIP_MAGIC = 'PK\u0003\u0004';

const COMPRESSIONS: readonly (readonly [ending: RegExp, compression: Compression])[] = [
  [/\.(?:tar\.gz|tgz)$/i, 'gzip'],
  [/\.(?:tar\.xz|txz)$/i, 'xz'],
  [/\.(?:tar\.zst|tzst)$/i, 'zstd'],
  [/\.tar$/i, 'none'],
];

/**
 * @param file absolute
 * @returns absolute path of the folder that holds the sources: the only one at the archive's top, else the top
 * @throws UnpackError; TarError, ZipError and their like for a damaged or ambiguous archive
 */
export async function unpackArchive(file: string, options: UnpackOptions): Promise<string> {
  const { size } = await stat(file);
  const maxBytes = Math.max(RATIO_FLOOR, size * MAX_RATIO);
  const limits = { maxEntries: MAX_ENTRIES, maxBytes, ...options.limits };
  const folder = new UnpackedFolder(options.directory, limits);
  if (await isZip(file, options.name)) await unpackZip(file, folder, limits, options);
  else await unpackTar(file, folder, limits, options);
  await folder.finish();
  const [only, ...others] = folder.top;
  if (only === undefined) throw new UnpackError(`\`${visible(options.name)}\` is empty`);
  const isSingle = others.length === 0 && only[1] === 'directory';
  return isSingle ? join(options.directory, only[0]) : options.directory;
}

async function isZip(file: string, name: string): Promise<boolean> {
  if (/\.zip$/i.test(name)) return true;
  if (COMPRESSIONS.some(([ending]) => ending.test(name))) return false;
  const opened = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(ZIP_MAGIC.length), 0, ZIP_MAGIC.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === ZIP_MAGIC;
  } finally {
    await opened.close();
  }
}

async function unpackTar(
  file: string,
  folder: UnpackedFolder,
  { maxBytes, maxEntries }: UnpackLimits,
  { name, signal }: UnpackOptions,
): Promise<void> {
  const compression = COMPRESSIONS.find(([ending]) => ending.test(name))?.[1];
  const sizes = new Map<string, number>();
  // Headers and padding are some 1.5 KiB an entry.
  const limit = maxBytes + maxEntries * 2048;
  const source = createReadStream(file) as AsyncIterable<Uint8Array>;
  const plain = decompress(source, { what: `\`${visible(name)}\``, limit, compression, signal });
  await readTar(
    plain,
    async (entry, body) => {
      const { path, type, linkTarget = '', size, mode, mtime } = entry;
      if (path === '') return;
      if (type === 'directory') return folder.directory(path);
      if (type === 'symlink') return folder.link(path, linkTarget);
      if (type === 'hardlink') {
        const linked = sizes.get(linkTarget) ?? 0;
        sizes.set(path, linked);
        return folder.hardLink(path, linkTarget, linked);
      }
      if (type !== 'file') throw new UnpackError(`\`${visible(path)}\` is a ${type.replace('-', ' ')}`);
      sizes.set(path, size);
      return folder.file(path, { isExecutable: (mode & 0o111) !== 0, mtime }, body);
    },
    { signal, limits: { maxEntries, maxEntrySize: maxBytes } },
  );
}

async function unpackZip(
  file: string,
  folder: UnpackedFolder,
  { maxEntries }: UnpackLimits,
  { signal }: UnpackOptions,
): Promise<void> {
  const archive = openZip(file, { maxEntries, maxEntrySize: MAX_ZIP_ENTRY, maxRatio: MAX_RATIO });
  try {
    for (const entry of archive.entries) {
      await breathe(signal);
      const path = parseTreePath(entry.name.replace(/\/$/, ''));
      if (entry.name.endsWith('/')) await folder.directory(path);
      else {
        const isExecutable = (entry.mode & 0o111) !== 0;
        await folder.file(path, { isExecutable, mtime: FIXED_MTIME }, once(archive.read(entry)));
      }
    }
  } finally {
    archive.close();
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
