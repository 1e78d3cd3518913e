/** Connections to an engine's API by Node's own HTTP: over a socket, TCP or a program's streams. No proxy, no retry: it is one machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { Duplex } from 'node:stream';
import type { Endpoint } from './endpoint.ts';
import type { Command } from './program.ts';

export interface Connections {
  open(method: string, path: string, headers: Readonly<Record<string, string>>): ClientRequest;
  /** What the program of the connection said, where there is one. */
  said(): string;
  close(): void;
}

export type { ClientRequest, IncomingMessage };

/** Nothing is opened before the first request. */
export function createConnections(
  endpoint: Endpoint,
  env: Readonly<Record<string, string | undefined>>,
): Connections {
  if (endpoint.kind === 'program') return overProgram(endpoint.command, env);
  const kept = { keepAlive: true, maxSockets: 8 };
  const tls = endpoint.kind === 'tcp' ? endpoint.tls : undefined;
  const agent = tls === undefined ? new Agent(kept) : new SecureAgent(kept);
  const at =
    endpoint.kind === 'socket'
      ? { socketPath: endpoint.path }
      : { host: endpoint.host, port: endpoint.port, ...tlsOptions(endpoint) };
  return {
    open: (method, path, headers) =>
      (tls === undefined ? plainRequest : secureRequest)({
        ...at,
        agent,
        method,
        path,
        headers: {
          host: endpoint.kind === 'tcp' ? `${endpoint.host}:${endpoint.port}` : 'localhost',
          ...headers,
        },
      }),
    said: () => '',
    close: () => agent.destroy(),
  };
}

function tlsOptions({ tls }: Extract<Endpoint, { readonly kind: 'tcp' }>): object {
  if (tls === undefined) return {};
  const { ca, cert, key, verify } = tls;
  return {
    rejectUnauthorized: verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert, key }),
  };
}

/** One program, and so one log-in, for all requests. */
function overProgram(
  [program, ...args]: Command,
  env: Readonly<Record<string, string | undefined>>,
): Connections {
  const children = new Set<ChildProcess>();
  let said = '';
  const connect = (): Duplex => {
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    children.add(child);
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    return new ProgramStream(child, () => children.delete(child));
  };
  class ProgramAgent extends Agent {
    override createConnection(): Duplex {
      return connect();
    }
  }
  const agent = new ProgramAgent({ keepAlive: true, maxSockets: 1 });
  return {
    open: (method, path, headers) =>
      plainRequest({ host: 'localhost', agent, method, path, headers: { host: 'localhost', ...headers } }),
    said: () => said.trim(),
    close() {
      agent.destroy();
      for (const child of children) child.kill('SIGTERM');
    },
  };
}

/** A program's streams with what the HTTP client asks of a socket besides. */
class ProgramStream extends Duplex {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, ended: () => void) {
    super();
    this.#child = child;
    child.stdout!.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout!.pause();
    });
    child.stdout!.on('end', () => this.push(null));
    child.stdin!.on('error', (error) => this.destroy(error));
    child.on('error', (error) => this.destroy(error));
    child.on('close', () => {
      ended();
      // What is waited for never comes: an end in the middle of an answer.
      this.destroy();
    });
  }

  override _read(): void {
    this.#child.stdout!.resume();
  }

  override _write(chunk: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#child.stdin!.write(chunk, (error) => done(error ?? null));
  }

  override _final(done: () => void): void {
    this.#child.stdin!.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#child.kill('SIGTERM');
    done(error);
  }

  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    this.#child.ref();
    return this;
  }
  unref(): this {
    this.#child.unref();
    return this;
  }
}
