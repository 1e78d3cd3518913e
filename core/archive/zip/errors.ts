/** What a zip archive is refused for. */
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';

/** An archive that two readers could read in two ways, or that contradicts itself. */
export class ZipError extends PycError {
  readonly code = 'PYC_ZIP_INVALID';
}

/** An archive that uses what no wheel needs: encryption, several disks, other compression methods. */
export class ZipUnsupportedError extends PycError {
  readonly code = 'PYC_ZIP_UNSUPPORTED';
}

/** An archive with too many entries, or one that unpacks to far more than it holds. */
export class ZipTooLargeError extends PycError {
  readonly code = 'PYC_ZIP_TOO_LARGE';
}

/** An entry's name as errors print it. */
export function quoted(name: string): string {
  return `\`${visible(name.slice(0, 200))}\``;
}
