/**
 * The names of wheel and sdist files (PyPA's "Binary distribution format", PEP 427, and "Source distribution
 * format", PEP 625). Knows nothing of what is inside them.
 */
import { PycError } from '../primitives/errors.ts';
import { normalizeName } from './name.ts';
import { cached } from './parse-cache.ts';
import { parseTags, TagError } from './tags.ts';
import { Version } from './version.ts';

/**
 * A file name that should be a wheel's or an sdist's is neither (binary distribution format, PEP 427; PEP 625).
 * Correct the name, or the lock that states it.
 */
export class FilenameError extends PycError {
  readonly code = 'PYC_DISTRIBUTION_FILENAME_INVALID';
  static override readonly usualHint = 'rename the file as the standard asks, or lock again';
}

/** A build's number and what follows it; empty where a wheel has none, which sorts below any other. */
export type BuildTag = readonly [] | readonly [number: number, suffix: string];

export interface WheelFilename {
  /** Normalised. */
  readonly name: string;
  readonly version: Version;
  readonly build: BuildTag;
  /** Compressed sets taken apart, in the file name's order. */
  readonly tags: readonly string[];
}

export interface SdistFilename {
  /** Normalised. */
  readonly name: string;
  readonly version: Version;
}

/** Letters of any script, as PEP 427 leaves room for; no run of underscores, which escaping never makes. */
const WHEEL_NAME = /^(?!.*__)[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.]*[\p{L}\p{M}\p{N}])?$/u;
const SDIST_NAME = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]*[\p{L}\p{M}\p{N}])?$/u;
const BUILD = /^(\d{1,15})([\p{L}\p{N}_.]*)$/u;

/**
 * Takes a wheel's file name apart.
 *
 * @throws FilenameError for any other name, one with a folder in it among them
 */
export function parseWheelFilename(text: string): WheelFilename {
  if (!text.endsWith('.whl')) throw refuse(text, 'wheel', 'it does not end in `.whl`');
  const parts = text.slice(0, -'.whl'.length).split('-');
  if (parts.length !== 5 && parts.length !== 6)
    throw refuse(text, 'wheel', 'it does not have five or six parts');
  const [name = '', version = ''] = parts;
  if (!WHEEL_NAME.test(name))
    throw refuse(text, 'wheel', `\`${name.slice(0, 100)}\` is not a project's name`);
  return {
    name: normalizeName(name),
    version: versionOf(text, 'wheel', version),
    build: parts.length === 6 ? buildOf(text, parts[2] ?? '') : [],
    tags: tagsOf(text, parts.slice(-3).join('-')),
  };
}

/**
 * Takes an sdist's file name apart. Old ones may have hyphens in the project's name: the last one counts.
 *
 * @throws FilenameError for any other name
 */
export function parseSdistFilename(text: string): SdistFilename {
  const extension = ['.tar.gz', '.zip'].find((candidate) => text.endsWith(candidate));
  if (extension === undefined) throw refuse(text, 'sdist', 'it does not end in `.tar.gz` or `.zip`');
  const stem = text.slice(0, -extension.length);
  const hyphen = stem.lastIndexOf('-');
  if (hyphen < 0) throw refuse(text, 'sdist', 'it has no version');
  const name = stem.slice(0, hyphen);
  if (!SDIST_NAME.test(name))
    throw refuse(text, 'sdist', `\`${name.slice(0, 100)}\` is not a project's name`);
  return { name: normalizeName(name), version: versionOf(text, 'sdist', stem.slice(hyphen + 1)) };
}

/** Orders build tags; of two otherwise equal wheels the higher one is wanted. */
export function compareBuildTags(a: BuildTag, b: BuildTag): -1 | 0 | 1 {
  const [numberA = -1, suffixA = ''] = a;
  const [numberB = -1, suffixB = ''] = b;
  if (numberA !== numberB) return numberA < numberB ? -1 : 1;
  return suffixA < suffixB ? -1 : suffixA > suffixB ? 1 : 0;
}

function versionOf(text: string, kind: 'wheel' | 'sdist', version: string): Version {
  const parsed = /\s/.test(version) ? undefined : Version.tryParse(version);
  if (parsed !== undefined) return parsed;
  throw refuse(text, kind, `\`${version.slice(0, 100)}\` is not a version`);
}

function buildOf(text: string, build: string): BuildTag {
  const [, number, suffix] = BUILD.exec(build) ?? [];
  if (number !== undefined && suffix !== undefined) return [Number(number), suffix];
  throw refuse(text, 'wheel', `the build tag \`${build.slice(0, 100)}\` does not begin with a digit`);
}

/** The wheels of a lock share a few hundred sets. */
const knownTags = cached((text: string): readonly string[] => Object.freeze(parseTags(text)), 4096);

function tagsOf(text: string, tags: string): readonly string[] {
  try {
    return knownTags(tags);
  } catch (cause) {
    if (!(cause instanceof TagError)) throw cause;
    throw refuse(text, 'wheel', cause.message, cause);
  }
}

function refuse(text: string, kind: 'wheel' | 'sdist', why: string, cause?: unknown): FilenameError {
  const hint =
    kind === 'wheel'
      ? 'a wheel is named `name-version(-build)-interpreter-abi-platform.whl`'
      : 'an sdist is named `name-version.tar.gz`';
  return new FilenameError(`\`${text.slice(0, 200)}\` is not the file name of a ${kind}: ${why}`, {
    cause,
    hint,
  });
}
