/**
 * The one family of errors that users are meant to read. Each subclass lives beside the code that throws
 * it and carries data; this file knows nothing of how an error is shown.
 */

/** What every error code looks like. Each has a page in `docs/reference/errors`. */
export type ErrorCode = `PYC_${string}`;

export interface PycErrorOptions {
  /** One action that the reader can take. */
  readonly hint?: string | undefined;
  /** A list where several things are wrong at once; it becomes `error.details` in the build report. */
  readonly details?: readonly unknown[] | undefined;
  readonly cause?: unknown;
}

/** The brand is a registered symbol, so that two copies of this module recognise each other's errors. */
const BRAND = Symbol.for('pycontainer.PycError');

/**
 * Base of every error that is meant for a user: what failed, on what and why, in lower case without a full
 * stop; the hint is one action.
 */
export abstract class PycError extends Error {
  /** The hint of a subclass's errors that are given none of their own. */
  static readonly usualHint: string | undefined = undefined;
  abstract readonly code: ErrorCode;
  readonly hint?: string;
  readonly details?: readonly unknown[];
  /** 2 marks wrong usage or configuration, 1 everything else. */
  readonly exitCode: 1 | 2 = 1;
  readonly [BRAND] = true;

  constructor(message: string, options: PycErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    const hint = options.hint ?? new.target.usualHint;
    if (hint !== undefined) this.hint = hint;
    if (options.details !== undefined) this.details = options.details;
  }
}

/** True for every {@link PycError}, also for those of another copy of this package. */
export function isPycError(value: unknown): value is PycError {
  return typeof value === 'object' && value !== null && (value as { [BRAND]?: unknown })[BRAND] === true;
}

/** The message of whatever was thrown, for use inside another message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
