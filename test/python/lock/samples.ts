/** Small locks that the real tools made, beside what they were made from; and ways to read and select from them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPycError } from '../../../core/primitives/errors.ts';
import {
  type LockFile,
  type LockWarning,
  readLock,
  type Selection,
} from '../../../core/python/lock/index.ts';
import { targetOf } from './conformance-data.ts';

const SAMPLES = fileURLToPath(new URL('samples/', import.meta.url));

/** The folder that the locks are taken to lie in. */
export const PROJECT = '/work/project';

/** Files of a project, by name. */
export type Files = Readonly<Record<string, string>>;

export function sampleFiles(sample: string): Files {
  const names = ['poetry.lock', 'pdm.lock', 'Pipfile.lock', 'pyproject.toml', 'Pipfile'];
  return Object.fromEntries(
    names
      .filter((name) => existsSync(join(SAMPLES, sample, name)))
      .map((name) => [name, readFileSync(join(SAMPLES, sample, name), 'utf8')]),
  );
}

/** Reads the lock among the files, which sees the others. */
export async function readFrom(files: Files, warnings: LockWarning[] = []): Promise<LockFile> {
  const [name, text] = Object.entries(files).find(([file]) => file.endsWith('.lock'))!;
  return readLock(name, text, {
    directory: PROJECT,
    boundary: '/work',
    environment: { USER: 'me', PASSWORD: 'p@ss' },
    warn: (warning) => warnings.push(warning),
    readFile: async (path) => {
      const content = files[path.slice(PROJECT.length + 1)];
      return content === undefined ? undefined : new TextEncoder().encode(content);
    },
  });
}

/** What goes in for a Python on the usual base, as `name==version`; what has no file says so. */
export function selected(lock: LockFile, python: string, want: Partial<Selection> = {}): readonly string[] {
  const { chosen, rejected } = lock.select(targetOf(python), { extras: [], groups: [], ...want });
  return [
    ...chosen.map(({ name, version, source }) =>
      source === 'wheel' ? `${name}==${version}` : `${name}==${version} (${source})`,
    ),
    ...rejected.map(({ name }) => `${name}: no file`),
  ].sort();
}

/** The code of the error that this ends with, else `ok`. */
export async function outcome(action: () => unknown): Promise<string> {
  try {
    await action();
    return 'ok';
  } catch (error) {
    if (isPycError(error)) return error.code;
    throw error;
  }
}
