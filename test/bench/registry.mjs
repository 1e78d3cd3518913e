// A docker-registry on loopback. What a build pushed is read from the registry's own storage, so that nobody's word
// is taken for it.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { start, until } from './processes.mjs';

/**
 * Starts a registry whose storage is in `folder`.
 *
 * @param {string} folder
 */
export async function startRegistry(folder) {
  const storage = join(folder, 'storage');
  const saved = join(folder, 'saved');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(storage, { recursive: true });
  const port = await freePort();
  const config = join(folder, 'config.yml');
  writeFileSync(
    config,
    JSON.stringify({
      version: 0.1,
      log: { level: 'error', accesslog: { disabled: true } },
      // No cache of descriptors: the storage is put back between two turns.
      storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
      http: { addr: `127.0.0.1:${port}` },
    }),
  );
  const server = start(['docker-registry', 'serve', config]);
  await until(async () => (await fetch(`http://127.0.0.1:${port}/v2/`)).ok, 'docker-registry');
  const blobs = join(storage, 'docker/registry/v2/blobs/sha256');
  return {
    address: `127.0.0.1:${port}`,
    stop: () => server.stop(),
    /** Keeps the present state as the one that `reset` goes back to. */
    save() {
      cpSync(storage, saved, { recursive: true });
    },
    reset() {
      rmSync(join(storage, 'docker'), { recursive: true, force: true });
      cpSync(saved, storage, { recursive: true });
    },
    /** Every blob's size in bytes, by its digest. @returns {Map<string, number>} */
    blobs() {
      const found = new Map();
      for (const prefix of existsSync(blobs) ? readdirSync(blobs) : []) {
        for (const hex of readdirSync(join(blobs, prefix))) {
          found.set(`sha256:${hex}`, statSync(join(blobs, prefix, hex, 'data')).size);
        }
      }
      return found;
    },
    /** The bytes of a blob that is a JSON document. */
    readBlob: (digest) =>
      JSON.parse(readFileSync(join(blobs, digest.slice(7, 9), digest.slice(7), 'data'), 'utf8')),
  };
}

/** A port of the loopback address that is free now. @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
