/** Debian's docker-registry on loopback. What a build pushed is read from the registry's own storage. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, run, startServer, until } from './processes.ts';
import { newFolder } from './workspace.ts';

export interface DockerRegistry {
  /** As in `127.0.0.1:5000`. */
  readonly address: string;
  /** Size of every blob in bytes, by digest. */
  blobs(): Map<string, number>;
  stop(): Promise<void>;
}

export interface Account {
  readonly username: string;
  readonly password: string;
}

/** Starts one; with an account it asks everybody for it. */
export async function startRegistry(account?: Account): Promise<DockerRegistry> {
  const folder = newFolder('registry');
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  const address = `127.0.0.1:${await freePort()}`;
  const passwords = join(folder, 'htpasswd');
  if (account !== undefined) {
    const line = await run(['htpasswd', '-Bbn', account.username, account.password]);
    writeFileSync(passwords, `${line.trim()}\n`);
  }
  const config = join(folder, 'config.yml');
  // YAML is a superset of JSON.
  writeFileSync(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'warn', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: storage } },
      http: { addr: address },
      ...(account === undefined ? {} : { auth: { htpasswd: { realm: 'test', path: passwords } } }),
    }),
  );
  const server = startServer(['docker-registry', 'serve', config]);
  await until('the registry answers', async () => {
    const { status } = await fetch(`http://${address}/v2/`);
    return status === (account === undefined ? 200 : 401);
  });
  const blobs = join(storage, 'docker/registry/v2/blobs/sha256');
  return {
    address,
    blobs: () =>
      new Map(
        (existsSync(blobs) ? readdirSync(blobs) : []).flatMap((prefix) =>
          readdirSync(join(blobs, prefix)).map((hex): [string, number] => [
            `sha256:${hex}`,
            statSync(join(blobs, prefix, hex, 'data')).size,
          ]),
        ),
      ),
    stop: () => server.stop(),
  };
}
