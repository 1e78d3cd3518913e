/** Brings package files into the store, a few at once, each checked by its hash; a file that left the archive is looked for on the snapshot service. */
import type { BaseContext } from 'pycontainer';
import {
  createLimiter,
  download,
  isPycError,
  mapConcurrently,
  messageOf,
  PycError,
  readAll,
} from 'pycontainer';
import type { PackageFile } from './resolution.ts';

/**
 * A Debian package could be fetched neither from the mirror nor from the snapshot service, or `--offline` forbids
 * to.
 */
export class PackageDownloadError extends PycError {
  readonly code = 'PYC_DEBIAN_PACKAGE_UNAVAILABLE';
}

/** A mirror sent a Debian package with another size or SHA-256 than the signed index states. */
export class PackageMismatchError extends PycError {
  readonly code = 'PYC_DEBIAN_PACKAGE_MISMATCH';
}

const CONCURRENCY = 16;
const MAX_LISTING = 1024 * 1024;

/** How downloads are done. */
export interface DownloadRequest {
  /** Root of the snapshot service. */
  readonly snapshotService: string;
  readonly context: BaseContext;
  readonly signal: AbortSignal;
}

/**
 * Calls `arrived` for each file once the store has it, in the order of arrival, one call at a time.
 *
 * @throws PackageMismatchError, PackageDownloadError
 */
export async function fetchPackages(
  files: readonly PackageFile[],
  request: DownloadRequest,
  arrived: (file: PackageFile) => Promise<void>,
): Promise<void> {
  // Large files first: the last one to arrive is then a small one.
  const queue = [...files].sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  const oneByOne = createLimiter(1);
  await mapConcurrently(queue, CONCURRENCY, request.signal, async (file, signal) => {
    await fetchPackage(file, { ...request, signal });
    await oneByOne(async () => {
      signal.throwIfAborted();
      await arrived(file);
    });
  });
}

async function fetchPackage(file: PackageFile, request: DownloadRequest): Promise<void> {
  const { context } = request;
  if ((await context.store.find(file.sha256)) !== undefined) return;
  if (context.offline) {
    throw new PackageDownloadError(
      `the store has no ${nameOf(file)}, and \`--offline\` forbids to fetch it`,
      {
        hint: 'build once without `--offline`',
      },
    );
  }
  const id = `debian ${file.sha256}`;
  const label = `fetch ${file.name} ${file.version}`;
  context.log.progress({ id, label, state: 'start', total: file.size });
  try {
    const status = await take(file.url, file, request);
    if (status === undefined) return;
    if (status !== 404 && status !== 410) throw unavailable(file, `${file.url} answered ${status}`);
    context.log.debug(`${file.url} answered ${status}; looking for it on ${request.snapshotService}`);
    await takeFromSnapshot(file, status, request);
  } finally {
    context.log.progress({ id, label, state: 'end', done: file.size, total: file.size });
  }
}

/** Undefined once the store has the file, else the status of the answer. */
async function take(url: string, file: PackageFile, request: DownloadRequest): Promise<number | undefined> {
  const { context, signal } = request;
  const expected = { digest: file.sha256, size: file.size, limit: file.size, what: url };
  try {
    await context.store.write(
      download(context.http, { url, signal }, { expectedSize: file.size }),
      expected,
      signal,
    );
    return undefined;
  } catch (cause) {
    signal.throwIfAborted();
    if (!isPycError(cause)) throw cause;
    if (cause.code === 'PYC_HTTP_STATUS') return (cause as PycError & { readonly status: number }).status;
    if (cause.code === 'PYC_STORE_BLOB_MISMATCH') {
      throw new PackageMismatchError(`${url} is not the ${nameOf(file)} that was chosen: ${cause.message}`, {
        hint: 'the mirror may be damaged: try another `mirror`',
        cause,
      });
    }
    throw cause.code.startsWith('PYC_HTTP') ? unavailable(file, cause.message, cause) : cause;
  }
}

/** The snapshot service names files by SHA-1, which it gives for a package's version; what counts is the SHA-256. */
async function takeFromSnapshot(file: PackageFile, status: number, request: DownloadRequest): Promise<void> {
  const { context, signal, snapshotService } = request;
  const listing = `${snapshotService}/mr/binary/${encodeURIComponent(file.name)}/${encodeURIComponent(file.version)}/binfiles`;
  let hashes: readonly string[];
  try {
    const response = await context.http.request({ url: listing, signal });
    const bytes = response.status === 200 ? await readAll(response.body, MAX_LISTING, listing) : undefined;
    if (bytes === undefined) await response.discard();
    hashes = bytes === undefined ? [] : hashesOf(bytes, file.architecture);
  } catch (cause) {
    signal.throwIfAborted();
    throw unavailable(
      file,
      `${file.url} answered ${status}, and ${listing} cannot be read: ${messageOf(cause)}`,
      cause,
    );
  }
  for (const hash of hashes) {
    if ((await take(`${snapshotService}/file/${hash}`, file, request)) === undefined) return;
  }
  throw unavailable(file, `${file.url} answered ${status}, and ${snapshotService} does not have it`);
}

function hashesOf(bytes: Uint8Array, architecture: string): readonly string[] {
  const listing = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly result?: unknown };
  if (!Array.isArray(listing.result)) return [];
  return listing.result.flatMap((each: unknown) => {
    const { architecture: own, hash } = (each ?? {}) as { architecture?: unknown; hash?: unknown };
    return own === architecture && typeof hash === 'string' && /^[0-9a-f]{40}$/.test(hash) ? [hash] : [];
  });
}

function unavailable(file: PackageFile, why: string, cause?: unknown): PackageDownloadError {
  return new PackageDownloadError(`${nameOf(file)} cannot be fetched: ${why}`, {
    hint: 'try again later, or take current packages with `pyc lock --update-base`',
    cause,
  });
}

function nameOf(file: PackageFile): string {
  return `\`${file.name}\` ${file.version} (${file.architecture})`;
}
