/**
 * Asks the services that give out a cloud's tokens: small requests, small answers, and nothing of either in a message.
 * Which cloud it is, and what its tokens open, is not known here.
 */
import type { HttpClient, HttpRequest } from '../http/client.ts';
import { redactUrl } from '../http/url.ts';
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';

/**
 * A service that gives out a cloud's tokens refused, failed, or answered with what it should not. The message has what it
 * says of the reason: most often the identity may not do this, or has ended.
 */
export class TokenServiceError extends PycError {
  readonly code = 'PYC_TOKEN_SERVICE';
  readonly status: number;

  constructor(message: string, status: number, hint: string) {
    super(message, { hint });
    this.status = status;
  }
}

/**
 * The identity that a cloud's tools left on this host cannot be used: a file of it is missing or damaged, a session has
 * ended, or it is of a kind that is not supported. The message says which.
 */
export class CloudIdentityError extends PycError {
  readonly code = 'PYC_CLOUD_IDENTITY';
}

/** Whom is asked, and how. */
export interface TokenService {
  readonly http: HttpClient;
  /** For messages, as in `AWS STS`. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for the whole exchange; default 30 seconds. */
  readonly patience?: number;
}

/** An answer, looked into by path. */
export interface TokenAnswer {
  readonly text: string;
  /** The text at a path of a JSON answer. @throws TokenServiceError where there is none, or an empty one */
  at(...path: readonly (string | number)[]): string;
  /** The number at a path, also where it is written as a text; undefined where there is none. */
  number(...path: readonly (string | number)[]): number | undefined;
}

const LARGEST = 1024 * 1024;
const PATIENCE = 30_000;

/**
 * Sends one request. Redirects are not followed, since they would take secrets elsewhere.
 *
 * @throws TokenServiceError for any status but 200; an HttpError where there is no answer
 */
export async function askTokenService(service: TokenService, request: HttpRequest): Promise<TokenAnswer> {
  const timeout = AbortSignal.timeout(service.patience ?? PATIENCE);
  const signal = service.signal === undefined ? timeout : AbortSignal.any([service.signal, timeout]);
  let status: number;
  let text: string;
  try {
    const response = await service.http.request({ retries: 2, ...request, redirect: 'manual', signal });
    status = response.status;
    text = await response.text(LARGEST);
  } catch (thrown) {
    if (!timeout.aborted || service.signal?.aborted) throw thrown;
    throw new TokenServiceError(`${service.name} did not answer in time`, 0, 'try again later');
  }
  if (status !== 200) {
    const reason = reasonOf(text);
    throw new TokenServiceError(
      `${service.name} answered ${status}${reason === '' ? '' : ` (${reason})`} at \`${redactUrl(request.url)}\``,
      status,
      status >= 500 || status === 429
        ? 'the service has a problem of its own; try again later'
        : 'check that the identity is valid and may do this',
    );
  }
  return answerOf(service.name, text);
}

function answerOf(name: string, text: string): TokenAnswer {
  let parsed: unknown;
  const find = (path: readonly (string | number)[]): unknown => {
    parsed ??= parse(text) ?? null;
    return path.reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
      parsed,
    );
  };
  return {
    text,
    at(...path) {
      const value = find(path);
      if (typeof value === 'string' && value !== '') return value;
      throw new TokenServiceError(
        `${name} answered without \`${path.join('.')}\``,
        200,
        'ask whoever runs the service',
      );
    },
    number(...path) {
      const value = find(path);
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
    },
  };
}

/** The code of an error by the ways of AWS, Azure and Google. Texts are left out: some quote what they were sent. */
function reasonOf(text: string): string {
  const document = parse(text) as Record<string, unknown> | undefined;
  const error = document?.error as
    | { readonly status?: unknown; readonly code?: unknown }
    | string
    | undefined;
  const [first] = (document?.errors ?? []) as readonly { readonly code?: unknown }[];
  const codes = [
    document?.__type,
    typeof error === 'object' ? (error?.status ?? error?.code) : error,
    document?.code,
    document?.Code,
    first?.code,
    /<Code>([^<]*)<\/Code>/.exec(text)?.[1],
  ];
  const code = codes.find((one) => typeof one === 'string' && /^[\w.#:/-]{1,80}$/.test(one));
  return typeof code === 'string' ? visible(code) : '';
}

function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
