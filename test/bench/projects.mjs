// Copies of the sample projects in the states that the scenarios need.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SAMPLES = join(dirname(fileURLToPath(import.meta.url)), 'samples');

/** What is built where only the base is to become known. */
export const EMPTY = 'empty';

/** The names of the sample projects. */
export const PROJECTS = readdirSync(SAMPLES)
  .filter((name) => name !== EMPTY)
  .sort();

/**
 * A fresh copy of a sample.
 *
 * @param {string} name
 * @param {string} directory - is emptied first
 */
export function copyProject(name, directory) {
  const sample = join(SAMPLES, name);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  cpSync(join(sample, 'before'), directory, { recursive: true });
  return {
    directory,
    /** Changes one line of a source, to one that no build has seen. */
    changeLine(mark) {
      const file = ['main.py', '__main__.py', 'urls.py']
        .map((source) => join(directory, 'shop', source))
        .find(existsSync);
      const source = readFileSync(join(sample, 'before', file.slice(directory.length + 1)), 'utf8');
      writeFileSync(file, `${source}\n# ${mark}\n`);
    },
    /** As it was at first. */
    restore() {
      cpSync(join(sample, 'before'), directory, { recursive: true });
    },
    /** One small dependency is another version: pyproject.toml and the lock change. */
    upgrade() {
      cpSync(join(sample, 'after'), directory, { recursive: true });
    },
  };
}

/** The hashes of every wheel that the sample's two locks name. @returns {Set<string>} `sha256:…` */
export function lockedHashes(name) {
  const text = ['before', 'after']
    .map((state) => readFileSync(join(SAMPLES, name, state, 'uv.lock'), 'utf8'))
    .join('\n');
  return new Set(text.match(/sha256:[0-9a-f]{64}/g));
}
