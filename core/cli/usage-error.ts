/** Wrong usage of the command line. */
import { PycError } from '../primitives/errors.ts';

/**
 * The command line says what cannot be: an option or a command that does not exist, a value that is missing, or
 * two options that contradict each other. As a warning: an option that is accepted and does nothing any more.
 */
export class UsageError extends PycError {
  readonly code = 'PYC_USAGE';
  override readonly exitCode = 2;
}
