/**
 * Versions as PyPA's "Version specifiers" (PEP 440) defines them: parsing, the normalised form and the total
 * order. Knows nothing of specifiers.
 */
import { PycError } from '../primitives/errors.ts';
import { cached } from './parse-cache.ts';

/** A text that should be a version (PEP 440) is none. */
export class VersionError extends PycError {
  readonly code = 'PYC_VERSION_INVALID';
}

/** A number of a version; a bigint only past 2^53, where `number` is no longer exact. */
export type VersionNumber = number | bigint;

/** The phase of a pre-release in its normalised spelling. */
export type PreReleasePhase = 'a' | 'b' | 'rc';

/** What a version consists of. Absent segments are `undefined`; `1.0.dev` has `dev: 0`. */
export interface VersionParts {
  readonly epoch: VersionNumber;
  readonly release: readonly VersionNumber[];
  readonly pre?: readonly [phase: PreReleasePhase, number: VersionNumber] | undefined;
  readonly post?: VersionNumber | undefined;
  readonly dev?: VersionNumber | undefined;
  /** Numbers and lower-case words between the dots. */
  readonly local?: readonly (string | VersionNumber)[] | undefined;
}

/** No real version comes near; past it, parsing costs more than any version is worth. */
const LONGEST = 1024;

/** Appendix B of PEP 440. Without the `u` flag, `i` folds ASCII alone, as the standard wants. */
const PATTERN = new RegExp(
  [
    /^v?(?:(?<epoch>[0-9]+)!)?(?<release>[0-9]+(?:\.[0-9]+)*)/,
    /(?:[-_.]?(?<phase>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<pre>[0-9]+)?)?/,
    /(?:-(?<implicit>[0-9]+)|[-_.]?(?<rev>post|rev|r)[-_.]?(?<post>[0-9]+)?)?/,
    /(?:[-_.]?(?<devel>dev)[-_.]?(?<dev>[0-9]+)?)?/,
    /(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/,
  ]
    .map(({ source }) => source)
    .join(''),
  'i',
);

const PLAIN = /^[0-9]+(?:\.[0-9]+)*$/;

const PHASES: Readonly<Record<string, PreReleasePhase>> = {
  a: 'a',
  alpha: 'a',
  b: 'b',
  beta: 'b',
  c: 'rc',
  rc: 'rc',
  pre: 'rc',
  preview: 'rc',
};

/** One immutable PEP 440 version. */
export class Version implements VersionParts {
  readonly epoch: VersionNumber;
  readonly release: readonly VersionNumber[];
  readonly pre: readonly [phase: PreReleasePhase, number: VersionNumber] | undefined;
  readonly post: VersionNumber | undefined;
  readonly dev: VersionNumber | undefined;
  readonly local: readonly (string | VersionNumber)[] | undefined;
  readonly #text: string;

  private constructor(parts: VersionParts) {
    this.epoch = parts.epoch;
    this.release = parts.release;
    this.pre = parts.pre;
    this.post = parts.post;
    this.dev = parts.dev;
    this.local = parts.local;
    this.#text = print(parts);
  }

  /** @throws VersionError for a text that is no PEP 440 version. */
  static parse(text: string): Version {
    const version = known(text);
    if (version !== null) return version;
    throw new VersionError(`\`${text.slice(0, 100)}\` is not a PEP 440 version`, {
      hint: 'write it as `1.2.3`, with a suffix such as `rc1`, `.post1`, `.dev1` or `+local`',
    });
  }

  /** The version, or `undefined` where {@link Version.parse} throws. */
  static tryParse(text: string): Version | undefined {
    return known(text) ?? undefined;
  }

  static from(parts: VersionParts): Version {
    return new Version(parts);
  }

  /** The normalised form. Versions that compare as equal can differ in it: `1.0` and `1`. */
  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }

  /** The first number of the release. */
  get major(): VersionNumber {
    return this.release[0] ?? 0;
  }

  /** The second number of the release, 0 where it has none. */
  get minor(): VersionNumber {
    return this.release[1] ?? 0;
  }

  /** The third number of the release, 0 where it has none. */
  get micro(): VersionNumber {
    return this.release[2] ?? 0;
  }

  /** The normalised form without the local part. */
  get public(): string {
    const plus = this.#text.indexOf('+');
    return plus < 0 ? this.#text : this.#text.slice(0, plus);
  }

  /** Epoch and release alone. */
  get baseVersion(): string {
    return print({ epoch: this.epoch, release: this.release });
  }

  /**
   * The normalised form without the release's trailing zeros: a key that equal versions share, since `1.0`
   * and `1` compare as equal.
   */
  get canonical(): string {
    const last = this.release.findLastIndex((number) => number !== 0);
    return print({ ...this, release: this.release.slice(0, Math.max(last, 0) + 1) });
  }

  /** True for alphas, betas, release candidates and developmental releases. */
  get isPrerelease(): boolean {
    return this.pre !== undefined || this.dev !== undefined;
  }

  get isPostrelease(): boolean {
    return this.post !== undefined;
  }

  get isDevrelease(): boolean {
    return this.dev !== undefined;
  }
}

/** Orders two versions by PEP 440's "Summary of permitted suffixes and relative ordering", local parts included. */
export function compareVersions(a: Version, b: Version): -1 | 0 | 1 {
  if (a === b) return 0;
  return comparePublic(a, b) || compareLocals(a.local, b.local);
}

/** As {@link compareVersions}, blind to the local parts. */
export function comparePublic(a: Version, b: Version): -1 | 0 | 1 {
  return (
    compareNumbers(a.epoch, b.epoch) ||
    compareReleases(a.release, b.release) ||
    compareNumbers(phaseRank(a), phaseRank(b)) ||
    compareNumbers(a.pre?.[1] ?? 0, b.pre?.[1] ?? 0) ||
    compareNumbers(a.post ?? -1, b.post ?? -1) ||
    compareNumbers(a.dev ?? Number.POSITIVE_INFINITY, b.dev ?? Number.POSITIVE_INFINITY)
  );
}

/** Orders the numbers of two releases; the shorter one is padded with zeros. */
export function compareReleases(a: readonly VersionNumber[], b: readonly VersionNumber[]): -1 | 0 | 1 {
  const length = Math.max(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const order = compareNumbers(a[index] ?? 0, b[index] ?? 0);
    if (order !== 0) return order;
  }
  return 0;
}

const known = cached((text: string): Version | null => {
  const parts = partsOf(text);
  return parts === undefined ? null : Version.from(parts);
}, 4096);

function partsOf(text: string): VersionParts | undefined {
  if (text.length > LONGEST) return undefined;
  if (PLAIN.test(text)) return { epoch: 0, release: text.split('.').map(numberOf) };
  const groups = PATTERN.exec(text.replace(/^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g, ''))?.groups;
  if (groups?.release === undefined) return undefined;
  const phase = groups.phase === undefined ? undefined : PHASES[groups.phase.toLowerCase()];
  return {
    epoch: numberOf(groups.epoch ?? '0'),
    release: groups.release.split('.').map(numberOf),
    pre: phase === undefined ? undefined : [phase, numberOf(groups.pre ?? '0')],
    post: postOf(groups),
    dev: groups.devel === undefined ? undefined : numberOf(groups.dev ?? '0'),
    local: groups.local
      ?.toLowerCase()
      .split(/[-_.]/)
      .map((word) => (/^[0-9]+$/.test(word) ? numberOf(word) : word)),
  };
}

function postOf(groups: Readonly<Record<string, string | undefined>>): VersionNumber | undefined {
  if (groups.implicit !== undefined) return numberOf(groups.implicit);
  return groups.rev === undefined ? undefined : numberOf(groups.post ?? '0');
}

function numberOf(digits: string): VersionNumber {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}

function print({ epoch, release, pre, post, dev, local }: VersionParts): string {
  let text = epoch === 0 ? '' : `${epoch}!`;
  text += release.join('.');
  if (pre !== undefined) text += `${pre[0]}${pre[1]}`;
  if (post !== undefined) text += `.post${post}`;
  if (dev !== undefined) text += `.dev${dev}`;
  if (local !== undefined) text += `+${local.join('.')}`;
  return text;
}

/** `1.0.dev1` comes before `1.0a1`, and `1.0` after `1.0rc1`. */
function phaseRank({ pre, post, dev }: Version): number {
  if (pre !== undefined) return pre[0] === 'a' ? 1 : pre[0] === 'b' ? 2 : 3;
  return post === undefined && dev !== undefined ? 0 : 4;
}

function compareLocals(a: Version['local'], b: Version['local']): -1 | 0 | 1 {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = compareWords(a[index], b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers come after words, and the longer of two equal beginnings after the shorter. */
function compareWords(
  a: string | VersionNumber | undefined,
  b: string | VersionNumber | undefined,
): -1 | 0 | 1 {
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (typeof a === 'string') return typeof b === 'string' ? (a < b ? -1 : a > b ? 1 : 0) : -1;
  return typeof b === 'string' ? 1 : compareNumbers(a, b);
}

function compareNumbers(a: VersionNumber, b: VersionNumber): -1 | 0 | 1 {
  return a < b ? -1 : a > b ? 1 : 0;
}
