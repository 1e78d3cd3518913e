/** What a build ends with when it is interrupted; the command line turns it into exit code 130. */
import { PycError } from '../primitives/errors.ts';
import { STALLED } from '../primitives/stalled.ts';

/**
 * The build was interrupted, by Ctrl-C or by the program that runs it. Nothing half-written is left; exit code
 * 130.
 */
export class TaskAbortedError extends PycError {
  readonly code = 'PYC_INTERRUPTED';

  constructor(cause?: unknown) {
    super('the build was interrupted', { cause });
  }
}

/** True for our own error and for what the platform throws when a signal fires. */
export function isAborted(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    (thrown.name === 'AbortError' || (thrown as { code?: unknown }).code === 'PYC_INTERRUPTED')
  );
}

/** True where the build was ended because it could never end by itself. */
export function isStalled(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === STALLED;
}

/** What a build ends with: an interruption where it was interrupted, whatever that made fail; else what was thrown. */
export function endOf(thrown: unknown, signal: AbortSignal): unknown {
  if (isStalled(signal)) return thrown;
  return isAborted(thrown) || signal.aborted ? new TaskAbortedError(thrown) : thrown;
}
