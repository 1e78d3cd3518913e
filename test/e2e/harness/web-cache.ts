/** nginx as the server of a cache of Bazel's kind: files that are read, and written by PUT. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startServer, until } from './processes.ts';
import { newFolder } from './workspace.ts';

export interface WebCache {
  /** As in `http://127.0.0.1:40123/builds`. */
  readonly address: string;
  /** The folder with `ac` and `cas`. */
  readonly folder: string;
  /** Paths of what it holds, as in `ac/<64 hex>`. */
  files(): readonly string[];
  stop(): Promise<void>;
}

/** Everybody may read and write. */
export async function startWebCache(): Promise<WebCache> {
  const folder = newFolder('web-cache');
  const files = join(folder, 'files');
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr crit; user root;
events { worker_connections 256; }
http {
  access_log off; ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    location /builds/ {
      alias ${files}/;
      dav_methods PUT;
      create_full_put_path on;
    }
  }
}
`,
  );
  const server = startServer(['nginx', '-c', config, '-p', folder, '-e', 'stderr']);
  const address = `http://127.0.0.1:${port}/builds`;
  await until('nginx answers', async () => (await fetch(`${address}/ac/none`)).status === 404);
  return {
    address,
    folder: files,
    files: () =>
      ['ac', 'cas'].flatMap((kind) => readdirSync(join(files, kind)).map((name) => `${kind}/${name}`)),
    stop: () => server.stop(),
  };
}
