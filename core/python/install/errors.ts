/** What laying a wheel out is refused for. */
import { PycError } from '../../primitives/errors.ts';

/**
 * A wheel whose files cannot all be put where they want to go, or that would harm what is there: the interpreter,
 * the environment itself, files of the base.
 */
export class LayoutError extends PycError {
  readonly code = 'PYC_WHEEL_LAYOUT_REFUSED';
  static override readonly usualHint =
    'report it to the authors of the distribution, and pin another version until then';
}
