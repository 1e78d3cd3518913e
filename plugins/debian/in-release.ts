/** An archive's InRelease: fetched or revalidated, checked by signature and by time. What it names is not fetched here. */
import type { BaseContext, Digest, HttpRequest, HttpResponse } from 'pycontainer';
import { digestOf, digestOfJson, isDigest, messageOf, nearest, PycError, readAll } from 'pycontainer';
import type { Archive } from './mirrors.ts';
import { KNOWN_SUITES, urlBelow } from './mirrors.ts';
import type { Release } from './release.ts';
import { checkRelease, expiryMessage, isExpired, parseRelease, ReleaseExpiredError } from './release.ts';
import { keysDigest, verifiedText } from './signature.ts';

/** The mirror has no such Debian suite, or no updates or security suite that belongs to it. */
export class SuiteUnknownError extends PycError {
  readonly code = 'PYC_DEBIAN_SUITE_UNKNOWN';
}

/**
 * A Debian mirror cannot be asked for its indexes: it does not answer, answers with an error, or `--offline`
 * forbids to.
 */
export class MirrorError extends PycError {
  readonly code = 'PYC_DEBIAN_MIRROR_FAILED';
}

/** What is asked of every archive. */
export interface IndexRequest {
  readonly architecture: string;
  /** False accepts a suite past its Valid-Until. */
  readonly checkValidUntil: boolean;
  readonly keyring?: string | undefined;
  readonly now: Date;
}

const MAX_RELEASE = 16 * 1024 * 1024;

/**
 * The Release that an archive vouches for now. `isMain` is false for updates and security, which can be left out.
 *
 * @throws SuiteUnknownError, MirrorError, SignatureError, ReleaseError, ReleaseExpiredError
 */
export async function readRelease(
  archive: Archive,
  isMain: boolean,
  request: IndexRequest,
  context: BaseContext,
  signal: AbortSignal,
): Promise<Release> {
  const url = urlBelow(archive.mirror, `dists/${archive.suite}/InRelease`);
  const fetched = await fetchRelease(url, archive, isMain, context, signal);
  const release = parseRelease(await signedText(fetched.document, url, request, context), url);
  checkRelease(release, { ...archive, architecture: request.architecture }, url);
  if (request.checkValidUntil && isExpired(release, request.now)) tellExpired(release, url, context);
  // Nothing that failed a check is remembered.
  await fetched.remember();
  return release;
}

function tellExpired(release: Release, url: string, context: BaseContext): void {
  const message = expiryMessage(release, url);
  if (!context.offline) {
    throw new ReleaseExpiredError(message, {
      hint: 'the mirror may be stale: try another `mirror`; for a suite that is no longer kept up, set `checkValidUntil: false`',
    });
  }
  context.log.warn({
    code: 'PYC_DEBIAN_RELEASE_EXPIRED',
    message: `${message}; it is used because of \`--offline\``,
    hint: 'build without `--offline` to get current packages',
  });
}

/** The text of an InRelease. One whose signature was found good before is not checked again. */
async function signedText(
  document: string,
  url: string,
  request: IndexRequest,
  context: BaseContext,
): Promise<string> {
  const { keyring, now } = request;
  const key = digestOfJson({
    kind: 'debian signature',
    document: digestOf(document),
    keys: keysDigest(keyring),
  });
  const known = await context.store.readAction(key);
  if (isDigest(known) && (await context.store.find(known)) !== undefined)
    return textOf(await context.store.read(known));
  const text = await verifiedText(document, { what: url, keyring, now });
  const { digest } = await context.store.write(chunksOf(Buffer.from(text)), { what: url });
  await context.store.writeAction(key, digest);
  return text;
}

/** What is remembered of an InRelease that was fetched. */
interface Remembered {
  readonly digest: Digest;
  readonly etag?: string;
  readonly lastModified?: string;
}

interface FetchedRelease {
  readonly document: string;
  /** Keeps it for `--offline` and for the next revalidation. */
  remember(): Promise<void>;
}

async function fetchRelease(
  url: string,
  archive: Archive,
  isMain: boolean,
  context: BaseContext,
  signal: AbortSignal,
): Promise<FetchedRelease> {
  const key = digestOfJson({ kind: 'debian in-release', url });
  const before = await remembered(key, context);
  if (context.offline) {
    if (before !== undefined) return known(before, context);
    throw new MirrorError(`the store has no ${url}, and \`--offline\` forbids to fetch it`, {
      hint: 'build once without `--offline`',
    });
  }
  const headers: Record<string, string> = {
    ...(before?.etag === undefined ? {} : { 'if-none-match': before.etag }),
    ...(before?.lastModified === undefined ? {} : { 'if-modified-since': before.lastModified }),
  };
  const response = await askMirror({ url, headers, signal }, context);
  if (response.status === 304 && before !== undefined) {
    await response.discard();
    return known(before, context);
  }
  if (response.status !== 200) {
    await response.discard();
    throw response.status === 404 ? unknownSuite(url, archive, isMain) : refused(url, response.status);
  }
  const bytes = await readAll(response.body, MAX_RELEASE, url);
  return {
    document: textOf(bytes),
    async remember() {
      const { digest } = await context.store.write(chunksOf(bytes), { what: url }, signal);
      const { etag, 'last-modified': lastModified } = response.headers;
      await context.store.writeAction(key, {
        digest,
        ...(etag === undefined ? {} : { etag }),
        ...(lastModified === undefined ? {} : { lastModified }),
      } satisfies Remembered);
    },
  };
}

async function known(before: Remembered, context: BaseContext): Promise<FetchedRelease> {
  return { document: textOf(await context.store.read(before.digest)), remember: async () => undefined };
}

async function remembered(key: Digest, context: BaseContext): Promise<Remembered | undefined> {
  const value = (await context.store.readAction(key)) as Partial<Remembered> | undefined;
  if (!isDigest(value?.digest) || (await context.store.find(value.digest)) === undefined) return undefined;
  const { digest, etag, lastModified } = value;
  return {
    digest,
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(typeof lastModified === 'string' ? { lastModified } : {}),
  };
}

function unknownSuite(url: string, archive: Archive, isMain: boolean): SuiteUnknownError {
  if (!isMain) {
    return new SuiteUnknownError(`there is no suite \`${archive.suite}\`: ${url} answered 404`, {
      hint: 'set `updates: false` or `securityMirror: false` for a suite that has none',
    });
  }
  const close = nearest(archive.suite, KNOWN_SUITES);
  return new SuiteUnknownError(`there is no suite \`${archive.suite}\`: ${url} answered 404`, {
    hint: close === undefined ? `choose one of ${KNOWN_SUITES.join(', ')}` : `did you mean \`${close}\`?`,
  });
}

function refused(url: string, status: number): MirrorError {
  return new MirrorError(`${url} answered ${status}`, { hint: 'try again later, or set another `mirror`' });
}

/** An answer of any status. @throws MirrorError where there is none */
async function askMirror(request: HttpRequest, context: BaseContext): Promise<HttpResponse> {
  try {
    return await context.http.request(request);
  } catch (cause) {
    request.signal?.throwIfAborted();
    throw new MirrorError(`${request.url} cannot be reached: ${messageOf(cause)}`, {
      hint: 'check the network, set another `mirror`, or build with `--offline` from what the store has',
      cause,
    });
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
