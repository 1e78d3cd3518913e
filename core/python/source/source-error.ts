/** The one error of this folder: a Python file that cannot be read as Python, and where. */
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';

/**
 * A Python source that a preset looks into cannot be decoded or taken apart; the message begins with `file:line`.
 */
export class SourceError extends PycError {
  readonly code = 'PYC_SOURCE_UNREADABLE';
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;

  constructor(path: string, line: number, reason: string, cause?: unknown) {
    super(`\`${visible(path)}:${line}\` cannot be read as Python: ${reason}`, {
      hint: 'correct the file, or state `entrypoint` in the configuration so that it need not be read',
      cause,
    });
    this.path = path;
    this.line = line;
  }
}
