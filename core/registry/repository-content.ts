/** Reads manifests and blobs of a repository, each checked against its digest. Which place they come from is not known here. */
import type { HttpRequest, HttpResponse } from '../http/client.ts';
import { download } from '../http/download.ts';
import type { RetryRules } from '../http/retry.ts';
import { refuseSchema1 } from '../oci/document.ts';
import { DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST } from '../oci/media-types.ts';
import { digestOf, isDigest } from '../primitives/digest.ts';
import { MAX_MANIFEST } from '../primitives/limits.ts';
import type { Repository } from './client.ts';
import { RegistryAnswerError } from './errors.ts';
import { verifiedBlob, wrongDigest } from './verified-blob.ts';
import { wholeAnswer } from './whole-answer.ts';

export interface Reading extends Pick<Repository, 'send' | 'failure'> {
  /** Puts the repository's name before what a message says of a thing in it. */
  readonly what: (thing: string) => string;
  /** Where a path below the repository lies now. */
  readonly urlOf: (path: string) => string;
  /** Leaves out the mirror that answered last; false where there is no other place to ask. */
  readonly passOver: (thrown: unknown) => boolean;
  readonly retry: RetryRules;
}

type Content = Pick<Repository, 'findManifest' | 'readManifest' | 'findBlob' | 'readBlob'>;

const ACCEPT = [OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST].join(', ');

/** The methods of a repository that read. */
export function contentOf({ send, failure, what, urlOf, passOver, retry }: Reading): Content {
  /** What a mirror says wrongly, or breaks off for good, is asked of the next place. */
  const fromAnyPlace = async <Result>(
    work: () => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> => {
    for (;;) {
      try {
        return await work();
      } catch (thrown) {
        if (signal?.aborted || !passOver(thrown)) throw thrown;
      }
    }
  };

  const readOnce: Content['readManifest'] = async (reference, signal) => {
    const ask = async (): Promise<HttpResponse> => {
      const response = await send(`manifests/${reference}`, { headers: { accept: ACCEPT }, signal });
      if (response.status === 200) return response;
      throw await failure(what(`reading \`${reference}\` failed`), response, signal);
    };
    const { response, bytes } = await wholeAnswer(ask, MAX_MANIFEST, retry, signal);
    const mediaType = typeOf(response);
    refuseSchema1(mediaType, what(`\`${reference}\``));
    const digest = digestOf(bytes);
    const stated = response.headers['docker-content-digest'];
    const wanted = isDigest(reference) ? reference : isDigest(stated) ? stated : digest;
    if (digest !== wanted) throw wrongDigest(what(`the manifest \`${reference}\``), wanted, digest);
    return { digest, bytes, mediaType, etag: response.headers.etag };
  };

  const readManifest: Content['readManifest'] = (reference, signal) =>
    fromAnyPlace(() => readOnce(reference, signal), signal);

  const findOnce: Content['findManifest'] = async (reference, signal) => {
    const headers = { accept: ACCEPT };
    const response = await send(`manifests/${reference}`, { method: 'HEAD', headers, signal });
    await response.discard();
    if (response.status === 404) return undefined;
    if (response.status !== 200)
      throw await failure(what(`asking for \`${reference}\` failed`), response, signal);
    const digest = response.headers['docker-content-digest'];
    const mediaType = typeOf(response);
    refuseSchema1(mediaType, what(`\`${reference}\``));
    const size = Number(response.headers['content-length']);
    if (isDigest(digest)) {
      if (isDigest(reference) && reference !== digest)
        throw wrongDigest(what('a manifest'), reference, digest);
      return {
        digest,
        ...(size > 0 ? { size } : {}),
        ...(mediaType === undefined ? {} : { mediaType }),
      };
    }
    if (isDigest(reference)) return { digest: reference };
    // The header is optional; the manifest itself is not.
    const whole = await readManifest(reference, signal);
    return { digest: whole.digest, size: whole.bytes.length };
  };

  return {
    readManifest,

    findManifest: (reference, signal) => fromAnyPlace(() => findOnce(reference, signal), signal),

    async findBlob(digest, signal) {
      const response = await send(`blobs/${digest}`, { method: 'HEAD', signal });
      await response.discard();
      if (response.status === 404) return undefined;
      if (response.status !== 200)
        throw await failure(what(`asking for blob \`${digest}\` failed`), response, signal);
      return Number(response.headers['content-length'] ?? 0);
    },

    readBlob(descriptor, signal) {
      const { digest, size } = descriptor;
      const named = what(`blob \`${digest}\``);
      const request = async ({ url: _url, ...rest }: HttpRequest): Promise<HttpResponse> => {
        const response = await send(`blobs/${digest}`, rest);
        if (response.status < 400) return response;
        throw await failure(what(`reading blob \`${digest}\` failed`), response, signal);
      };
      const bytes = download(
        { request },
        { url: urlOf(`blobs/${digest}`), signal },
        { expectedSize: size, isVerified: true, pause: retry.base },
      );
      return verifiedBlob(bytes, descriptor, named);
    },
  };
}

/** @throws RegistryAnswerError for several content types in one answer */
function typeOf(response: HttpResponse): string | undefined {
  const values = response.headerList('content-type');
  if (values.length > 1) throw new RegistryAnswerError('a registry answered with two content types');
  return values[0]?.split(';')[0]?.trim().toLowerCase();
}
