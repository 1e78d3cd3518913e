/** Where the store lies and how large it may grow, from the environment. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { visible } from '../primitives/path.ts';
import { StoreLimitError } from './errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Bytes. */
export const DEFAULT_LIMIT = 10_000_000_000;

/** `$PYC_CACHE_DIR` (relative to `cwd`), else `$XDG_CACHE_HOME/pycontainer`, else `~/.cache/pycontainer`. */
export function storeDirectory(env: Environment, cwd: string): string {
  const { PYC_CACHE_DIR: own, XDG_CACHE_HOME: shared, HOME: home } = env;
  if (own !== undefined && own !== '') return resolve(cwd, own);
  // The XDG specification says that a relative path is to be ignored.
  if (shared !== undefined && isAbsolute(shared)) return join(shared, 'pycontainer');
  return join(home !== undefined && home !== '' ? home : homedir(), '.cache', 'pycontainer');
}

/** `$PYC_CACHE_SIZE` in bytes, as in `500MB` or `20 GiB`; 10 GB by default. @throws StoreLimitError */
export function storeLimit(env: Environment): number {
  const text = env.PYC_CACHE_SIZE;
  if (text === undefined || text.trim() === '') return DEFAULT_LIMIT;
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b)?$/i.exec(text.trim());
  if (match === null) {
    throw new StoreLimitError(`\`PYC_CACHE_SIZE\` is \`${visible(text.slice(0, 50))}\`, which is no size`, {
      hint: 'write bytes, or a number with a unit, as in `500MB` or `20GiB`',
    });
  }
  const [, number, unit, binary] = match;
  const power = unit === undefined ? 0 : 'kmgt'.indexOf(unit.toLowerCase()) + 1;
  return Math.floor(Number(number) * (binary ? 1024 : 1000) ** power);
}
