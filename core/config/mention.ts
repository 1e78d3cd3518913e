/**
 * Where a configuration mentions a plugin, a preset or another configuration: the line that an error names. A look at
 * the text, since none of the formats' readers tells the place of a value.
 */
import type { Origin } from '../pipeline/settings.ts';
import { visible } from '../primitives/path.ts';
import type { FoundConfig } from './find.ts';

/** A file of configuration and how errors show it. */
export interface ConfigSource extends FoundConfig {
  /** Relative where that is shorter. */
  readonly shown: string;
}

/** Who asks for a package. */
export interface Mention {
  /** As in `pycontainer.config.ts:4`, `pycontainer.toml` or `--preset`. */
  readonly origin: Origin;
  /** The file and the line, counted from 1; empty where no file says it. */
  readonly details: readonly { readonly file: string; readonly line?: number }[];
}

/** What asks for something that no file mentions: a flag, a variable, or code. */
export function mentionedBy(origin: Origin): Mention {
  return { origin, details: [] };
}

/**
 * Where a file mentions a name.
 *
 * @param key - the key that the name stands under, as in `plugins`; undefined for an import
 * @param nth - counted from 0: the second mention of one name is meant with 1
 */
export function mentionIn(source: ConfigSource, key: string | undefined, name: string, nth = 0): Mention {
  const line = lineOf(source, key, name, nth);
  const { shown } = source;
  if (line === undefined) return { origin: shown, details: [{ file: shown }] };
  return { origin: `${shown}:${line}`, details: [{ file: shown, line }] };
}

/** As messages have it: `` `pycontainer.config.ts:4` ``. */
export function shownMention({ origin }: Mention): string {
  return `\`${visible(origin)}\``;
}

/** The line of the name, looked for from the key down; that of the key where the name stands nowhere below it. */
function lineOf(
  { file, text }: ConfigSource,
  key: string | undefined,
  name: string,
  nth: number,
): number | undefined {
  const lines = text.split(/\r\n|\n|\r/);
  const table = file.endsWith('pyproject.toml')
    ? lines.findIndex((line) => /^\s*\[+\s*tool\s*\.\s*["']?pycontainer/.test(line))
    : 0;
  const keyed =
    key === undefined ? -1 : lines.findIndex((line, at) => at >= table && mentions(line, key) > 0);
  const first = Math.max(0, table, keyed);
  const found = lines.flatMap((line, index) =>
    index < first ? [] : Array.from({ length: mentions(line, name) }, () => index + 1),
  );
  return found[nth] ?? found.at(-1) ?? (keyed === -1 ? undefined : keyed + 1);
}

/** How often a line has a word that is no part of a longer one: `./s3` is not in `./s3-logs`. Comments have none. */
function mentions(line: string, word: string): number {
  if (/^\s*(?:#|\/\/|\/?\*)/.test(line)) return 0;
  const literal = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return [...line.matchAll(new RegExp(`(?<![\\w@./-])${literal}(?![\\w/-]|\\.\\w)`, 'g'))].length;
}
