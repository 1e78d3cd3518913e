/** What a wheel is refused for, besides its RECORD and its archive. */
import { isPycError, PycError } from '../../primitives/errors.ts';

/**
 * A wheel contradicts itself or its file name, or lacks what every wheel has: METADATA, WHEEL, one `.dist-info`
 * folder.
 */
export class WheelError extends PycError {
  readonly code = 'PYC_WHEEL_INVALID';
  static override readonly usualHint =
    'report it to the authors of the distribution, and pin another version until then';
}

/** A wheel of a later major version of the format than 1. */
export class WheelUnsupportedError extends PycError {
  readonly code = 'PYC_WHEEL_UNSUPPORTED';
}

/** Runs an action; what it throws for a user says in which wheel it happened. */
export function inWheel<T>(fileName: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (isPycError(error) && !error.message.includes(fileName))
      error.message = `\`${fileName}\`: ${error.message}`;
    throw error;
  }
}
