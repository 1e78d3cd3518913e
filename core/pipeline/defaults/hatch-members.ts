/**
 * The members of a workspace of Hatch: those of all its environments (`[tool.hatch.envs.NAME.workspace]`, or the same in
 * hatch.toml). Hatch installs them from their folders; it locks none of them.
 */
import { access, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { messageOf } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { MembersError } from '../members-error.ts';
import { readIfThere } from '../sources/vcs-rules.ts';
import type { Project } from '../values.ts';

type Table = Readonly<Record<string, unknown>>;

/**
 * Absolute folders that hold a pyproject.toml, in the order in which they are listed; undefined where no environment lists any.
 *
 * @throws MembersError for a hatch.toml that is no TOML, and for members that lie outside of the folder
 */
export async function hatchMembers({
  directory,
  pyproject,
}: Project): Promise<readonly string[] | undefined> {
  const inProject = tableOf(tableOf(pyproject?.tool.hatch).envs);
  // hatch.toml goes before, key by key.
  const environments = { ...inProject, ...tableOf((await hatchFile(directory)).envs) };
  const workspaces = Object.values(environments)
    .map((environment) => tableOf(tableOf(environment).workspace))
    .filter(({ members }) => Array.isArray(members) && members.length > 0);
  if (workspaces.length === 0) return undefined;
  const found = new Set<string>();
  for (const { members, exclude } of workspaces) {
    const excluded = textsOf(exclude).map((pattern) => patternOf(pattern, '.*', '.'));
    for (const written of members as readonly unknown[]) {
      const pattern = typeof written === 'string' ? written : tableOf(written).path;
      if (typeof pattern !== 'string') continue;
      for (const path of await foldersOf(directory, pattern))
        if (!excluded.some((one) => one.test(path))) found.add(resolve(directory, path));
    }
  }
  return [...found];
}

async function hatchFile(directory: string): Promise<Table> {
  const text = await readIfThere(join(directory, 'hatch.toml'));
  if (text === undefined) return {};
  try {
    return parseToml(text);
  } catch (cause) {
    throw new MembersError(
      `\`hatch.toml\` is no TOML: ${visible(messageOf(cause).split('\n', 1)[0] ?? '')}`,
      {
        hint: 'correct `hatch.toml`',
        cause,
      },
    );
  }
}

/** Those that a pattern names, which leads down from the folder alone. */
async function foldersOf(directory: string, pattern: string): Promise<readonly string[]> {
  const segments = pattern.split(/[\\/]/).filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) {
    throw new MembersError(`Hatch's member \`${visible(pattern)}\` lies outside of \`${directory}\``, {
      hint: 'build it by its own folder, or run from the folder that holds all members',
    });
  }
  let paths: readonly string[] = [''];
  for (const segment of segments) {
    const name = patternOf(segment, '[^/]*', '[^/]');
    const below = await Promise.all(
      paths.map(async (path) => {
        const entries = await readdir(join(directory, path), { withFileTypes: true }).catch(() => []);
        return entries
          .filter((entry) => entry.isDirectory() && name.test(entry.name))
          .map((entry) => (path === '' ? entry.name : `${path}/${entry.name}`))
          .sort();
      }),
    );
    paths = below.flat();
  }
  const isProject = await Promise.all(
    paths.map((path) =>
      access(join(directory, path, 'pyproject.toml')).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => isProject[index]);
}

/** Python's `fnmatch`, without its brackets. */
function patternOf(text: string, star: string, question: string): RegExp {
  const stars = text.replace(/\*+/g, '*');
  // Many of them take too long to match.
  if (stars.split('*').length > 6) {
    throw new MembersError(`Hatch's pattern \`${visible(text.slice(0, 100))}\` has too many stars`, {
      hint: 'list the members by their paths',
    });
  }
  const source = stars
    .replace(/[\\^$.+()[\]{}|/]/g, '\\$&')
    .replaceAll('*', star)
    .replaceAll('?', question);
  return new RegExp(`^${source}$`, 'su');
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
