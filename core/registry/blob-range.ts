/**
 * Reads a stretch of a blob (distribution specification, "Pulling blobs", with RFC 9110, section 14). A stretch has no
 * digest, so that nothing of it is verified: whoever reads one says what that means.
 */
import { pause } from '../http/retry.ts';
import type { Descriptor } from '../oci/image.ts';
import type { Repository } from './client.ts';
import { isPassing, RegistryContentError } from './errors.ts';
import { createPatience } from './patience.ts';

const OK = 200;
const PARTIAL = 206;

/**
 * The bytes from `from` up to `to`, which is left out. A registry that knows no ranges sends the blob from its start; it
 * is read as far as needed then.
 *
 * @throws RegistryContentError for another stretch than was asked for; what the repository's `failure` makes of other answers
 */
export async function readBlobRange(
  repository: Repository,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const end = Math.min(to, size);
  if (from >= end) return new Uint8Array(0);
  const patience = createPatience(repository.uploads.retry);
  for (;;) {
    try {
      return await readOnce(repository, digest, from, end, signal);
    } catch (thrown) {
      const delay = signal?.aborted || !isPassing(thrown) ? undefined : patience.next(thrown);
      if (delay === undefined) throw thrown;
      await pause(delay, signal);
    }
  }
}

async function readOnce(
  repository: Repository,
  digest: Descriptor['digest'],
  from: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const what = `\`${repository.host}/${repository.name}\`: the bytes ${from} to ${end} of \`${digest}\``;
  const response = await repository.send(`blobs/${digest}`, {
    headers: { range: `bytes=${from}-${end - 1}` },
    signal,
  });
  if (response.status !== OK && response.status !== PARTIAL) {
    throw await repository.failure(`${what} cannot be read`, response, signal);
  }
  const start = response.status === OK ? 0 : (startOf(response.headers['content-range']) ?? -1);
  if (start !== from && !(start === 0 && response.status === OK)) {
    response.body.destroy();
    throw new RegistryContentError(`${what} were asked for, and others came`, { hint: HINT });
  }
  const bytes = Buffer.alloc(end - from);
  let position = start;
  for await (const chunk of response.body as AsyncIterable<Buffer>) {
    chunk.copy(bytes, Math.max(0, position - from), Math.max(0, from - position));
    position += chunk.length;
    // Leaving the loop ends the transfer.
    if (position >= end) break;
  }
  if (position < end) throw new RegistryContentError(`${what} ended after ${position}`, { hint: HINT });
  return bytes;
}

const HINT = 'the registry, or something between it and here, cuts answers short; try again';

function startOf(header: string | undefined): number | undefined {
  const start = /^bytes (\d{1,15})-\d+\/(?:\d+|\*)$/.exec(header ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}
