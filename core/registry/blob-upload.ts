/**
 * Brings one blob into a repository: it is there, or is mounted from a neighbour, or is uploaded, as often as it
 * takes. Manifests are not its business.
 */
import { pause } from '../http/retry.ts';
import { type BlobSource, createPieceReader, type PieceReader } from './blob-source.ts';
import type { Repository } from './client.ts';
import { isPassing, RegistryStatusError } from './errors.ts';
import { createPatience } from './patience.ts';
import {
  askStanding,
  beginUpload,
  begunUpload,
  postWhole,
  sendRest,
  type UploadSession,
} from './upload-session.ts';

export type BlobOutcome = 'present' | 'mounted' | 'uploaded';

/** Pieces that are sent where whole blobs do not come through, in bytes. */
const PIECE = 64 * 1024 * 1024;
/** Where bodies of this size are refused as too large, smaller ones are not tried. */
const SMALLEST_PIECE = 64 * 1024;

/** @param onBytes told how many bytes of an upload were handed on so far */
export async function ensureBlob(
  repository: Repository,
  blob: BlobSource,
  signal: AbortSignal,
  onBytes: (done: number) => void = () => undefined,
): Promise<BlobOutcome> {
  const begun = blob.isNew === true ? await mount(repository, blob, signal) : undefined;
  if (begun === 'mounted') return begun;
  // An upload that began in place of a mount is forgotten by the registry where it is not needed.
  if ((await repository.findBlob(blob.descriptor.digest, signal)) !== undefined) return 'present';
  return repository.uploads.limiter(async () => {
    const session = blob.isNew === true ? begun : await mount(repository, blob, signal);
    if (session === 'mounted') return session;
    const reader = createPieceReader(blob, signal, onBytes);
    try {
      await upload(repository, blob, reader, session, signal);
    } finally {
      reader.close();
    }
    return 'uploaded';
  });
}

/**
 * Mounts the blob where a neighbour has it. Else gives the upload that the registry began instead; undefined where
 * it mounts nothing, or these credentials cannot read the neighbour.
 */
async function mount(
  repository: Repository,
  { descriptor: { digest }, mountFrom: from }: BlobSource,
  signal: AbortSignal,
): Promise<'mounted' | UploadSession | undefined> {
  // Without `from`, registries would look everywhere, and one answers with an error.
  if (from === undefined || from === repository.name) return undefined;
  try {
    const path = `blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`;
    const response = await repository.send(path, { method: 'POST', body: '', signal }, { alsoPull: [from] });
    if (response.status === 202) return await begunUpload(repository, response);
    await response.discard();
    return response.status === 201 ? 'mounted' : undefined;
  } catch (thrown) {
    const isWorthAnUpload = (thrown as { code?: string }).code === 'PYC_REGISTRY_ACCESS' || isPassing(thrown);
    if (signal.aborted || !isWorthAnUpload) throw thrown;
    return undefined;
  }
}

/** Uploads until the registry has it, or says why not. */
async function upload(
  repository: Repository,
  blob: BlobSource,
  reader: PieceReader,
  begun: UploadSession | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { digest, size } = blob.descriptor;
  const { uploads } = repository;
  const patience = createPatience(uploads.retry);
  let session = begun;
  let isResumed = false;
  /** How far any try came. */
  let reached = 0;
  for (;;) {
    // What broke twice at once may get through in pieces, of which only the last is lost each time.
    const piece = Math.min(uploads.largestBody, patience.failures > 1 ? PIECE : Number.POSITIVE_INFINITY);
    try {
      if (session === undefined) {
        const posted = await postWhole(repository, blob, reader, signal);
        if (posted === 'sent') return;
        session = posted ?? (await beginUpload(repository, blob, signal));
      }
      await sendRest(repository, session, blob, reader, piece, signal);
      return;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const smaller = smallerBody(thrown, Math.min(size, piece), session?.shortestPiece ?? 0);
      if (smaller !== undefined) {
        uploads.largestBody = Math.min(uploads.largestBody, smaller);
        session = undefined;
        continue;
      }
      // What a resumed upload is refused for may lie in what the registry kept of it.
      if (!isPassing(thrown) && !isResumed) throw thrown;
      if (session !== undefined && session.offset > reached) {
        reached = session.offset;
        patience.renew();
      }
      const delay = patience.next(thrown);
      if (delay === undefined) throw thrown;
      await pause(delay, signal);
      // The answer may have been lost after the registry had all of it.
      if ((await repository.findBlob(digest, signal)) !== undefined) return;
      if (!isPassing(thrown) || isForgotten(thrown)) session = undefined;
      isResumed = session !== undefined && (await askStanding(repository, session, size, signal));
      if (!isResumed) session = undefined;
    }
  }
}

/**
 * The size to try where a body was too large; undefined where something else is wrong, or it is hopeless.
 *
 * @param wanted the size that was meant to be sent
 * @param shortest the least that the registry takes
 */
function smallerBody(thrown: unknown, wanted: number, shortest: number): number | undefined {
  if (!(thrown instanceof RegistryStatusError) || thrown.status !== 413) return undefined;
  const smaller = Math.max(wanted > PIECE ? PIECE : Math.floor(wanted / 4), shortest);
  return smaller < SMALLEST_PIECE || smaller >= wanted ? undefined : smaller;
}

function isForgotten(thrown: unknown): boolean {
  return thrown instanceof RegistryStatusError && thrown.status === 404;
}
