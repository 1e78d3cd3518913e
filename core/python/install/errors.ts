/** What laying a wheel out is refused for. */
import { PycError, type PycErrorOptions } from '../../primitives/errors.ts';

/**
 * A wheel whose files cannot all be put where they want to go, or that would harm what is there: the interpreter,
 * the environment itself, files of the base.
 */
export class LayoutError extends PycError {
  readonly code = 'PYC_WHEEL_LAYOUT_REFUSED';

  constructor(message: string, options: PycErrorOptions = {}) {
    super(message, {
      hint: 'report it to the authors of the distribution, and pin another version until then',
      ...options,
    });
  }
}
