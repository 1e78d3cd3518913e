/** Puts a manifest or an index under a tag or its digest (distribution specification, "Pushing Manifests"). */
import type { HttpResponse } from '../http/client.ts';
import type { Descriptor } from '../oci/image.ts';
import { type Digest, isDigest } from '../primitives/digest.ts';
import type { Repository } from './client.ts';
import { isPassing, RegistryContentError } from './errors.ts';

/** A document and what describes it. */
export interface ManifestSource {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const RETRIES = 3;
const PRECONDITION_FAILED = 412;

/**
 * Puts it, and does not return before the registry said that it keeps these very bytes there.
 *
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
  const { digest } = descriptor;
  const isKept = async (): Promise<boolean> =>
    (await repository.findManifest(reference, signal))?.digest === digest;
  let response: HttpResponse;
  try {
    response = await repository.send(`manifests/${reference}`, {
      method: 'PUT',
      headers: { 'content-type': descriptor.mediaType, ...condition },
      body: bytes,
      retries: RETRIES,
      signal,
    });
  } catch (thrown) {
    // The answer may have been lost after the registry had taken it.
    if (signal.aborted || !isPassing(thrown) || !(await isKept().catch(() => false))) throw thrown;
    return undefined;
  }
  if (response.status === PRECONDITION_FAILED && Object.keys(condition).length > 0) {
    await response.discard();
    return undefined;
  }
  if (response.status !== 201 && response.status !== 200) {
    const what = `pushing \`${repository.name}\` as \`${reference}\` failed`;
    const failure = await repository.failure(what, response, signal);
    if (!isPassing(failure) || !(await isKept().catch(() => false))) throw failure;
    return undefined;
  }
  await response.discard();
  const stated = response.headers['docker-content-digest'];
  // The header is optional; what the registry keeps is not.
  if (isDigest(stated) ? stated !== digest : !(await isKept())) {
    const kept = isDigest(stated) ? `as \`${stated}\`` : 'as something else';
    throw new RegistryContentError(`\`${repository.host}\` keeps \`${digest}\` ${kept}`, {
      hint: 'this registry rewrites manifests, so that digests do not hold; use another one',
    });
  }
  const subject = response.headers['oci-subject'];
  return isDigest(subject) ? subject : undefined;
}
