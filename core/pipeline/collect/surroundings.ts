/** What lies around a project that some build backends look at: the ignore file that holds there, and what git ignores. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Surroundings } from '../../python/local-project/index.ts';
import { readIfThere } from '../sources/vcs-rules.ts';

/** @param directory absolute */
export async function surroundingsOf(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Surroundings> {
  const [gitignore, hgignore] = await Promise.all([
    nearest(directory, '.gitignore', '.git'),
    nearest(directory, '.hgignore', '.hg'),
  ]);
  let ignored: ReadonlySet<string> | undefined;
  return {
    directory,
    gitignore,
    mercurial: hgignore !== undefined,
    isIgnored(path) {
      ignored ??= gitIgnored(directory, env);
      return ignored?.has(path);
    },
  };
}

/** A file of the folder or of one above it, up to the one that holds `boundary`. */
async function nearest(directory: string, name: string, boundary: string): Promise<string | undefined> {
  for (let at = directory; ; at = dirname(at)) {
    const text = await readIfThere(join(at, name));
    if (text !== undefined || existsSync(join(at, boundary)) || dirname(at) === at) return text;
  }
}

/** The files that git ignores and does not have; undefined where there is a work tree and no git to ask. */
function gitIgnored(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): ReadonlySet<string> | undefined {
  const git = (...args: string[]) =>
    spawnSync('git', args, {
      cwd: directory,
      env: { ...env },
      maxBuffer: 256 * 1024 * 1024,
      encoding: 'utf8',
    });
  const own = git('check-ignore', '--quiet', '.');
  // 128: no work tree. 0: the project itself is ignored, and backends take that for none.
  if (own.status === 128 || own.status === 0) return new Set();
  const listed =
    own.status === 1 ? git('ls-files', '-z', '--others', '--ignored', '--exclude-standard') : own;
  if (listed.status !== 0) return isInWorkTree(directory) ? undefined : new Set();
  // git quotes other names when it lists them for a backend, which then takes them for other files.
  return new Set(
    listed.stdout.split('\0').filter((path) => /^[\x20-\x7e]+$/.test(path) && !/["\\]/.test(path)),
  );
}

function isInWorkTree(directory: string): boolean {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (dirname(at) === at) return false;
  }
}
