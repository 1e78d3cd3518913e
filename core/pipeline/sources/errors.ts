/** What can be wrong with a project's sources as files. */
import { PycError } from '../../primitives/errors.ts';

/** A symbolic link that leads out of the project. */
export class SourceLinkError extends PycError {
  readonly code = 'PYC_SOURCE_LINK_OUTSIDE';
}

/** A source that the host does not let be read, or that changed while it was. */
export class SourceFileError extends PycError {
  readonly code = 'PYC_SOURCE_FILE_UNREADABLE';
}
