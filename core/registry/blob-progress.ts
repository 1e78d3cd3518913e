/** Tells a log how an upload goes on. */
import type { Log } from '../primitives/log.ts';
import type { BlobSource } from './blob-source.ts';
import { type BlobOutcome, ensureBlob } from './blob-upload.ts';
import type { Repository } from './client.ts';

/** {@link ensureBlob}, with a step of progress where bytes are sent. */
export async function ensureBlobShown(
  repository: Repository,
  blob: BlobSource,
  log: Log,
  signal: AbortSignal,
): Promise<BlobOutcome> {
  const { digest, size } = blob.descriptor;
  const id = `push ${repository.host}/${repository.name} ${digest}`;
  const label = `push ${digest.slice('sha256:'.length, 'sha256:'.length + 12)}`;
  let started = false;
  const outcome = await ensureBlob(repository, blob, signal, (done) => {
    log.progress({ id, label, state: started ? 'advance' : 'start', done, total: size });
    started = true;
  });
  if (started) log.progress({ id, label, state: 'end', done: size, total: size });
  log.debug(`${label}: ${outcome}`);
  return outcome;
}
