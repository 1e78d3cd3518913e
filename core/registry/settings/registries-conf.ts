/**
 * Reads one file in the format of registries.conf, version 2 (containers-registries.conf(5)). Which files there are, and
 * what their tables mean for an image, is not known here.
 */
import { parse, TomlError } from 'smol-toml';
import type { PycErrorOptions } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { RegistriesConfError } from './errors.ts';

/** A place that holds a copy of what is below a prefix. */
export interface Mirror {
  /** `host[:port][/namespace…]` */
  readonly location: string;
  readonly insecure: boolean | undefined;
  /** What is looked for there. */
  readonly serves: 'all' | 'tags' | 'digests';
}

/** One `[[registry]]` table. */
export interface RegistryRule {
  /** `host[:port][/namespace…]`, or `*.host`. The host is in lower case. */
  readonly prefix: string;
  /** Undefined (with `*.host` alone): where the name says. */
  readonly location: string | undefined;
  readonly insecure: boolean | undefined;
  readonly isBlocked: boolean;
  /** In the order in which they are asked. */
  readonly mirrors: readonly Mirror[];
  /** The file that says so. */
  readonly file: string;
}

export interface RegistriesConf {
  readonly rules: readonly RegistryRule[];
  /** Keys that mean something to engines and nothing here. */
  readonly unused: readonly string[];
}

const SERVES = { all: 'all', 'digest-only': 'digests', 'tag-only': 'tags' } as const;
const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::[0-9]{1,5})?$/;
const PATH = /^(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const UNUSED = ['unqualified-search-registries', 'short-name-mode', 'aliases', 'credential-helpers'];

type Table = Readonly<Record<string, unknown>>;

/** @throws RegistriesConfError with everything that is wrong with the file */
export function parseRegistriesConf(text: string, file: string): RegistriesConf {
  const document = parseDocument(text, file);
  if (isOldFormat(document)) {
    throw refused(file, [{ line: lineOf(text, /^\s*\[\s*registries\s*\./), why: 'it has the old format' }], {
      hint: 'write a `[[registry]]` table for each registry that is insecure or blocked; nothing else of it is needed',
    });
  }
  const faults: Fault[] = [];
  const rules = tablesOf(document.registry).map((table, index) => {
    const line = lineOf(text, /^\s*\[\[\s*registry\s*\]\]/, index);
    return ruleOf(table, file, (why) => faults.push({ line, why }));
  });
  if (document.registry !== undefined && !Array.isArray(document.registry)) {
    faults.push({ line: lineOf(text, /^\s*(?:\[\s*)?registry\b/), why: '`registry` is no `[[registry]]`' });
  }
  if (faults.length > 0) {
    throw refused(file, faults, { hint: 'correct it as containers-registries.conf(5) describes' });
  }
  return {
    rules: rules.filter((rule) => rule !== undefined),
    unused: UNUSED.filter((key) => document[key] !== undefined),
  };
}

/** What is wrong, and where. Lines count from 1; undefined where the text does not tell. */
interface Fault {
  readonly line: number | undefined;
  readonly why: string;
}

function parseDocument(text: string, file: string): Table {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const why = cause.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    throw refused(file, [{ line: cause.line, why }], { hint: 'correct that line', cause });
  }
}

/** Version 1 lists registries under three headings; empty ones say nothing. */
function isOldFormat(document: Table): boolean {
  const { registries } = document;
  if (!isTable(registries)) return false;
  return ['search', 'insecure', 'block'].some((name) => {
    const list = isTable(registries[name]) ? registries[name].registries : undefined;
    return Array.isArray(list) && list.length > 0;
  });
}

function ruleOf(table: Table, file: string, fault: (why: string) => void): RegistryRule | undefined {
  const read = readerOf(table, fault);
  const location = read.place('location');
  const prefix = read.place('prefix') ?? location;
  if (prefix === undefined) {
    if (!isGiven(table.prefix) && !isGiven(table.location)) fault('neither `prefix` nor `location` is given');
    return undefined;
  }
  const isWildcard = prefix.startsWith('*.');
  if (!isGiven(table.location) && !isWildcard)
    fault(`\`location\` is not given, and \`${prefix}\` is no \`*.host\``);
  if (location?.startsWith('*') === true) fault('`location` has a `*`');
  if (table['pull-from-mirror'] !== undefined) fault('`pull-from-mirror` belongs into `[[registry.mirror]]`');
  const digestsOnly = read.flag('mirror-by-digest-only') === true;
  if (table.mirror !== undefined && !Array.isArray(table.mirror))
    fault('`mirror` is no `[[registry.mirror]]`');
  const mirrors = tablesOf(table.mirror).map((mirror) => mirrorOf(mirror, digestsOnly, fault));
  return {
    prefix,
    location,
    insecure: read.flag('insecure'),
    isBlocked: read.flag('blocked') === true,
    mirrors: mirrors.filter((mirror) => mirror !== undefined),
    file,
  };
}

function mirrorOf(table: Table, digestsOnly: boolean, fault: (why: string) => void): Mirror | undefined {
  const read = readerOf(table, (why) => fault(`mirror: ${why}`));
  const location = read.place('location');
  if (!isGiven(table.location)) fault('a mirror has no `location`');
  if (location?.startsWith('*') === true) fault('the `location` of a mirror has a `*`');
  const pull = table['pull-from-mirror'] ?? 'all';
  const serves =
    typeof pull === 'string' && Object.hasOwn(SERVES, pull) ? SERVES[pull as keyof typeof SERVES] : undefined;
  if (serves === undefined) fault('`pull-from-mirror` is none of `all`, `digest-only`, `tag-only`');
  if (digestsOnly && table['pull-from-mirror'] !== undefined)
    fault('`mirror-by-digest-only` and `pull-from-mirror` are both given');
  if (location === undefined || serves === undefined) return undefined;
  return { location, insecure: read.flag('insecure'), serves: digestsOnly ? 'digests' : serves };
}

/** Reads values of a table; those of another type, or without a meaning, are faults. */
function readerOf(
  table: Table,
  fault: (why: string) => void,
): { place(key: string): string | undefined; flag(key: string): boolean | undefined } {
  return {
    place(key) {
      const value = table[key];
      if (!isGiven(value)) return undefined;
      const place = typeof value === 'string' ? parsePlace(value, key === 'prefix') : undefined;
      if (place === undefined) {
        const shown = typeof value === 'string' ? ` \`${visible(value.slice(0, 200))}\`` : '';
        fault(`\`${key}\`${shown} is no \`host[:port][/namespace]\``);
      }
      return place;
    },
    flag(key) {
      const value = table[key];
      if (value === undefined || typeof value === 'boolean') return value;
      fault(`\`${key}\` is neither true nor false`);
      return undefined;
    },
  };
}

/** An empty text means the same as none. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== '';
}

/**
 * `host[:port][/namespace…]` or `*.host`, with the host in lower case and without slashes at its end.
 *
 * @param hasEnding true: a tag or a digest may follow. No engine finds an image by it, and neither do we
 */
function parsePlace(text: string, hasEnding: boolean): string | undefined {
  const bare = text.replace(/\/+$/, '');
  const slash = bare.indexOf('/');
  const host = slash === -1 ? bare : bare.slice(0, slash);
  const path = slash === -1 ? '' : bare.slice(slash);
  const isHost = HOST.test(host.replace(/^\*\./, '')) && (/[.:[]/.test(host) || host === 'localhost');
  const isPath = PATH.test(hasEnding ? path.replace(/[:@].*$/, '') : path);
  return isHost && isPath ? `${host.toLowerCase()}${path}` : undefined;
}

function tablesOf(value: unknown): readonly Table[] {
  return Array.isArray(value) ? value.map((item: unknown) => (isTable(item) ? item : {})) : [];
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The line of the `index`th match of a heading. */
function lineOf(text: string, heading: RegExp, index = 0): number | undefined {
  const found = text.split('\n').flatMap((line, at) => (heading.test(line) ? [at + 1] : []));
  return found[index];
}

function refused(file: string, faults: readonly Fault[], options: PycErrorOptions): RegistriesConfError {
  const shown = faults.map(({ line, why }) => `${line === undefined ? '' : `line ${line}: `}${why}`);
  return new RegistriesConfError(`\`${visible(file)}\` cannot be used: ${shown[0]}`, {
    ...options,
    ...(shown.length > 1 ? { details: shown } : {}),
  });
}
