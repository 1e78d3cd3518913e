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

/** The name does not resolve, or the connection was refused or broken. */
export class HttpUnreachableError extends HttpError {
  readonly code = 'PYC_HTTP_UNREACHABLE';
}

/** No connection, no headers or no further bytes within the time allowed. */
export class HttpTimeoutError extends HttpError {
  readonly code = 'PYC_HTTP_TIMEOUT';
}

/** The server's certificate is not trusted. */
export class HttpCertificateError extends HttpError {
  readonly code = 'PYC_HTTP_CERTIFICATE';
}

/** Too many redirects, or one that must not be followed. */
export class HttpRedirectError extends HttpError {
  readonly code = 'PYC_HTTP_REDIRECT';
}

/** A URL or header that cannot be sent. */
export class HttpRequestError extends HttpError {
  readonly code = 'PYC_HTTP_REQUEST_INVALID';
}

/** The body ended early, or a download could not be resumed. */
export class HttpBodyError extends HttpError {
  readonly code = 'PYC_HTTP_BODY_CUT';
}

/** An answer whose status is not what was needed. Carries the status. */
export class HttpStatusError extends HttpError {
  readonly code = 'PYC_HTTP_STATUS';
  readonly status: number;

  constructor(message: string, url: string, status: number, options: PycErrorOptions = {}) {
    super(message, url, options);
    this.status = status;
  }
}

/** A request was made in offline mode. */
export class OfflineError extends HttpError {
  readonly code = 'PYC_OFFLINE';
}

/** A proxy that cannot be used, or that refused. */
export class ProxyError extends HttpError {
  readonly code = 'PYC_HTTP_PROXY';
}
