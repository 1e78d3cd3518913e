/** Wrong usage of the command line. */
import { PycError } from '../primitives/errors.ts';

/** An option or a command that does not exist, a value that is missing, or two options that contradict each other. */
export class UsageError extends PycError {
  readonly code = 'PYC_USAGE';
  override readonly exitCode = 2;
}
