/** What stands before registries: nginx as their front, squid as a proxy of a company. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from './authority.ts';
import { freePort, run, startServer, until } from './processes.ts';
import { type Account, type RegistryServer, started } from './registries.ts';
import { newFolder } from './workspace.ts';

export interface FrontOptions {
  readonly tls: KeyPair;
  /** Whoever shows no certificate of this authority (a file, PEM) is refused. */
  readonly clients: string;
  /** Bytes of a request at most, as in `4m`. */
  readonly largestBody: string;
}

/** nginx with TLS before a registry that speaks http. */
export async function startFront(registry: string, options: FrontOptions): Promise<RegistryServer> {
  const folder = newFolder('nginx');
  const address = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr warn; user root;
events { worker_connections 128; }
http {
  access_log off; ${temporary.join(' ')}
  server {
    listen ${address} ssl;
    ssl_certificate ${options.tls.certificate}; ssl_certificate_key ${options.tls.key};
    ssl_client_certificate ${options.clients}; ssl_verify_client on;
    client_max_body_size ${options.largestBody};
    location / {
      proxy_pass http://${registry};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
    }
  }
}
`,
  );
  return started(['nginx', '-c', config, '-p', folder, '-e', 'stderr'], address, true);
}

export interface Proxy {
  /** As the environment names it, without an account. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * squid, which asks for a password.
 *
 * @param hosts names that it alone knows, and all of which are this machine
 */
export async function startProxy(account: Account, hosts: readonly string[]): Promise<Proxy> {
  const folder = newFolder('squid');
  const port = await freePort();
  mkdirSync(join(folder, 'cache'));
  const line = await run(['htpasswd', '-bnm', account.username, account.password]);
  writeFileSync(join(folder, 'passwords'), `${line.trim()}\n`);
  writeFileSync(join(folder, 'hosts'), hosts.map((host) => `127.0.0.1 ${host}\n`).join(''));
  const config = join(folder, 'squid.conf');
  writeFileSync(
    config,
    `http_port 127.0.0.1:${port}
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/passwords
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
hosts_file ${folder}/hosts
cache deny all
cache_effective_user proxy
access_log none
cache_log ${folder}/cache.log
pid_filename ${folder}/pid
coredump_dir ${folder}
shutdown_lifetime 0 seconds
`,
  );
  // It does not run as root.
  await run(['chown', '-R', 'proxy', folder]);
  const server = startServer(['squid', '-N', '-f', config]);
  await until('squid refuses strangers', async () => {
    const ask = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}'] as const;
    return (await run([...ask, '-x', `http://127.0.0.1:${port}`, 'http://nobody.test/'])) === '407';
  }).catch(async (cause: unknown) => {
    await server.stop();
    throw new Error(`squid does not answer:\n${server.output()}`, { cause });
  });
  return {
    address: `127.0.0.1:${port}`,
    stop: () => server.stop(),
  };
}
