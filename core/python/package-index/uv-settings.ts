/** What uv's settings say of indexes: `[tool.uv]`, `uv.toml` and the variables `UV_*`. Where the files lie is not known here. */
import { isAbsolute, resolve } from 'node:path';
import { normalizeName } from '../name.ts';
import type { IndexStatement, NamedIndex } from './settings.ts';

type Table = Readonly<Record<string, unknown>>;
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param table `[tool.uv]`, or a whole `uv.toml`
 * @param directory absolute: paths are relative to it
 */
export function uvStatement(table: Table, directory: string): IndexStatement {
  const indexes = listOf(table.index).flatMap((entry) => indexOf(entry, directory) ?? []);
  const simple = indexes.filter(({ isFlat, isExplicit }) => !isFlat && !isExplicit);
  return {
    default: simple.find(({ isDefault }) => isDefault)?.url ?? placeOf(textOf(table['index-url']), directory),
    extra: [
      ...simple.filter(({ isDefault }) => !isDefault).map(({ url }) => url),
      ...textsOf(table['extra-index-url']).map((text) => placeOf(text, directory)),
    ],
    links: [
      ...indexes.filter(({ isFlat, isExplicit }) => isFlat && !isExplicit).map(({ url }) => url),
      ...textsOf(table['find-links']).map((text) => placeOf(text, directory)),
    ],
    none: typeof table['no-index'] === 'boolean' ? table['no-index'] : undefined,
    named: indexes.flatMap(({ name, url }) => (name === undefined ? [] : [{ name, url }])),
    keyring: keyringOf(textOf(table['keyring-provider'])),
  };
}

/** @param directory absolute: the working directory */
export function uvEnvironmentStatement(env: Environment, directory: string): IndexStatement {
  const named = words(env.UV_INDEX).map((text) => namedOf(text, directory));
  const standard = words(env.UV_DEFAULT_INDEX).map((text) => namedOf(text, directory))[0];
  return {
    default: standard?.url ?? placeOf(env.UV_INDEX_URL || undefined, directory),
    extra: [
      ...named.map(({ url }) => url),
      ...words(env.UV_EXTRA_INDEX_URL).map((text) => placeOf(text, directory)),
    ],
    links: words(env.UV_FIND_LINKS, /[\s,]+/).map((text) => placeOf(text, directory)),
    none: truthOf(env.UV_NO_INDEX),
    named: [...named, ...(standard === undefined ? [] : [standard])].filter(({ name }) => name !== ''),
    keyring: keyringOf(env.UV_KEYRING_PROVIDER || undefined),
  };
}

/** Which projects `[tool.uv.sources]` pins to an index by its name. */
export function uvPinned(table: Table, named: readonly NamedIndex[]): ReadonlyMap<string, string> {
  const pinned = new Map<string, string>();
  for (const [project, source] of Object.entries(isTable(table.sources) ? table.sources : {})) {
    // Several, each with a marker, cannot be told apart before there is a target: those are locked by uv itself.
    const name = isTable(source) && source.marker === undefined ? textOf(source.index) : undefined;
    const url = named.find((index) => index.name === name)?.url;
    if (url !== undefined) pinned.set(normalizeName(project), url);
  }
  return pinned;
}

interface UvIndex {
  readonly name: string | undefined;
  readonly url: string;
  readonly isDefault: boolean;
  readonly isExplicit: boolean;
  readonly isFlat: boolean;
}

function indexOf(entry: unknown, directory: string): UvIndex | undefined {
  const url = isTable(entry) ? textOf(entry.url) : undefined;
  if (!isTable(entry) || url === undefined) return undefined;
  return {
    name: textOf(entry.name),
    url: placeOf(url, directory),
    isDefault: entry.default === true,
    isExplicit: entry.explicit === true,
    isFlat: entry.format === 'flat',
  };
}

/** `name=url`, or a URL alone. */
function namedOf(text: string, directory: string): NamedIndex {
  const [, name, url] = /^([A-Za-z0-9._-]+)=(.+)$/s.exec(text) ?? [];
  return { name: name ?? '', url: placeOf(url ?? text, directory) };
}

/** A URL as it is, a path made absolute. */
export function placeOf(text: string, directory: string): string;
export function placeOf(text: string | undefined, directory: string): string | undefined;
export function placeOf(text: string | undefined, directory: string): string | undefined {
  if (text === undefined || /^[a-z][a-z0-9+.-]+:/i.test(text) || isAbsolute(text)) return text;
  return resolve(directory, text);
}

/** The words of a variable. */
export function words(text: string | undefined, between = /\s+/): readonly string[] {
  return (text ?? '').split(between).filter((word) => word !== '');
}

/** As configparser and clap read truth; undefined for anything else. */
export function truthOf(text: string | undefined): boolean | undefined {
  if (/^(?:1|true|yes|on|y|t)$/i.test(text ?? '')) return true;
  return /^(?:0|false|no|off|n|f)$/i.test(text ?? '') ? false : undefined;
}

/** `subprocess` runs the program; the module that pip could import is out of reach here. */
export function keyringOf(provider: string | undefined): boolean | undefined {
  return provider === undefined ? undefined : provider === 'subprocess';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).flatMap((item) => textOf(item) ?? []);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
