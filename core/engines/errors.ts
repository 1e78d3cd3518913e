/** What can go wrong between a build and the engine of this host, or of another, that it loads an image into. */
import { PycError } from '../primitives/errors.ts';

/**
 * `--load` was given, and no container engine was found on this host: no variable names one, no socket answers, and there is no
 * `podman` program. Start one, or name it, as in `--load=k3s`.
 */
export class EngineNotFoundError extends PycError {
  readonly code = 'PYC_ENGINE_NOT_FOUND';
}

/**
 * The engine that an image is to be loaded into cannot be reached: it is not running, its program is not installed, its socket
 * may not be opened by this user, or its certificate is not trusted.
 */
export class EngineUnreachableError extends PycError {
  readonly code = 'PYC_ENGINE_UNREACHABLE';
}

/**
 * What says which engine to use cannot be followed: an engine of an unknown name, a `DOCKER_HOST` that is no address, a Docker
 * context that is not there, certificates that cannot be read.
 */
export class EngineSettingsError extends PycError {
  readonly code = 'PYC_ENGINE_SETTINGS';
  override readonly exitCode = 2;
}

/** An engine answered with what no engine answers, or stopped in the middle. Look into the engine's own log. */
export class EngineAnswerError extends PycError {
  readonly code = 'PYC_ENGINE_ANSWER';
  static override readonly usualHint: string = "look into the engine's log";
}

/** An engine neither took a byte nor gave one in the time that it has. Look whether it works at all, then load again. */
export class EngineTimeoutError extends PycError {
  readonly code = 'PYC_ENGINE_TIMEOUT';
  static override readonly usualHint: string = 'look whether the engine works at all, as with `docker info`';
}

/** An engine refused an image, mostly for want of room. Its own words are in the message. The tags are where they were. */
export class EngineLoadError extends PycError {
  readonly code = 'PYC_ENGINE_LOAD_FAILED';
}
