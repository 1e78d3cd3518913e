/** An npm registry on loopback: verdaccio, which asks the host's own registry for what was not published to it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, run, startServer, until } from './processes.ts';
import { cleanEnvironment } from './pyc.ts';
import { newFolder, PEERS } from './workspace.ts';

export interface NpmRegistry {
  /** Runs npm against it, with a token that may publish; it must succeed. Gives its standard output. */
  npm(args: readonly string[], folder: string): Promise<string>;
  /** What its users' programs see: a home of their own, and this registry. */
  readonly env: Readonly<Record<string, string | undefined>>;
  stop(): Promise<void>;
}

/** Starts one with a storage of its own. */
export async function startNpmRegistry(): Promise<NpmRegistry> {
  const folder = newFolder('npm-registry');
  const storage = join(folder, 'storage');
  mkdirSync(storage);
  const address = `127.0.0.1:${await freePort()}`;
  const rules = { access: '$all', publish: '$authenticated', proxy: 'host' };
  // YAML is a superset of JSON.
  writeFileSync(
    join(folder, 'config.yaml'),
    JSON.stringify({
      storage,
      auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: 1 } },
      uplinks: { host: { url: await run(['npm', 'config', 'get', 'registry']), max_fails: 10 } },
      packages: { '@*/*': rules, '**': rules },
      log: { type: 'stdout', format: 'pretty', level: 'warn' },
    }),
  );
  const program = join(PEERS, 'verdaccio/node_modules/verdaccio/bin/verdaccio');
  const server = startServer([
    ...([process.execPath, program] as const),
    ...['--config', join(folder, 'config.yaml'), '--listen', address],
  ]);
  const token = await until('the npm registry takes an account', () => tokenOf(address));
  const settings = join(folder, 'npmrc');
  writeFileSync(settings, `registry=http://${address}/\n//${address}/:_authToken=${token}\n`);
  const env = {
    ...cleanEnvironment(),
    npm_config_registry: undefined,
    npm_config_userconfig: settings,
    npm_config_cache: join(folder, 'cache'),
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
    npm_config_loglevel: 'error',
  };
  return {
    env,
    npm: (args, cwd) => run(['npm', ...args], { cwd, env }),
    stop: () => server.stop(),
  };
}

/** Makes an account and gives the token that npm would ask for. */
async function tokenOf(address: string): Promise<string | undefined> {
  const answer = await fetch(`http://${address}/-/user/org.couchdb.user:author`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'author', password: 'only-for-this-run' }),
  });
  return ((await answer.json()) as { token?: string }).token;
}
