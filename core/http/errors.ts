/** What can go wrong between this program and a server. Statuses are no errors here: callers judge them. */
import { type ErrorCode, PycError, type PycErrorOptions } from '../primitives/errors.ts';

/** There was no usable answer. `url` is redacted: no credentials, no query. */
export abstract class HttpError extends PycError {
  abstract override readonly code: ErrorCode;
  readonly url: string;

  constructor(message: string, url: string, options: PycErrorOptions = {}) {
    super(message, options);
    this.url = url;
  }
}

/**
 * A server could not be reached: its name does not resolve, or the connection was refused or broke, on every
 * attempt.
 */
export class HttpUnreachableError extends HttpError {
  readonly code = 'PYC_HTTP_UNREACHABLE';
}

/** A server did not answer in time: no connection, no headers, or no further bytes, on every attempt. */
export class HttpTimeoutError extends HttpError {
  readonly code = 'PYC_HTTP_TIMEOUT';
}

/**
 * A server's certificate is not trusted: it has expired, names another host, or comes from an authority that this
 * host does not know, such as a company's proxy.
 */
export class HttpCertificateError extends HttpError {
  readonly code = 'PYC_HTTP_CERTIFICATE';
}

/** A server redirects too often, or to where it must not be followed: from HTTPS to HTTP, or to a link-local address. */
export class HttpRedirectError extends HttpError {
  readonly code = 'PYC_HTTP_REDIRECT';
}

/**
 * An address or a header that cannot be sent, for example a URL in a lock file that is none or has another scheme
 * than HTTP.
 */
export class HttpRequestError extends HttpError {
  readonly code = 'PYC_HTTP_REQUEST_INVALID';
}

/**
 * An answer ended before its stated length, and the rest could not be fetched either. Try again; where it happens
 * every time, the server or a proxy between cuts answers off.
 */
export class HttpBodyError extends HttpError {
  readonly code = 'PYC_HTTP_BODY_CUT';
}

/** A server answered with a status that the build cannot go on with, as 404 for a file that a lock names. */
export class HttpStatusError extends HttpError {
  readonly code = 'PYC_HTTP_STATUS';
  readonly status: number;

  constructor(message: string, url: string, status: number, options: PycErrorOptions = {}) {
    super(message, url, options);
    this.status = status;
  }
}

/** `--offline` was given and something is needed that the store does not have. */
export class OfflineError extends HttpError {
  readonly code = 'PYC_OFFLINE';
}

/**
 * The proxy that the environment names cannot be used: its address is malformed, it does not answer, or it refuses
 * the request.
 */
export class ProxyError extends HttpError {
  readonly code = 'PYC_HTTP_PROXY';
}
