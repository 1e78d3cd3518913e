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

/**
 * Several objects in the sources could be the application, and none is guessed. `details` lists them with file and
 * line.
 */
export class PresetAmbiguousError extends PycError {
  readonly code = 'PYC_PRESET_AMBIGUOUS';
}

/** A preset was asked for by name, and no application of its kind was found in the sources. */
export class PresetNoApplicationError extends PycError {
  readonly code = 'PYC_PRESET_NO_APPLICATION';
}

/** An application was found, and no server that could start it is locked. */
export class PresetNoServerError extends PycError {
  readonly code = 'PYC_PRESET_NO_SERVER';
}

/**
 * The project states which object is its application, in pyproject.toml, a settings module or a variable, and what it
 * states is malformed or not in the sources.
 */
export class PresetEntrypointError extends PycError {
  readonly code = 'PYC_PRESET_ENTRYPOINT_INVALID';
  override readonly exitCode = 2;
}
