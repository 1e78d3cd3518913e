/** What can go wrong with the store, and how the file system's words are put. */
import type { Digest } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';

/** The disk of the cache, or the user's share of it, is full. */
export class StoreFullError extends PycError {
  readonly code = 'PYC_STORE_FULL';
}

/** The folder of the cache cannot be made or written. */
export class StoreUnwritableError extends PycError {
  readonly code = 'PYC_STORE_UNWRITABLE';
}

/**
 * A blob that the build counted on is not in the cache any more, for example because the folder was emptied
 * meanwhile.
 */
export class BlobMissingError extends PycError {
  readonly code = 'PYC_STORE_BLOB_MISSING';
}

/** A blob in the cache has other bytes than its digest says. It was removed. */
export class BlobDamagedError extends PycError {
  readonly code = 'PYC_STORE_BLOB_DAMAGED';
}

/** What was fetched has another digest or size than was expected. Nothing of it is kept. */
export class BlobMismatchError extends PycError {
  readonly code = 'PYC_STORE_BLOB_MISMATCH';
  readonly expected: { readonly digest?: Digest; readonly size?: number };
  readonly actual: { readonly digest?: Digest; readonly size: number };

  constructor(what: string, expected: BlobMismatchError['expected'], actual: BlobMismatchError['actual']) {
    super(`${visible(what)} ${difference(expected, actual)}`, {
      hint: 'do not use it before you know why: the file changed at its source, or on the way here',
    });
    this.expected = expected;
    this.actual = actual;
  }
}

/** `PYC_CACHE_SIZE` is not a size. */
export class StoreLimitError extends PycError {
  readonly code = 'PYC_STORE_LIMIT_INVALID';
  override readonly exitCode = 2;
}

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

/** The error to throw for a failed write under `directory`; others pass unchanged. */
export function storeFault(thrown: unknown, directory: string): unknown {
  const code = (thrown as NodeJS.ErrnoException | null)?.code ?? '';
  if (FULL.has(code)) {
    return new StoreFullError(`the disk of the cache \`${visible(directory)}\` is full`, {
      hint: 'make room there, or name another folder in `PYC_CACHE_DIR`',
      cause: thrown,
    });
  }
  if (UNWRITABLE.has(code)) {
    return new StoreUnwritableError(`the cache \`${visible(directory)}\` cannot be written: ${code}`, {
      hint: 'name a folder that can be written in `PYC_CACHE_DIR`',
      cause: thrown,
    });
  }
  return thrown;
}

/** True where the file system said that there is no such file: also where what should be a folder is none. */
export function isMissing(thrown: unknown): boolean {
  const code = (thrown as NodeJS.ErrnoException | null)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function difference(expected: BlobMismatchError['expected'], actual: BlobMismatchError['actual']): string {
  if (expected.digest !== undefined && actual.digest !== undefined && expected.digest !== actual.digest) {
    return `has the digest \`${actual.digest}\` instead of \`${expected.digest}\``;
  }
  const size = actual.digest === undefined ? `more than ${expected.size}` : String(actual.size);
  return `has ${size} bytes${actual.digest === undefined ? '' : ` instead of ${expected.size}`}`;
}
