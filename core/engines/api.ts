/** Requests to an engine's API and their answers, with time limits; what failed is said in words of engines. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readAll } from '../primitives/bytes.ts';
import { isPycError, messageOf } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { createConnections, type IncomingMessage } from './connection.ts';
import type { Endpoint } from './endpoint.ts';
import { EngineAnswerError, EngineTimeoutError, EngineUnreachableError } from './errors.ts';

/** Milliseconds without a byte in either direction. */
export interface EngineTimeouts {
  readonly answer: number;
  /** For an archive: an engine unpacks it before it answers. */
  readonly load: number;
}

export interface ApiAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** @throws EngineAnswerError for what is no JSON */
  json(): unknown;
}

export interface EngineApi {
  /** The address. */
  readonly shown: string;
  /**
   * Resolves with any status.
   *
   * @throws EngineUnreachableError, EngineTimeoutError, EngineAnswerError; the signal's reason; what `body` throws
   */
  request(
    method: 'GET' | 'POST',
    path: string,
    options: {
      readonly signal: AbortSignal;
      readonly body?: AsyncIterable<Uint8Array>;
      readonly timeout?: number;
    },
  ): Promise<ApiAnswer>;
  /** Ends the connections that are open; the next request opens another. */
  close(): void;
}

export const TIMEOUTS: EngineTimeouts = { answer: 30_000, load: 600_000 };
const MAX_ANSWER = 32 * 1024 * 1024;
/** Milliseconds that an answer may come after the connection was found broken: engines refuse before they have read all. */
const LAST_WORDS = 200;

export function createEngineApi(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
  timeouts: EngineTimeouts = TIMEOUTS,
): EngineApi {
  const connections = createConnections(endpoint, env);
  const { shown } = endpoint;

  return {
    shown,
    async request(method, path, { signal, body, timeout }) {
      signal.throwIfAborted();
      const patience = timeout ?? (body === undefined ? timeouts.answer : timeouts.load);
      const request = connections.open(method, path, {
        ...(body === undefined
          ? { 'content-length': '0' }
          : { 'content-type': 'application/x-tar', 'transfer-encoding': 'chunked' }),
      });
      const late = new EngineTimeoutError(
        `the engine at \`${visible(shown)}\` did not answer for ${Math.round(patience / 1000)} seconds`,
      );
      const timer = setTimeout(() => request.destroy(late), patience);
      const stop = (): void => void request.destroy(new Error('interrupted'));
      signal.addEventListener('abort', stop, { once: true });
      let fault: unknown;
      try {
        const answered = new Promise<IncomingMessage>((resolve, reject) => {
          request.on('response', resolve);
          request.on('error', (error) => {
            // A refusal may lie in the buffer when the connection breaks.
            if (body === undefined || request.destroyed) setTimeout(reject, body ? LAST_WORDS : 0, error);
            else reject(error);
          });
        });
        if (body === undefined) request.end();
        else {
          const watched = async function* (): AsyncGenerator<Uint8Array> {
            try {
              for await (const chunk of body) {
                timer.refresh();
                yield chunk;
              }
            } catch (thrown) {
              fault = thrown;
              throw thrown;
            }
          };
          const sending = pipeline(Readable.from(watched(), { objectMode: false }), request);
          sending.catch(() => undefined);
        }
        const answer = await answered;
        answer.on('data', () => timer.refresh());
        const bytes = await readAll(answer, MAX_ANSWER, `the answer of \`${visible(shown)}\``);
        return answerOf(answer, Buffer.from(bytes).toString(), shown);
      } catch (thrown) {
        signal.throwIfAborted();
        if (fault !== undefined) throw fault;
        throw faultOf(thrown, shown, connections.said());
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        // Whoever answered before the end needs no more of the body.
        if (!request.writableFinished) request.destroy();
      }
    },
    close: () => connections.close(),
  };
}

function answerOf({ statusCode = 0, headers }: IncomingMessage, text: string, shown: string): ApiAnswer {
  return {
    status: statusCode,
    headers,
    text,
    json() {
      try {
        return JSON.parse(text) as unknown;
      } catch (cause) {
        throw new EngineAnswerError(`the engine at \`${visible(shown)}\` answered what is no JSON`, {
          cause,
        });
      }
    },
  };
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER|ALTNAME/;

function faultOf(thrown: unknown, shown: string, said: string): unknown {
  if (isPycError(thrown)) return thrown;
  const code = codeOf(thrown);
  const at = `\`${visible(shown)}\``;
  const unreachable = (why: string, hint: string): EngineUnreachableError =>
    new EngineUnreachableError(`the engine at ${at} cannot be reached: ${why}`, { hint, cause: thrown });
  if (said !== '')
    return unreachable(visible(said), 'see that the same command of `ssh` works in a terminal');
  if (code === 'EACCES' || code === 'EPERM') {
    return unreachable(
      'this user may not open the socket',
      'join the group of the socket, mostly `docker`, and log in anew, or use a rootless engine',
    );
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK')
    return unreachable('nothing listens there', 'start the engine, or name another one');
  if (/ALERT/.test(code)) {
    return unreachable(
      `it does not take the certificate of this side, or wants one: ${messageOf(thrown)}`,
      'put `cert.pem` and `key.pem` into `DOCKER_CERT_PATH`',
    );
  }
  if (CERTIFICATE.test(code)) {
    return unreachable(
      `its certificate is not trusted: ${messageOf(thrown)}`,
      'put the certificate of its authority into `DOCKER_CERT_PATH` as `ca.pem`',
    );
  }
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return unreachable('it does not speak TLS', 'leave `DOCKER_TLS_VERIFY` out, or name the port that does');
  if (['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'].includes(code))
    return unreachable(messageOf(thrown), 'see that the host of the address is right');
  return new EngineAnswerError(`the engine at ${at} broke off: ${visible(messageOf(thrown) || code)}`, {
    cause: thrown,
  });
}

function codeOf(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { code?: unknown };
  if (typeof code === 'string') return code;
  return thrown instanceof AggregateError && thrown.errors.length > 0 ? codeOf(thrown.errors[0]) : '';
}
