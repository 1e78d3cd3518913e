/**
 * A token server as distribution asks for ("Token Authentication Specification"): whoever shows the account's password
 * gets what was asked for, everybody else nothing.
 */
import { randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KeyPair } from './authority.ts';
import type { Account } from './registries.ts';

export interface TokenServer {
  /** As challenges name it. Clients refuse an address that is no name. */
  readonly realm: string;
  stop(): Promise<void>;
}

export const SERVICE = 'end-to-end registry';
export const ISSUER = 'end-to-end tokens';
/** Seconds. */
const LIFE = 300;

export async function startTokenServer(signer: KeyPair, account: Account): Promise<TokenServer> {
  const key = readFileSync(signer.key, 'utf8');
  const certificate = new X509Certificate(readFileSync(signer.certificate)).raw.toString('base64');
  const right = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;

  const tokenFor = (scopes: readonly string[]): string => {
    const now = Math.floor(Date.now() / 1000);
    const parts = [
      { typ: 'JWT', alg: 'ES256', x5c: [certificate] },
      {
        iss: ISSUER,
        sub: account.username,
        aud: SERVICE,
        iat: now,
        nbf: now - 10,
        exp: now + LIFE,
        jti: randomUUID(),
        access: scopes.map(accessOf),
      },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const signature = sign('sha256', Buffer.from(parts.join('.')), { key, dsaEncoding: 'ieee-p1363' });
    return [...parts, signature.toString('base64url')].join('.');
  };

  const server = createServer((request: IncomingMessage, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const scopes = searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
    if (request.method !== 'GET') response.writeHead(404).end();
    else if (request.headers.authorization !== right) response.writeHead(401).end();
    else {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ token: tokenFor(scopes), expires_in: LIFE }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    realm: `http://localhost:${(server.address() as AddressInfo).port}/token`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `repository:NAME:pull,push` as a token's claim has it. */
function accessOf(scope: string): { type: string; name: string; actions: string[] } {
  const [type = '', ...rest] = scope.split(':');
  const actions = rest.pop() ?? '';
  return { type, name: rest.join(':'), actions: actions.split(',') };
}
