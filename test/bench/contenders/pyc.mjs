// This project's own side: `node dist/cli.js build --push`, a new process each time.
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { lockedHashes } from '../projects.mjs';

/** This repository's own build of the program. */
export const OWN_PROGRAM = join(
  dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))),
  'dist',
  'cli.js',
);

/**
 * @param {{ work: string, base: string, project: string, program: string }} options - `program` is a file for Node
 * @returns {import('../contender.mjs').Contender}
 */
export function pycContender({ work, base, project, program }) {
  const cache = join(work, 'pyc', 'cache');
  const command = (directory, outputs) => [
    process.execPath,
    program,
    'build',
    directory,
    '--base',
    base,
    '--cache-dir',
    cache,
    '--progress',
    'none',
    '--json',
    ...outputs,
  ];
  return {
    name: 'pyc',
    async start() {
      if (!existsSync(program)) throw new Error(`there is no ${program}, run \`npm run build\` first`);
      mkdirSync(cache, { recursive: true });
    },
    async stop() {},
    processes: () => [],
    prime: (directory, reference) => [command(directory, ['--tag', reference, '--push'])],
    // What lies in the cache past the wheels goes: the base's documents, layers, and all that is remembered.
    async reset() {
      const wheels = lockedHashes(project);
      const blobs = join(cache, 'blobs', 'sha256');
      for (const hex of existsSync(blobs) ? readdirSync(blobs) : []) {
        if (!wheels.has(`sha256:${hex}`)) rmSync(join(blobs, hex), { force: true });
      }
      for (const folder of readdirSync(cache).filter((name) => name !== 'blobs')) {
        rmSync(join(cache, folder), { recursive: true, force: true });
      }
    },
    stagesOf: (stdout) => JSON.parse(stdout).timings,
    build: (directory, reference) => [command(directory, ['--tag', reference, '--push'])],
  };
}
