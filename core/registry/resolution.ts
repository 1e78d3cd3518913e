/** What a tag stands for, now or, offline, when it was last looked up. */
import { OfflineError } from '../http/errors.ts';
import { parseImageDocument } from '../oci/document.ts';
import { DEFAULT_TAG, formatReference, type Reference } from '../oci/reference.ts';
import { streamOf } from '../primitives/bytes.ts';
import { type Digest, digestOfJson, isDigest } from '../primitives/digest.ts';
import type { Log } from '../primitives/log.ts';
import type { Store } from '../store/store.ts';
import type { RegistryClient } from './client.ts';
import { RegistryNotFoundError } from './errors.ts';

export interface RegistryImageOptions {
  readonly client: RegistryClient;
  readonly store: Store;
  readonly log?: Log;
  readonly signal: AbortSignal;
  /** True: what the tag stood for last time is accepted, and nothing that the store lacks is fetched. */
  readonly offline?: boolean;
}

/**
 * The digest that a reference's tag stands for now: one request, or none offline.
 *
 * @throws RegistryNotFoundError; OfflineError where the tag was never resolved before
 */
export async function resolveTag(reference: Reference, options: RegistryImageOptions): Promise<Digest> {
  const { store, signal, client } = options;
  const { host, endpoint, repository: name, tag = DEFAULT_TAG } = reference;
  const key = digestOfJson({ what: 'the digest of a tag', endpoint, repository: name, tag });
  const known = await store.readAction(key);
  const shown = formatReference({ host, repository: name, tag });
  if (options.offline === true) {
    if (isDigest(known)) return known;
    throw new OfflineError(`\`${shown}\` was never looked up, and this build is offline`, shown, {
      hint: 'run once without `--offline`, or pin the base by its digest',
    });
  }
  const repository = client.repository(reference);
  if (isDigest(known)) {
    const facts = await repository.findManifest(tag, signal);
    if (facts === undefined) throw notFound(shown);
    if (facts.digest !== known) await store.writeAction(key, facts.digest);
    return facts.digest;
  }
  // The first time the manifest is needed anyway, so that it is read at once.
  const { digest, bytes, mediaType } = await repository.readManifest(tag, signal);
  parseImageDocument(bytes, `\`${shown}\``, mediaType);
  await store.write(streamOf(bytes), { digest, what: shown }, signal);
  await store.writeAction(key, digest);
  return digest;
}

/** What offline reading throws where the store lacks something. */
export function missingOffline(shown: string): OfflineError {
  return new OfflineError(`\`${shown}\` is not wholly in the cache, and this build is offline`, shown, {
    hint: 'run once without `--offline`',
  });
}

function notFound(shown: string): RegistryNotFoundError {
  return new RegistryNotFoundError(`\`${shown}\` does not exist`, {
    hint: 'check the name, the tag and the host',
  });
}
