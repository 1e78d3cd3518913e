/** Where a configuration is looked for. What lies in the file is read elsewhere. Imported on demand. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cosmiconfig } from 'cosmiconfig';

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

/**
 * Looks in a folder and in those above it, up to the root of the git repository. Outside of a repository only
 * the folder itself counts: what lies above it may belong to anyone.
 */
export async function findConfig(directory: string): Promise<FoundConfig | undefined> {
  const loaders = Object.fromEntries(
    ['.ts', '.mts', '.js', '.mjs', '.json', '.yaml', '.toml'].map((extension) => [extension, keepText]),
  );
  const stopDir = repositoryOf(directory) ?? directory;
  const explorer = cosmiconfig('pycontainer', {
    searchPlaces: [...SEARCH_PLACES],
    loaders,
    stopDir,
    ignoreEmptySearchPlaces: false,
    cache: false,
  });
  const found = await explorer.search(directory);
  if (!found) return undefined;
  const { filepath: file, isEmpty = false } = found;
  // An empty file ends the search. That is right for a configuration, which is then refused, but not here.
  if (isEmpty && basename(file) === 'pyproject.toml') {
    return dirname(file) === stopDir ? undefined : await findConfig(dirname(dirname(file)));
  }
  return { file, text: isEmpty ? '' : (found.config as { text: string }).text };
}

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
