/** Registries on loopback. What was pushed to distribution is read from its own storage. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from './authority.ts';
import { type Command, freePort, run, startServer, until } from './processes.ts';
import { ISSUER, SERVICE, type TokenServer } from './token-server.ts';
import { newFolder, PEERS } from './workspace.ts';

export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface RegistryServer {
  /** As in `127.0.0.1:5000`. */
  readonly address: string;
  stop(): Promise<void>;
}

export interface Distribution extends RegistryServer {
  /** Size of every blob in bytes, by digest. */
  blobs(): Map<string, number>;
}

export interface DistributionOptions {
  /** Which one; default `3`: 2.8 is Debian's docker-registry. */
  readonly version?: '2.8' | '3';
  readonly tls?: KeyPair;
  /** Everybody is asked for its password. */
  readonly account?: Account;
  /** Everybody is sent there for a token. */
  readonly tokens?: { readonly server: TokenServer; readonly authority: string };
}

/** The programs, and their argument for a configuration. */
const PROGRAMS: Readonly<Record<'2.8' | '3', Command>> = {
  '2.8': ['docker-registry', 'serve'],
  3: [join(PEERS, 'registry/bin/registry'), 'serve'],
};

/** Starts one with a storage of its own. */
export async function startDistribution(options: DistributionOptions = {}): Promise<Distribution> {
  const { version = '3', tls, account, tokens } = options;
  const folder = newFolder('registry');
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  const address = `127.0.0.1:${await freePort()}`;
  const passwords = join(folder, 'htpasswd');
  if (account !== undefined) {
    const line = await run(['htpasswd', '-Bbn', account.username, account.password]);
    writeFileSync(passwords, `${line.trim()}\n`);
  }
  const token = tokens && {
    realm: tokens.server.realm,
    service: SERVICE,
    issuer: ISSUER,
    rootcertbundle: tokens.authority,
  };
  const auth = account ? { htpasswd: { realm: 'test', path: passwords } } : token && { token };
  const config = join(folder, 'config.yml');
  // YAML is a superset of JSON.
  writeFileSync(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: storage } },
      http: { addr: address, ...(tls && { tls: { certificate: tls.certificate, key: tls.key } }) },
      ...(auth && { auth }),
    }),
  );
  const env = { OTEL_TRACES_EXPORTER: 'none' };
  const server = await started([...PROGRAMS[version], config], address, tls !== undefined, env);
  const blobs = join(storage, 'docker/registry/v2/blobs/sha256');
  return {
    ...server,
    blobs: () =>
      new Map(
        (existsSync(blobs) ? readdirSync(blobs) : []).flatMap((prefix) =>
          readdirSync(join(blobs, prefix)).map((hex): [string, number] => [
            `sha256:${hex}`,
            statSync(join(blobs, prefix, hex, 'data')).size,
          ]),
        ),
      ),
  };
}

/** Starts one that lists referrers; it keeps everything in memory. */
export async function startReferrersRegistry(): Promise<RegistryServer> {
  const address = `127.0.0.1:${await freePort()}`;
  return started([join(PEERS, 'referrers-registry/bin/referrers-registry'), address], address, false);
}

/** Starts a program and waits until it answers, with whatever. */
export async function started(
  command: Command,
  address: string,
  isSecure: boolean,
  env: Readonly<Record<string, string>> = {},
): Promise<RegistryServer> {
  const server = startServer(command, { env });
  const url = `${isSecure ? 'https' : 'http'}://${address}/v2/`;
  await until(`${command[0]} answers at ${url}`, async () => {
    const status = await run(['curl', '-sk', '-o', '/dev/null', '-w', '%{http_code}', url]);
    return status !== '000';
  }).catch(async (cause: unknown) => {
    await server.stop();
    throw new Error(`${command[0]} does not answer:\n${server.output()}`, { cause });
  });
  return { address, stop: server.stop };
}
