/**
 * One upload of a blob as the distribution specification has it ("Pushing a blob monolithically", "in chunks"): begun,
 * sent at once or in pieces, and asked how it stands. When it is tried again is decided elsewhere.
 */
import type { HttpRequest, HttpResponse } from '../http/client.ts';
import { isDigest } from '../primitives/digest.ts';
import type { BlobSource, PieceReader } from './blob-source.ts';
import type { Repository } from './client.ts';
import { isPassing, RegistryContentError, RegistryStatusError } from './errors.ts';
import { uploadLocation } from './upload-location.ts';

/** An upload that a registry began. */
export interface UploadSession {
  /** Where it goes on; changes with every answer. */
  location: URL;
  /** Bytes that the registry has. */
  offset: number;
  /** Bytes that a piece must have at least, the last one aside. */
  readonly shortestPiece: number;
}

type Sending = Omit<HttpRequest, 'url'>;

/** Larger blobs are not offered with the POST: where it is not taken, the whole body was sent for nothing. */
const LARGEST_WITH_POST = 256 * 1024;
const BYTES = { 'content-type': 'application/octet-stream' } as const;

/** @throws a PycError where the registry refuses */
export async function beginUpload(
  repository: Repository,
  { descriptor: { digest } }: BlobSource,
  signal: AbortSignal,
): Promise<UploadSession> {
  const response = await repository.send('blobs/uploads/', { method: 'POST', body: '', signal });
  if (response.status !== 202) {
    throw await repository.failure(`starting the upload of \`${digest}\` failed`, response, signal);
  }
  return begunUpload(repository, response);
}

/** The session of a 202, whose body is dropped. */
export async function begunUpload(repository: Repository, response: HttpResponse): Promise<UploadSession> {
  await response.discard();
  const shortest = Number(response.headers['oci-chunk-min-length'] ?? 0);
  return {
    location: uploadLocation(repository, response),
    offset: 0,
    shortestPiece: Number.isSafeInteger(shortest) && shortest > 0 ? shortest : 0,
  };
}

/**
 * Sends a small blob with the POST itself, where the registry is not known to leave it.
 *
 * @returns `sent`; the session that the registry began instead; undefined where an ordinary upload is to be begun
 * @throws a PycError for what would befall any upload
 */
export async function postWhole(
  repository: Repository,
  { descriptor: { digest, size } }: BlobSource,
  reader: PieceReader,
  signal: AbortSignal,
): Promise<'sent' | UploadSession | undefined> {
  const { uploads } = repository;
  if (!uploads.takesOneRequest || size > Math.min(LARGEST_WITH_POST, uploads.largestBody)) return undefined;
  const response = await repository
    .send(`blobs/uploads/?digest=${encodeURIComponent(digest)}`, {
      method: 'POST',
      headers: BYTES,
      body: () => reader.piece(0, size),
      bodySize: size,
      signal,
    })
    .catch((thrown: unknown) => {
      // Whatever it was, it may have been this way of asking.
      uploads.takesOneRequest = false;
      throw thrown;
    });
  const { status } = response;
  if (status === 201) {
    await demandDigest(repository, digest, response);
    return 'sent';
  }
  uploads.takesOneRequest = false;
  if (status === 202) return begunUpload(repository, response);
  const isForAnyUpload = status >= 500 || [401, 403, 408, 413, 429].includes(status);
  if (isForAnyUpload) throw await repository.failure(`uploading \`${digest}\` failed`, response, signal);
  await response.discard();
  return undefined;
}

/** Sends what the registry does not have yet, at once or in pieces of at most `piece` bytes. */
export async function sendRest(
  repository: Repository,
  session: UploadSession,
  blob: BlobSource,
  reader: PieceReader,
  piece: number,
  signal: AbortSignal,
): Promise<void> {
  const { size } = blob.descriptor;
  const isWhole = session.offset === 0 && size <= piece;
  while (!isWhole && session.offset < size) {
    const to = Math.min(size, session.offset + Math.max(piece, session.shortestPiece));
    await sendPiece(repository, session, blob, reader, to, signal);
  }
  await endUpload(repository, session, blob, reader, signal);
}

async function sendPiece(
  repository: Repository,
  session: UploadSession,
  { descriptor: { digest } }: BlobSource,
  reader: PieceReader,
  to: number,
  signal: AbortSignal,
): Promise<void> {
  const { offset } = session;
  const response = await sendTo(repository, session.location, {
    method: 'PATCH',
    headers: { ...BYTES, 'content-range': `${offset}-${to - 1}` },
    body: () => reader.piece(offset, to),
    bodySize: to - offset,
    signal,
  });
  if (response.status !== 202 && response.status !== 201 && response.status !== 204)
    throw await uploadFailure(repository, digest, response, signal);
  await response.discard();
  if (response.headers.location !== undefined) session.location = uploadLocation(repository, response);
  const reached = endOf(response) ?? to;
  if (reached <= offset || reached > to) throw forgotten(repository, digest, 416);
  session.offset = reached;
}

/** PUT, with whatever the registry has not got yet. */
async function endUpload(
  repository: Repository,
  { location, offset }: UploadSession,
  { descriptor: { digest, size } }: BlobSource,
  reader: PieceReader,
  signal: AbortSignal,
): Promise<void> {
  const rest: Sending =
    offset === size && size > 0
      ? { body: '' }
      : { headers: BYTES, body: () => reader.piece(offset, size), bodySize: size - offset };
  // Appended by hand: parsing and printing the query again could change a signature in it.
  const url = `${location.href}${location.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  const response = await sendTo(repository, url, { ...rest, method: 'PUT', signal });
  if (response.status !== 201 && response.status !== 204)
    throw await uploadFailure(repository, digest, response, signal);
  await demandDigest(repository, digest, response);
}

/**
 * Asks how many bytes the registry has of an upload that broke, and notes it.
 *
 * @returns false where it forgot the upload, has nothing of it, or does not say
 */
export async function askStanding(
  repository: Repository,
  session: UploadSession,
  size: number,
  signal: AbortSignal,
): Promise<boolean> {
  let response: HttpResponse;
  try {
    response = await sendTo(repository, session.location, { method: 'GET', retries: 0, signal });
  } catch (thrown) {
    if (signal.aborted || !isPassing(thrown)) throw thrown;
    return false;
  }
  await response.discard();
  const reached = endOf(response);
  // `0-0` is also what registries say that have nothing.
  if (response.status !== 204 || reached === undefined || reached <= 1 || reached > size) return false;
  if (response.headers.location !== undefined) session.location = uploadLocation(repository, response);
  session.offset = reached;
  return true;
}

/** Credentials go to the registry's own origin alone. */
async function sendTo(repository: Repository, url: URL | string, request: Sending): Promise<HttpResponse> {
  const isOurs = new URL(url).origin === repository.base.origin;
  return isOurs
    ? repository.sendTo(String(url), request)
    : repository.sendElsewhere({ ...request, url: String(url) });
}

/** The bytes that a `Range: 0-<last>` stands for. */
function endOf({ headers: { range } }: HttpResponse): number | undefined {
  const last = /^(?:bytes[ =])?0-(\d{1,15})$/.exec(range ?? '')?.[1];
  return last === undefined ? undefined : Number(last) + 1;
}

async function uploadFailure(
  repository: Repository,
  digest: string,
  response: HttpResponse,
  signal: AbortSignal,
): Promise<Error> {
  if (response.status !== 404) return repository.failure(`uploading \`${digest}\` failed`, response, signal);
  await response.discard();
  return forgotten(repository, digest, 404);
}

/** Worth a fresh upload, unlike a repository that does not exist. */
function forgotten(repository: Repository, digest: string, status: 404 | 416): RegistryStatusError {
  return new RegistryStatusError(`\`${repository.host}\` forgot the upload of \`${digest}\``, status, {
    hint: 'the registry has a problem of its own; try again later',
  });
}

async function demandDigest(repository: Repository, digest: string, response: HttpResponse): Promise<void> {
  await response.discard();
  const stated = response.headers['docker-content-digest'];
  if (!isDigest(stated) || stated === digest) return;
  throw new RegistryContentError(`\`${repository.host}\` took \`${digest}\` for \`${stated}\``, {
    hint: 'something between here and the registry changes what is sent',
  });
}
