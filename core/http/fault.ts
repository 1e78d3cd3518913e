/** Turns what the transport throws into an error that says what happened, to whom, and what to do. */
import { isPycError, messageOf } from '../primitives/errors.ts';
import {
  HttpCertificateError,
  type HttpError,
  HttpTimeoutError,
  HttpUnreachableError,
  ProxyError,
} from './errors.ts';
import { redactUrl } from './url.ts';

const TIMEOUTS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time allowed',
  ETIMEDOUT: 'no connection within the time allowed',
  UND_ERR_HEADERS_TIMEOUT: 'no answer within the time allowed',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped coming',
};

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name cannot be resolved at the moment',
  ECONNRESET: 'the connection was broken',
  EPIPE: 'the connection was broken',
  UND_ERR_SOCKET: 'the connection was closed',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no network to it',
  EPROTO: 'it does not speak TLS as expected',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS as expected',
  UND_ERR_HEADERS_OVERFLOW: 'its headers are too large',
};

/** Failures to connect at all: behind a proxy it is the proxy that was not reached. */
const AT_CONNECT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** What the other side says in a TLS alert (RFC 8446, 6.2). */
const CLIENT_CERTIFICATE = /^ERR_SSL_.*ALERT_.*(?:CERTIFICATE|UNKNOWN_CA)/;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/;
/** Trying these again soon gives the same answer. */
const LASTING = new Set(['ENOTFOUND', 'EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'UND_ERR_HEADERS_OVERFLOW']);

/** The error to throw for what the transport threw; `what` says what did not work. An abort's reason and our own errors pass unchanged. */
export function faultOf(
  thrown: unknown,
  url: URL,
  signal?: AbortSignal,
  what = 'cannot be reached',
): unknown {
  if (signal?.aborted) return signal.reason;
  if (isPycError(thrown)) return thrown;
  const where = redactUrl(url);
  const code = codeOf(thrown);
  const timeout = TIMEOUTS[code];
  if (timeout !== undefined) {
    return new HttpTimeoutError(`${where} did not answer: ${timeout}`, where, {
      hint: 'try again, or look whether the server is overloaded or a proxy is needed',
      cause: thrown,
    });
  }
  if (CLIENT_CERTIFICATE.test(code)) {
    return new HttpCertificateError(
      `\`${url.host}\` does not take the certificate of this side, or wants one: ${messageOf(thrown)}`,
      where,
      { hint: `put \`client.cert\` and \`client.key\` into \`certs.d/${url.host}\``, cause: thrown },
    );
  }
  if (CERTIFICATE.test(code)) {
    return new HttpCertificateError(
      `the certificate of \`${url.host}\` is not trusted: ${messageOf(thrown)}`,
      where,
      {
        hint: `name a file with its certificate authority in \`SSL_CERT_FILE\`, or put it into \`certs.d/${url.host}\``,
        cause: thrown,
      },
    );
  }
  const reason = REASONS[code] ?? (messageOf(thrown) || code || 'no reason was given');
  return new HttpUnreachableError(`${where} ${what}: ${reason}`, where, {
    hint: `check the network and that \`${url.host}\` is the right address`,
    cause: thrown,
  });
}

/** What failed on the way to or at a proxy, as an error that names it; anything else passes unchanged. */
export function proxyFaultOf(thrown: unknown, proxy: URL, url: URL): unknown {
  const code = codeOf(thrown);
  const refusal = /^Proxy (?:response \((\d+)\)|Authentication Required \((\d+)\))/.exec(messageOf(thrown));
  const status = refusal?.[1] ?? refusal?.[2];
  const isAtProxy = code === 'UND_ERR_PRX_TLS' || AT_CONNECT.has(code) || status !== undefined;
  if (!isAtProxy) return thrown;
  const where = redactUrl(url);
  const reason = status === undefined ? (REASONS[code] ?? TIMEOUTS[code] ?? code) : `it answered ${status}`;
  return new ProxyError(`${where} cannot be reached through the proxy \`${proxy.host}\`: ${reason}`, where, {
    hint:
      status === '407'
        ? 'write user name and password into the address, as in `http://user:password@proxy:3128`'
        : 'look at `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`',
    cause: thrown,
  });
}

/** How often at most a request whose try ended so may be tried again, given how often it was asked for. */
export function retriesFor(fault: unknown, allowed: number): number {
  if (!isTransient(fault)) return 0;
  const code = codeOf(fault.cause);
  if (LASTING.has(code)) return 0;
  return code === 'ECONNREFUSED' ? Math.min(allowed, 2) : allowed;
}

function isTransient(fault: unknown): fault is HttpError {
  return fault instanceof HttpUnreachableError || fault instanceof HttpTimeoutError;
}

/** Several addresses of one name fail together as an AggregateError, which has no message of its own. */
function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  if (typeof code === 'string') return code;
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return codeOf(thrown.errors[0]);
  return '';
}
