/** Package indexes on loopback: pypiserver with a password of its own, and devpi behind a front that speaks TLS and asks for one. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as send } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { Account } from './docker-registry.ts';
import { freePort, run, startServer, until } from './processes.ts';
import { newFolder, PEERS } from './workspace.ts';

export interface PackageIndex {
  /** Root of the simple API. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves the files of a folder; pages and files are for the account alone. */
export async function startPypiserver(files: string, account: Account): Promise<PackageIndex> {
  const passwords = join(newFolder('pypiserver'), 'htpasswd');
  writeFileSync(passwords, await run(['htpasswd', '-Bbn', account.username, account.password]));
  const port = await freePort();
  const server = startServer([
    join(PEERS, 'pypiserver/bin/pypi-server'),
    ...['run', '--disable-fallback', '-i', '127.0.0.1', '-p', String(port)],
    ...['-a', 'list,download,update', '-P', passwords, files],
  ]);
  const url = `http://127.0.0.1:${port}/simple/`;
  await until('pypiserver answers', async () => (await fetch(url)).status === 401);
  return { url, stop: () => server.stop() };
}

/** One with the index `root/own`, to which these wheels were uploaded. */
export async function startDevpi(wheels: readonly string[]): Promise<PackageIndex> {
  const folder = join(newFolder('devpi'), 'server');
  const password = 'only-for-this-run';
  const bin = join(PEERS, 'devpi/bin');
  await run([join(bin, 'devpi-init'), '--serverdir', folder, '--root-passwd', password, '--no-root-pypi']);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const server = startServer([
    join(bin, 'devpi-server'),
    ...['--serverdir', folder, '--host', '127.0.0.1', '--port', String(port)],
  ]);
  await until('devpi answers', async () => (await fetch(`${origin}/+api`)).ok, 60_000);
  const asked = await fetch(`${origin}/+login`, {
    method: 'POST',
    body: JSON.stringify({ user: 'root', password }),
  });
  const { result } = (await asked.json()) as { result: { password: string } };
  const token = Buffer.from(`root:${result.password}`).toString('base64');
  const headers = { 'x-devpi-auth': token };
  await demand(
    await fetch(`${origin}/root/own`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'stage', bases: [] }),
    }),
  );
  for (const wheel of wheels) {
    const [name = '', version = ''] = basename(wheel).split('-');
    const form = new FormData();
    for (const [key, value] of Object.entries({
      ':action': 'file_upload',
      name,
      version,
      filetype: 'bdist_wheel',
    }))
      form.set(key, value);
    form.set('content', new Blob([readFileSync(wheel)]), basename(wheel));
    await demand(await fetch(`${origin}/root/own/`, { method: 'POST', headers, body: form }));
  }
  return { url: `${origin}/root/own/+simple/`, stop: () => server.stop() };
}

async function demand(answer: Response): Promise<void> {
  if (!answer.ok) throw new Error(`devpi answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`);
}

/** What stands before an index. */
export interface FrontOptions {
  /** Asked of everybody. */
  readonly account?: Account;
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Origin that requests for wheels are sent to. */
  readonly redirectTo?: string;
}

export interface Front extends PackageIndex {
  readonly origin: string;
  /** What every request brought as Authorization. */
  readonly authorizations: (string | undefined)[];
}

/** Passes requests on to the server of an index. */
export async function startFront(index: string, options: FrontOptions = {}): Promise<Front> {
  const target = new URL(index);
  const authorizations: (string | undefined)[] = [];
  const { account, tls, redirectTo } = options;
  const wanted =
    account === undefined
      ? undefined
      : `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { authorization, ...headers } = request.headers;
    authorizations.push(authorization);
    if (wanted !== undefined && authorization !== wanted) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="front"' }).end();
    } else if (redirectTo !== undefined && /\.whl$/.test(request.url ?? '')) {
      response.writeHead(302, { location: `${redirectTo}${request.url}` }).end();
    } else {
      const passed = send(
        {
          host: target.hostname,
          port: target.port,
          path: request.url,
          method: request.method,
          headers: { ...headers, 'x-outside-url': origin },
        },
        (from) => {
          response.writeHead(from.statusCode ?? 502, from.headers);
          from.pipe(response);
        },
      );
      passed.on('error', () => response.destroy());
      request.pipe(passed);
    }
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const scheme = tls === undefined ? 'http' : 'https';
  const origin = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}${target.pathname}`,
    authorizations,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A certificate authority of our own, and a certificate of it for loopback. */
export async function privateAuthority(): Promise<{
  /** File of the authority's certificate. */
  readonly file: string;
  readonly cert: string;
  readonly key: string;
}> {
  const folder = newFolder('authority');
  const at = (name: string): string => join(folder, name);
  await run([
    ...(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'] as const),
    ...['-subj', '/CN=an authority for tests', '-keyout', at('ca.key'), '-out', at('ca.pem')],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign'],
  ]);
  await run([
    ...(['openssl', 'req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1'] as const),
    ...['-keyout', at('server.key'), '-out', at('server.csr')],
  ]);
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  await run([
    ...(['openssl', 'x509', '-req', '-days', '2', '-in', at('server.csr')] as const),
    ...['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('names')],
    ...['-out', at('server.pem')],
  ]);
  return {
    file: at('ca.pem'),
    cert: readFileSync(at('server.pem'), 'utf8'),
    key: readFileSync(at('server.key'), 'utf8'),
  };
}
