/**
 * Tells whether requirements are pinned: each must mean one version, one file or one commit. Knows nothing of
 * targets; markers are kept for later.
 */
import { visible } from '../../../primitives/path.ts';
import type { Marker } from '../../marker.ts';
import { normalizeName } from '../../name.ts';
import type { SpecifierSet } from '../../specifier.ts';
import { LockMalformedError, type OpenRequirement } from '../lock-error.ts';
import type { RequirementLine, RequirementsFile } from './parse.ts';
import {
  fragmentOf,
  isVcsLink,
  type LineContext,
  linkFileName,
  localPathOf,
  type ReadRequirement,
  RequirementFault,
  readRequirement,
} from './requirement-line.ts';

interface PinBase {
  /** Normalised. */
  readonly name: string;
  readonly marker: Marker | undefined;
  /** `algorithm:digits`. */
  readonly hashes: readonly string[];
  /** As in `requirements.txt:3`. */
  readonly place: string;
}

/** One requirement that means one thing. */
export type Pin =
  | (PinBase & { readonly kind: 'version'; readonly version: string })
  | (PinBase & {
      readonly kind: 'file';
      readonly link: string;
      /** Absolute, of a local file. */
      readonly path: string | undefined;
      readonly fileName: string;
      readonly version: string;
    })
  | (PinBase & { readonly kind: 'directory'; readonly link: string; readonly path: string })
  | (PinBase & { readonly kind: 'vcs'; readonly link: string; readonly commit: string });

/** Versions that a constraints file allows. */
export interface Limit {
  readonly name: string;
  readonly specifier: SpecifierSet;
  readonly marker: Marker | undefined;
  readonly place: string;
}

export interface Pins {
  readonly pins: readonly Pin[];
  readonly limits: readonly Limit[];
  readonly open: readonly OpenRequirement[];
}

/** @throws LockMalformedError for a line that pip refuses */
export function readPins(file: RequirementsFile, context: LineContext): Pins {
  const pins: Pin[] = [];
  const limits: Limit[] = [];
  const open: OpenRequirement[] = [];
  const needsHashes =
    !file.noRequireHashes && (file.requireHashes || file.lines.some(({ hashes }) => hashes.length > 0));
  for (const line of file.lines) {
    const read = attemptLine(line, () => readLine(line, context));
    const place = `${line.file}:${line.line}`;
    if (line.constraint) {
      if (read.name !== undefined) {
        limits.push({
          name: normalizeName(read.name),
          specifier: read.specifier,
          marker: read.marker,
          place,
        });
      }
      continue;
    }
    const pin = attemptLine(line, () => pinOf(read, line, place));
    if (typeof pin === 'string') open.push({ requirement: visible(line.text.trim()), place, reason: pin });
    else if (needsHashes && pin.hashes.length === 0 && pin.kind !== 'directory') {
      const reason = 'it has no hash, and others have';
      open.push({ requirement: visible(line.text.trim()), place, reason });
    } else pins.push(pin);
  }
  return { pins, limits, open };
}

function readLine(line: RequirementLine, context: LineContext): ReadRequirement {
  if (line.constraint && line.editable) throw new RequirementFault('a constraint cannot be editable');
  return readRequirement(line.text, line.editable, context);
}

function attemptLine<T>(line: RequirementLine, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof RequirementFault)) throw cause;
    throw new LockMalformedError(line.file, `line ${line.line}`, cause.message, {
      cause,
      hint: 'correct the line, or lock the project with uv',
    });
  }
}

/** The pin, or why there is none. */
function pinOf(read: ReadRequirement, line: RequirementLine, place: string): Pin | string {
  const { name, marker, link } = read;
  const base = { marker, hashes: line.hashes, place };
  if (link === undefined) {
    const version = exactVersion(read.specifier);
    if (version === undefined || name === undefined) return 'only `==` with a whole version pins it';
    return { ...base, kind: 'version', name: normalizeName(name), version };
  }
  if (isVcsLink(link)) {
    const commit = /@([0-9a-f]{40}|[0-9a-f]{64})(?:#|$)/i.exec(link)?.[1];
    if (commit === undefined)
      return 'a repository is pinned by the whole hash of a commit, as in `@<40 digits>`';
    if (name === undefined) return 'the name cannot be told: write `name @ URL`';
    return { ...base, kind: 'vcs', name: normalizeName(name), link, commit: commit.toLowerCase() };
  }
  const fileName = linkFileName(link);
  const isLocal = /^file:/i.test(link);
  if (isLocal && (line.editable || !/\.(?:whl|zip|t[a-z]z|tar(?:\.[a-z0-9]+)?)$/i.test(fileName))) {
    return {
      ...base,
      kind: 'directory',
      name: normalizeName(name ?? fileName),
      link,
      path: localPathOf(link),
    };
  }
  const hashes = [...line.hashes, ...fragmentHashes(link)];
  if (hashes.length === 0 && !isLocal) return 'a URL is pinned by a hash, as in `#sha256=…` or `--hash`';
  const version = exactVersion(read.specifier) ?? '';
  return {
    ...base,
    kind: 'file',
    name: normalizeName(name ?? fileName),
    link,
    path: isLocal ? localPathOf(link) : undefined,
    fileName,
    version,
    hashes,
  };
}

/** The version of `==1.2` or `===1.2`. Beside it other clauses may stand. */
function exactVersion(specifier: SpecifierSet): string | undefined {
  const clause = specifier.clauses.find(
    ({ operator, wildcard }) => (operator === '==' || operator === '===') && !wildcard,
  );
  return clause === undefined ? undefined : (clause.version?.toString() ?? clause.text);
}

function fragmentHashes(link: string): readonly string[] {
  return ['sha256', 'sha384', 'sha512'].flatMap((algorithm) => {
    const digits = fragmentOf(link, algorithm);
    return digits === undefined ? [] : [`${algorithm}:${digits.toLowerCase()}`];
  });
}
