/** What keeps a preset from saying how an application is started. */
import { PycError } from 'pycontainer';

/** An object that could be the application. */
export interface Candidate {
  /** As servers take it: `module:name`. */
  readonly target: string;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Several objects could be the application; none is guessed. */
export class PresetAmbiguousError extends PycError {
  readonly code = 'PYC_PRESET_AMBIGUOUS';
}

/** The user asked for a preset, and no application of its kind was found. */
export class PresetNoApplicationError extends PycError {
  readonly code = 'PYC_PRESET_NO_APPLICATION';
}

/** No server that could start the application is locked. */
export class PresetNoServerError extends PycError {
  readonly code = 'PYC_PRESET_NO_SERVER';
}

/** The project states an entry point that is malformed, or that its sources do not have. */
export class PresetEntrypointError extends PycError {
  readonly code = 'PYC_PRESET_ENTRYPOINT_INVALID';
  override readonly exitCode = 2;
}
