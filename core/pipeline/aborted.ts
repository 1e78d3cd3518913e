/** What a build ends with when it is interrupted; the command line turns it into exit code 130. */
import { PycError } from '../primitives/errors.ts';
import { STALLED } from '../primitives/stalled.ts';

/**
 * The build, or another command, was interrupted, by Ctrl-C or by the program that runs it. Nothing half-written is left; exit code
 * 130.
 */
export class TaskAbortedError extends PycError {
  readonly code = 'PYC_INTERRUPTED';

  constructor(cause?: unknown, what = 'the build') {
    super(`${what} was interrupted`, { cause });
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

/**
 * Waits for somebody else's code, which may never end, until the build is ended.
 *
 * @param stalled - the error that names whose code it is, where nothing is left that could bring it forward
 * @param grace - milliseconds that it has to end by itself once the build is interrupted
 * @throws TaskAbortedError where the build is interrupted
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  stalled: () => Error,
  grace = 0,
): Promise<T> {
  let stop = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  const interrupted = new Promise<never>((_, give) => {
    stop = () => {
      if (isStalled(signal)) give(stalled());
      else if (grace === 0) give(new TaskAbortedError());
      else timer = setTimeout(() => give(new TaskAbortedError()), grace);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

/**
 * What a build ends with: an interruption where it was interrupted, whatever that made fail; else what was thrown.
 *
 * @param what was interrupted; default the build
 */
export function endOf(thrown: unknown, signal: AbortSignal, what?: string): unknown {
  if (isStalled(signal)) return thrown;
  return isAborted(thrown) || signal.aborted ? new TaskAbortedError(thrown, what) : thrown;
}
