/** What can be wrong with a project's sources as files. */
import { PycError } from '../../primitives/errors.ts';

/** A symbolic link among the project's sources leads out of the project, where the image would have nothing. */
export class SourceLinkError extends PycError {
  readonly code = 'PYC_SOURCE_LINK_OUTSIDE';
}

/** A source of the project cannot be read, or changed while it was. */
export class SourceFileError extends PycError {
  readonly code = 'PYC_SOURCE_FILE_UNREADABLE';
}
