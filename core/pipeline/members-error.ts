/** What is wrong with asking for a workspace's members. */
import { PycError } from '../primitives/errors.ts';

/**
 * `--package` or `--all-packages` asks for members of a workspace where the lock knows none: of the formats that are read,
 * uv.lock alone lists them. Build the member's own folder, or list the images in a configuration, each with its `project`.
 */
export class MembersError extends PycError {
  readonly code = 'PYC_MEMBERS_UNKNOWN';
  override readonly exitCode = 2;
}
