/** What keeps Django's static files from being collected while the image is built. */
import { PycError } from 'pycontainer';

/** A place in a source that the reader of a message is to look at. */
export interface Place {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
}

/** How a project gets on without what could not be read. */
export const WAYS_OUT =
  'let Python collect them, `preset = ["django", { collectstatic = "host" }]`, or leave that out, `{ collectstatic = false }`';

/**
 * Django's static files cannot be collected without running the project: a setting is not literal enough to be read,
 * depends on the environment, or names a finder, a storage or an application that only Python knows. The message names
 * file and line. State the variables that decide it in `env`, let the host's Python do it
 * (`preset = ["django", { collectstatic = "host" }]`), or leave it out (`collectstatic = false`). `details` has the place.
 */
export class StaticUnreadableError extends PycError {
  readonly code = 'PYC_DJANGO_STATIC_UNREADABLE';

  /** @param variable - the environment variable that decides it, where one does */
  constructor(what: string, place: Place | undefined, why: string, variable?: string) {
    const where = place === undefined ? '' : ` (${place.file}:${place.line})`;
    super(`${what}${where} cannot be told without running the project: ${why}`, {
      hint:
        variable === undefined ? WAYS_OUT : `state the variable, \`env.${variable} = "…"\`, or ${WAYS_OUT}`,
      ...(place === undefined ? {} : { details: [place] }),
    });
  }
}

/**
 * `collectstatic` itself would fail for this project: a stylesheet refers to a file that is not there, is not UTF-8, or
 * refers to itself in a circle; settings contradict each other. Mend what the message names.
 */
export class StaticInvalidError extends PycError {
  readonly code = 'PYC_DJANGO_STATIC_INVALID';
}

/**
 * The host's Python was to run `collectstatic`, and could not be found or failed; the message ends with what it printed.
 * It must be of the image's version and able to load the image's wheels.
 */
export class HostCollectError extends PycError {
  readonly code = 'PYC_DJANGO_COLLECTSTATIC_FAILED';
}
