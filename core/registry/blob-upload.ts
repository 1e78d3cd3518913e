/**
 * Brings one blob into a repository: it is there, or is mounted from a neighbour, or is uploaded in one
 * stream (distribution specification, "Pushing Blobs": POST then PUT). Manifests are not its business.
 */
import type { HttpResponse } from '../http/client.ts';
import { pause } from '../http/retry.ts';
import { isLinkLocal, isLoopback, parseUrl, redactUrl } from '../http/url.ts';
import type { Descriptor } from '../oci/image.ts';
import { isDigest } from '../primitives/digest.ts';
import type { Repository } from './client.ts';
import { isPassing, RegistryAnswerError, RegistryContentError, RegistryStatusError } from './errors.ts';

/** A blob that is to be in a repository. */
export interface BlobSource {
  readonly descriptor: Pick<Descriptor, 'digest' | 'size'>;
  /** Gives a fresh stream on every call. */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** A repository of the same registry that has it. */
  readonly mountFrom?: string | undefined;
}

export type BlobOutcome = 'present' | 'mounted' | 'uploaded';

/** Fresh uploads after the first failed. */
const RETRIES = 3;
/** Milliseconds before the first of them; each further one waits twice as long. */
const PAUSE = 300;

/** @param onBytes told how many bytes of an upload were handed on so far */
export async function ensureBlob(
  repository: Repository,
  blob: BlobSource,
  signal: AbortSignal,
  onBytes: (done: number) => void = () => undefined,
): Promise<BlobOutcome> {
  const { digest } = blob.descriptor;
  if ((await repository.findBlob(digest, signal)) !== undefined) return 'present';
  return repository.uploads(async () => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await bring(
          repository,
          tries === 0 ? blob : { ...blob, mountFrom: undefined },
          signal,
          onBytes,
        );
      } catch (thrown) {
        if (tries === RETRIES || signal.aborted || !isPassing(thrown)) throw thrown;
      }
      await pause(PAUSE * 2 ** tries * (0.5 + Math.random()), signal);
      // The answer may have been lost after the registry had all of it.
      if ((await repository.findBlob(digest, signal)) !== undefined) return 'uploaded';
    }
  });
}

async function bring(
  repository: Repository,
  blob: BlobSource,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<BlobOutcome> {
  const { digest } = blob.descriptor;
  let started: HttpResponse | undefined;
  if (blob.mountFrom !== undefined && blob.mountFrom !== repository.name) {
    started = await mount(repository, digest, blob.mountFrom, signal);
    if (started?.status === 201) return 'mounted';
  }
  started ??= await repository.send('blobs/uploads/', { method: 'POST', body: '', signal });
  if (started.status !== 202) {
    throw await repository.failure(`starting the upload of \`${digest}\` failed`, started, signal);
  }
  await started.discard();
  await put(repository, blob, locationOf(repository, started), signal, onBytes);
  return 'uploaded';
}

/**
 * The answer where the blob was mounted (201) or an upload was started instead (202); undefined where the
 * registry mounts nothing, or these credentials cannot read the neighbour.
 */
async function mount(
  repository: Repository,
  digest: string,
  from: string,
  signal: AbortSignal,
): Promise<HttpResponse | undefined> {
  try {
    const path = `blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`;
    const response = await repository.send(path, { method: 'POST', body: '', signal }, { alsoPull: [from] });
    await response.discard();
    return response.status === 201 || response.status === 202 ? response : undefined;
  } catch (thrown) {
    if (signal.aborted || (thrown as { code?: string }).code !== 'PYC_REGISTRY_ACCESS') throw thrown;
    return undefined;
  }
}

async function put(
  repository: Repository,
  blob: BlobSource,
  location: URL,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): Promise<void> {
  const { digest, size } = blob.descriptor;
  // Appended by hand: parsing and printing the query again could change a signature in it.
  const url = `${location.href}${location.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`;
  const request = {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: () => counted(blob, signal, onBytes),
    bodySize: size,
    signal,
  } as const;
  const isOurs = location.origin === repository.base.origin;
  const response = isOurs
    ? await repository.sendTo(url, request)
    : await repository.sendElsewhere({ ...request, url });
  if (response.status === 404) {
    // The upload that was started is forgotten: worth a fresh one, unlike a repository that does not exist.
    await response.discard();
    throw new RegistryStatusError(`\`${repository.host}\` forgot the upload of \`${digest}\``, 404, {
      hint: 'the registry has a problem of its own; try again later',
    });
  }
  if (response.status !== 201 && response.status !== 204) {
    throw await repository.failure(`uploading \`${digest}\` failed`, response, signal);
  }
  await response.discard();
  const stated = response.headers['docker-content-digest'];
  if (isDigest(stated) && stated !== digest) {
    throw new RegistryContentError(`\`${repository.host}\` took \`${digest}\` for \`${stated}\``, {
      hint: 'something between here and the registry changes what is sent',
    });
  }
}

/** Where an upload goes on. @throws RegistryAnswerError for none, for https to http, and for this machine or link-local ones */
function locationOf(repository: Repository, response: HttpResponse): URL {
  const { location } = response.headers;
  const url = location === undefined ? undefined : parseUrl(location, response.url);
  const refuse = (why: string): RegistryAnswerError =>
    new RegistryAnswerError(`\`${repository.host}\` cannot be uploaded to: ${why}`, {
      hint: 'ask whoever runs the registry',
    });
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw refuse('it names no place for the upload');
  url.username = '';
  url.password = '';
  url.hash = '';
  const { base } = repository;
  if (url.origin === base.origin) return url;
  if (base.protocol === 'https:' && url.protocol === 'http:')
    throw refuse(`it sends uploads to \`${redactUrl(url)}\`, without https`);
  const isInward = isLinkLocal(url.hostname) || (isLoopback(url.hostname) && !isLoopback(base.hostname));
  if (isInward) throw refuse(`it sends uploads to \`${redactUrl(url)}\`, which is not its own`);
  return url;
}

async function* counted(
  blob: BlobSource,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const chunk of await blob.open(signal)) {
    done += chunk.length;
    yield chunk;
    onBytes(done);
  }
}
