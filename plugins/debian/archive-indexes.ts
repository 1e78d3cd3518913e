/**
 * The `Packages` files of archives: which ones their Releases name, and their bytes. What was fetched before
 * is in the store; how a Release is fetched and checked is `in-release`'s matter.
 */
import type { BaseContext, Compression } from 'pycontainer';
import { decompress, download, isPycError, readAll } from 'pycontainer';
import type { IndexRequest } from './in-release.ts';
import { MirrorError, readRelease } from './in-release.ts';
import type { Archive } from './mirrors.ts';
import { urlBelow } from './mirrors.ts';
import type { PackageList } from './package-index.ts';
import type { Release, ReleaseFile } from './release.ts';
import { ReleaseError } from './release.ts';

/** A `Packages` file by its hash, not fetched yet. */
export interface IndexFile {
  readonly mirror: string;
  /** Names the file in errors. */
  readonly url: string;
  /** Where it lies whatever the archive does meanwhile; undefined where the archive keeps none by hash. */
  readonly byHashUrl?: string;
  readonly file: ReleaseFile;
  readonly compression: Compression;
  /** Bytes when unpacked, where the Release says so. */
  readonly unpackedSize: number | undefined;
}

const MAX_INDEX = 256 * 1024 * 1024;
/** `main` of a release has 57 MB of text. */
const MAX_UNPACKED = 1024 * 1024 * 1024;

/** The indexes that the archives vouch for now, in the archives' order. */
export async function findIndexes(
  archives: readonly Archive[],
  request: IndexRequest,
  context: BaseContext,
  signal: AbortSignal,
): Promise<readonly IndexFile[]> {
  const found = await Promise.all(
    archives.map(async (archive, position) => {
      const release = await readRelease(archive, position === 0, request, context, signal);
      return archive.components.map((component) =>
        indexFileOf(archive, component, release, request.architecture),
      );
    }),
  );
  return found.flat();
}

/** Fetches the lists that the store does not have, and unpacks all. */
export function readIndexes(
  files: readonly IndexFile[],
  context: BaseContext,
  signal: AbortSignal,
): Promise<readonly PackageList[]> {
  return Promise.all(
    files.map(async (file) => {
      await fetchIndex(file, context, signal);
      return { mirror: file.mirror, bytes: await unpack(file, context, signal) };
    }),
  );
}

/** Into one block of the size that was announced: gathering 57 MB first would take that much once more. */
async function unpack(index: IndexFile, context: BaseContext, signal: AbortSignal): Promise<Uint8Array> {
  const { url, compression, unpackedSize } = index;
  const limit = Math.min(unpackedSize ?? MAX_UNPACKED, MAX_UNPACKED);
  const chunks = decompress(context.store.open(index.file.sha256), { what: url, limit, compression, signal });
  if (unpackedSize === undefined || unpackedSize > MAX_UNPACKED) return readAll(chunks, limit, url);
  const bytes = new Uint8Array(unpackedSize);
  let size = 0;
  for await (const chunk of chunks) {
    bytes.set(chunk, size);
    size += chunk.length;
  }
  return bytes.subarray(0, size);
}

/** The best compressed form that the Release names. */
function indexFileOf(archive: Archive, component: string, release: Release, architecture: string): IndexFile {
  const folder = `${component}/binary-${architecture}`;
  for (const [compression, suffix] of [
    ['xz', '.xz'],
    ['gzip', '.gz'],
    ['none', ''],
  ] as const) {
    const file = release.files.get(`${folder}/Packages${suffix}`);
    if (file === undefined) continue;
    const below = (path: string): string =>
      urlBelow(archive.mirror, `dists/${archive.suite}/${folder}/${path}`);
    return {
      mirror: archive.mirror,
      url: below(`Packages${suffix}`),
      ...(release.acquireByHash
        ? { byHashUrl: below(`by-hash/SHA256/${file.sha256.slice('sha256:'.length)}`) }
        : {}),
      file,
      compression,
      unpackedSize: release.files.get(`${folder}/Packages`)?.size,
    };
  }
  throw new ReleaseError(
    `the suite \`${archive.suite}\` lists no packages of \`${component}\` for \`${architecture}\``,
    {
      hint: 'choose another platform, or other `components`',
    },
  );
}

async function fetchIndex(index: IndexFile, context: BaseContext, signal: AbortSignal): Promise<void> {
  const { sha256: digest, size } = index.file;
  if ((await context.store.find(digest)) !== undefined) return;
  const step = { id: `debian ${digest}`, label: `fetch ${index.url}`, total: size };
  context.log.progress({ ...step, state: 'start' });
  try {
    const faults: unknown[] = [];
    for (const url of [index.byHashUrl, index.url]) {
      if (url === undefined) continue;
      try {
        const bytes = download(context.http, { url, signal }, { expectedSize: size });
        await context.store.write(bytes, { digest, size, limit: MAX_INDEX, what: url }, signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        faults.push(error);
      }
    }
    throw unavailable(index, faults[0]);
  } finally {
    context.log.progress({ ...step, state: 'end', done: size });
  }
}

/** Faults of the network name the mirror; a wrong hash speaks for itself. */
function unavailable(index: IndexFile, cause: unknown): unknown {
  if (!isPycError(cause) || !cause.code.startsWith('PYC_HTTP')) return cause;
  return new MirrorError(`${index.url} cannot be fetched: ${cause.message}`, {
    hint: 'try again later, or set another `mirror`',
    cause,
  });
}
