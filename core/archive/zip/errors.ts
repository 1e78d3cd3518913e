/** What a zip archive is refused for. */
import { PycError, type PycErrorOptions } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';

/** An archive that two readers could read in two ways, or that contradicts itself. */
export class ZipError extends PycError {
  readonly code = 'PYC_ZIP_INVALID';

  constructor(message: string, options: PycErrorOptions = {}) {
    super(message, {
      hint: 'get the archive anew; where that does not help, report it to its authors',
      ...options,
    });
  }
}

/** An archive that uses what no wheel needs: encryption, several disks, other compression methods. */
export class ZipUnsupportedError extends PycError {
  readonly code = 'PYC_ZIP_UNSUPPORTED';

  constructor(message: string) {
    super(message, { hint: 'use another version of it, and report it to its authors' });
  }
}

/** An archive with too many entries, or one that unpacks to far more than it holds. */
export class ZipTooLargeError extends PycError {
  readonly code = 'PYC_ZIP_TOO_LARGE';

  constructor(message: string) {
    super(message, { hint: 'it looks as if it were made to fill the disk: do not use it' });
  }
}

/** An entry's name as errors print it. */
export function quoted(name: string): string {
  return `\`${visible(name.slice(0, 200))}\``;
}
