/** Where a configuration is looked for. What lies in the file is read elsewhere. Imported on demand. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as search from 'cosmiconfig/dist/Explorer.js';
import { visible } from '../primitives/path.ts';
import { ConfigUnreadableError } from './errors.ts';

/** A file of configuration, unread past its text. */
export interface FoundConfig {
  /** Absolute path. */
  readonly file: string;
  readonly text: string;
}

/** File names in a folder, the first that exists wins; pyproject.toml only where it has `[tool.pycontainer]`. */
export const SEARCH_PLACES: readonly string[] = [
  ...['ts', 'mts', 'js', 'mjs', 'json', 'yaml'].map((extension) => `pycontainer.config.${extension}`),
  'pycontainer.toml',
  'pyproject.toml',
];

/** Names that are taken for one of those, and what to call the file. */
const MISNAMED: ReadonlyMap<string, string> = new Map([
  ['pycontainer.config.yml', 'pycontainer.config.yaml'],
  ['pycontainer.yaml', 'pycontainer.config.yaml'],
  ['pycontainer.yml', 'pycontainer.config.yaml'],
  ['pycontainer.json', 'pycontainer.config.json'],
  ['pycontainer.config.toml', 'pycontainer.toml'],
  ['pycontainer.config.cjs', 'pycontainer.config.js'],
]);

/**
 * Looks in a folder and in those above it, up to the root of the git repository. Outside of a repository only
 * the folder itself counts: what lies above it may belong to anyone.
 *
 * @throws ConfigUnreadableError for a file that has almost the name of a configuration
 */
export async function findConfig(directory: string): Promise<FoundConfig | undefined> {
  const explorer = new Explorer({
    moduleName: 'pycontainer',
    searchPlaces: SEARCH_PLACES,
    searchStrategy: 'none',
    loaders: { default: keepText },
    ignoreEmptySearchPlaces: false,
    transform: (result) => result,
  });
  const stopDir = repositoryOf(directory) ?? directory;
  for (let at = directory; ; at = dirname(at)) {
    const found = await explorer.search(at);
    // An empty file ends the search. That is right for a configuration, which is then refused.
    if (found !== null && !(found.isEmpty && basename(found.filepath) === 'pyproject.toml')) {
      return { file: found.filepath, text: found.isEmpty ? '' : found.config.text };
    }
    refuseMisnamed(at);
    if (at === stopDir) return undefined;
  }
}

function refuseMisnamed(directory: string): void {
  for (const [name, right] of MISNAMED) {
    const file = join(directory, name);
    if (!existsSync(file)) continue;
    throw new ConfigUnreadableError(`\`${visible(file)}\` has no name that a configuration can have`, {
      hint: `rename it to \`${right}\``,
    });
  }
}

/**
 * cosmiconfig's search, past its front door: that one first looks for settings of its own in the working directory,
 * and runs `.config/config.js` for them. The class has no types.
 */
const { Explorer } = search as unknown as {
  readonly Explorer: new (options: {
    readonly moduleName: string;
    readonly searchPlaces: readonly string[];
    readonly searchStrategy: 'none';
    readonly loaders: Readonly<Record<string, typeof keepText>>;
    readonly ignoreEmptySearchPlaces: boolean;
    readonly transform: (result: Found) => Found;
  }) => { search(directory: string): Promise<Found> };
};

type Found =
  | { readonly filepath: string; readonly isEmpty?: false; readonly config: { readonly text: string } }
  | { readonly filepath: string; readonly isEmpty: true }
  | null;

/** The folder that has `.git`, at or above a folder. */
export function repositoryOf(directory: string): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/**
 * Reading is left to `read`, because the search takes some errors of a loader for a missing file.
 * `null` goes on with the search.
 */
async function keepText(file: string, text: string): Promise<{ text: string } | null> {
  if (!file.endsWith('pyproject.toml')) return { text };
  return (await hasTable(text)) ? { text } : null;
}

async function hasTable(text: string): Promise<boolean> {
  if (!text.includes('pycontainer')) return false;
  const { parse } = await import('smol-toml');
  try {
    const { tool } = parse(text);
    return typeof tool === 'object' && 'pycontainer' in tool;
  } catch {
    // A pyproject.toml that is not well-formed is the project reader's to report, with its place.
    return false;
  }
}
