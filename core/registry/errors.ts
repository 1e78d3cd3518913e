/** What a registry can do wrong, or refuse. What it says itself is escaped and cut before it is shown. */
import { isRetryableStatus } from '../http/retry.ts';
import { isPycError, PycError, type PycErrorOptions } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';

/**
 * A registry wants credentials, or refuses those it got. Log in with `pyc login`, or give `--username` with
 * `--password-stdin`; the account must be allowed to do what is asked.
 */
export class RegistryAccessError extends PycError {
  readonly code = 'PYC_REGISTRY_ACCESS';
}

/** A registry has no such repository, manifest or blob, or none that these credentials may see. */
export class RegistryNotFoundError extends PycError {
  readonly code = 'PYC_REGISTRY_NOT_FOUND';
}

/**
 * A registry answered with a status that the distribution specification does not have there; `details` has what it
 * said. It is often overloaded, or limits requests.
 */
export class RegistryStatusError extends PycError {
  readonly code = 'PYC_REGISTRY_STATUS';
  readonly status: number;
  /** Milliseconds that the registry asks to wait; undefined where it does not say. */
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, options: PycErrorOptions, retryAfter?: number) {
    super(message, options);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * A registry or its token server answered with what the distribution specification does not allow, or with what
 * must not be followed.
 */
export class RegistryAnswerError extends PycError {
  readonly code = 'PYC_REGISTRY_ANSWER';
}

/** A registry sent, or kept, bytes that are not their digest's, or not as many as stated. */
export class RegistryContentError extends PycError {
  readonly code = 'PYC_REGISTRY_CONTENT';
}

/**
 * A registry has the base, but not for the platform that is built. `details` lists the platforms that exist.
 */
export class RegistryPlatformError extends PycError {
  readonly code = 'PYC_REGISTRY_PLATFORM';
}

/** One fault as the distribution specification's "Error Codes" writes it. */
export interface RegistryFault {
  readonly code: string;
  readonly message: string;
}

/**
 * Reads an error's body. Anything may stand there: HTML of a proxy, nothing, gigabytes that were cut.
 *
 * @param clean replaces secrets, which some registries send back
 */
export function parseFaults(text: string, clean: (text: string) => string = String): RegistryFault[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown };
    if (!Array.isArray(errors)) return [];
    return errors.slice(0, 10).map((error: unknown) => {
      const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
      return { code: shown(code, 60, clean), message: shown(message, 300, clean) };
    });
  } catch {
    return [];
  }
}

/** The error for a status that was not expected. `what` says what was tried, on what. */
export function statusError(
  what: string,
  host: string,
  status: number,
  faults: readonly RegistryFault[],
  hasCredentials: boolean,
  retryAfter?: number,
): PycError {
  const said = faults
    .map(({ code, message }) => [code, message].filter((text) => text !== '').join(': '))
    .join('; ');
  const message = `${what}: \`${host}\` answered ${status}${said === '' ? '' : ` (${said})`}`;
  const details = faults.length === 0 ? undefined : faults;
  if (status === 401 || status === 403) {
    const hint = hasCredentials
      ? `check that the credentials for \`${host}\` are valid and allow this`
      : `log in with \`pyc login ${host}\``;
    return new RegistryAccessError(message, { hint, details });
  }
  if (status === 404) {
    return new RegistryNotFoundError(message, { hint: 'check the name, the tag and the host', details });
  }
  const hint =
    STATUS_HINTS.get(status) ??
    (status >= 500
      ? 'the registry has a problem of its own; try again later'
      : 'look at what the registry says, and whether it takes such an image');
  return new RegistryStatusError(message, status, { hint, details }, retryAfter);
}

/** The error for a server that answers 400, and says nothing of a registry's, to a request over http: most often it wants TLS. */
export function plainRefused(what: string, host: string): RegistryStatusError {
  return new RegistryStatusError(`${what}: \`${host}\` answered 400 to a request over http`, 400, {
    hint: `if it speaks TLS, put its certificate authority into \`~/.config/containers/certs.d/${host}/ca.crt\``,
  });
}

const STATUS_HINTS: ReadonlyMap<number, string> = new Map([
  [413, 'raise the limit of the size of requests, which a proxy before the registry often has'],
  [429, 'the registry limits requests: log in, or wait before you try again'],
]);

/** True for an error that says that something is not there. */
export function isNotFound(thrown: unknown): boolean {
  return isPycError(thrown) && thrown.code === 'PYC_REGISTRY_NOT_FOUND';
}

/** True for errors that a fresh try may not meet again. */
export function isPassing(thrown: unknown): boolean {
  if (thrown instanceof RegistryStatusError) {
    return isRetryableStatus(thrown.status) || thrown.status === 404 || thrown.status === 416;
  }
  return isPycError(thrown) && (thrown.code === 'PYC_HTTP_UNREACHABLE' || thrown.code === 'PYC_HTTP_TIMEOUT');
}

function shown(value: unknown, length: number, clean: (text: string) => string): string {
  return typeof value === 'string' ? visible(clean(value).slice(0, length)) : '';
}
