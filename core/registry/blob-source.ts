/** A blob that is to be sent somewhere, and reading it piece by piece. Where it goes is not known here. */
import type { Descriptor } from '../oci/image.ts';
import { RegistryContentError } from './errors.ts';

/** A blob that is to be in a repository. */
export interface BlobSource {
  readonly descriptor: Pick<Descriptor, 'digest' | 'size'>;
  /** Gives a fresh stream on every call. */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** A repository of the same registry that has it. */
  readonly mountFrom?: string | undefined;
  /** True: the repository most likely lacks it, so that it is mounted, where it can be, without being looked for. */
  readonly isNew?: boolean;
}

/** Reads a blob in pieces, forwards; going back opens it anew. */
export interface PieceReader {
  /** The bytes from `from` up to `to`. Its last piece is given only if the blob ends there. */
  piece(from: number, to: number): AsyncGenerator<Uint8Array>;
  /** Ends what is open. */
  close(): void;
}

/** @param onBytes told how far it was read */
export function createPieceReader(
  { descriptor, open }: BlobSource,
  signal: AbortSignal,
  onBytes: (done: number) => void,
): PieceReader {
  let reading: Reading | undefined;

  const close = (): void => {
    // What fails while it is thrown away matters to nobody.
    reading?.chunks.return?.().catch(() => undefined);
    reading = undefined;
  };

  const openAt = async (position: number): Promise<Reading> => {
    if (reading?.position === position) return reading;
    close();
    const chunks = (await open(signal))[Symbol.asyncIterator]();
    const opened: Reading = { chunks, position: 0, rest: undefined };
    reading = opened;
    while (opened.position < position) await next(opened, position);
    return opened;
  };

  /** At most as many bytes as are left until `to`. */
  const next = async (from: Reading, to: number): Promise<Uint8Array> => {
    const chunk = from.rest ?? (await read(from));
    if (chunk === undefined) throw wrongSize(descriptor, from.position);
    const part = chunk.subarray(0, to - from.position);
    from.rest = part.length < chunk.length ? chunk.subarray(part.length) : undefined;
    from.position += part.length;
    return part;
  };

  const demandEnd = async (from: Reading): Promise<void> => {
    const more = from.rest ?? (await read(from));
    if (more !== undefined) throw wrongSize(descriptor, from.position + more.length);
  };

  return {
    close,
    async *piece(from, to) {
      const current = await openAt(from);
      while (current.position < to) {
        const part = await next(current, to);
        if (current.position === descriptor.size) await demandEnd(current);
        const done = current.position;
        yield part;
        onBytes(done);
      }
    },
  };
}

interface Reading {
  readonly chunks: AsyncIterator<Uint8Array>;
  position: number;
  /** What is left of a chunk that went on past a piece. */
  rest: Uint8Array | undefined;
}

/** The next chunk that is not empty. */
async function read({ chunks }: Reading): Promise<Uint8Array | undefined> {
  for (;;) {
    const { done, value } = await chunks.next();
    if (done === true) return undefined;
    if (value.length > 0) return value;
  }
}

function wrongSize({ digest, size }: BlobSource['descriptor'], actual: number): RegistryContentError {
  const most = actual > size ? 'more than that' : `${actual}`;
  return new RegistryContentError(`\`${digest}\` should be sent with ${size} bytes, but there are ${most}`, {
    hint: 'build again; what was to be sent has changed meanwhile',
  });
}
