/** Where the end-to-end tests work: the run's own folder, made by `run.sh` outside of any repository. */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. */
export const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

/** What the package's `pyc` is. */
export const PROGRAM = join(ROOT, 'dist/cli.js');

/** This run's folder. */
export const WORK = stated('PYC_E2E_WORK');

/** What `install-peers.sh` put beside Debian's packages. */
export const PEERS = stated('PYC_E2E_PEERS');

function stated(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run \`npm run test:e2e\``);
  return value;
}

/** A new empty folder of that name. Paths are in lower case: podman makes names of images of them. */
export function newFolder(name: string): string {
  const folder = join(WORK, 'folders', randomBytes(4).toString('hex'), name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Names of `docs/examples`. */
export type Example = 'fastapi' | 'django' | 'script';

/** A copy of an example, outside of this repository, as a user's own project is. */
export function copyExample(example: Example): string {
  return copyOf(join(ROOT, 'docs/examples', example), example);
}

/** A copy of a project of `test/samples`. */
export function copySample(sample: string): string {
  return copyOf(join(ROOT, 'test/samples', sample), sample);
}

function copyOf(source: string, name: string): string {
  const folder = newFolder(name);
  cpSync(source, folder, {
    recursive: true,
    filter: (path) => !/\/(build|\.venv|__pycache__)$/.test(path),
  });
  return folder;
}
