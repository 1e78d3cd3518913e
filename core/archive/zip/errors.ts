/** What a zip archive is refused for. */
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';

/**
 * A zip archive (a wheel) that contradicts itself, or that two readers could read in two ways: entries twice,
 * overlapping or hidden, headers that disagree, unsafe names. Such archives are made to look harmless to one of
 * the two readers.
 */
export class ZipError extends PycError {
  readonly code = 'PYC_ZIP_INVALID';
  static override readonly usualHint =
    'get the archive anew; where that does not help, report it to its authors';
}

/**
 * A zip archive that uses what no wheel needs: encryption, several disks, a compression other than stored and
 * deflated.
 */
export class ZipUnsupportedError extends PycError {
  readonly code = 'PYC_ZIP_UNSUPPORTED';
  static override readonly usualHint = 'use another version of it, and report it to its authors';
}

/**
 * A zip archive with more entries or larger entries than any real wheel has, or one that unpacks to far more than
 * it holds.
 */
export class ZipTooLargeError extends PycError {
  readonly code = 'PYC_ZIP_TOO_LARGE';
  static override readonly usualHint = 'it looks as if it were made to fill the disk: do not use it';
}

/** An entry's name as errors print it. */
export function quoted(name: string): string {
  return `\`${visible(name.slice(0, 200))}\``;
}
