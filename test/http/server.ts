/** A server on loopback whose behaviour each test states as one function, closed when the test ends. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { HttpClient } from '../../core/http/client.ts';
import { createHttpClient, type HttpClientOptions } from '../../core/http/undici-client.ts';
import { CERTIFICATE, KEY } from './certificate.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts it; gives its origin. */
export async function serve(handler: Handler, tls = false): Promise<string> {
  const server = tls ? createTlsServer({ cert: CERTIFICATE, key: KEY }, handler) : createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A client without patience, closed when the test ends. */
export function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  const made = createHttpClient({ env: {}, retry: { base: 5, longest: 40, deadline: 2_000 }, ...options });
  onTestFinished(() => made.close());
  return made;
}

/** The code of the error that a promise is rejected with. */
export async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code ?? (error as Error).name,
  );
}
