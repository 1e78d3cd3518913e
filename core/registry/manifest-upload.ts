/** Puts a manifest or an index under a tag or its digest (distribution specification, "Pushing Manifests"). */
import type { Descriptor } from '../oci/image.ts';
import { type Digest, isDigest } from '../primitives/digest.ts';
import type { Repository } from './client.ts';
import { RegistryContentError } from './errors.ts';

/** A document and what describes it. */
export interface ManifestSource {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const RETRIES = 3;
const PRECONDITION_FAILED = 412;

/**
 * @param reference a tag or the digest
 * @param condition further headers, such as If-Match; where it does not hold, nothing is written and nothing thrown
 * @returns the subject that the registry says it noted
 */
export async function putManifest(
  repository: Repository,
  { descriptor, bytes }: ManifestSource,
  reference: string,
  signal: AbortSignal,
  condition: Readonly<Record<string, string>> = {},
): Promise<Digest | undefined> {
  const response = await repository.send(`manifests/${reference}`, {
    method: 'PUT',
    headers: { 'content-type': descriptor.mediaType, ...condition },
    body: bytes,
    retries: RETRIES,
    signal,
  });
  if (response.status === PRECONDITION_FAILED && Object.keys(condition).length > 0) {
    await response.discard();
    return undefined;
  }
  if (response.status !== 201 && response.status !== 200) {
    throw await repository.failure(
      `pushing \`${repository.name}\` as \`${reference}\` failed`,
      response,
      signal,
    );
  }
  await response.discard();
  const stated = response.headers['docker-content-digest'];
  if (isDigest(stated) && stated !== descriptor.digest) {
    throw new RegistryContentError(`\`${repository.host}\` keeps \`${descriptor.digest}\` as \`${stated}\``, {
      hint: 'this registry rewrites manifests, so that digests do not hold; use another one',
    });
  }
  const subject = response.headers['oci-subject'];
  return isDigest(subject) ? subject : undefined;
}
