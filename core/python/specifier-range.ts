/**
 * What a version clause admits, as stretches of PEP 440's order of versions. A stretch ends beside a version,
 * or beside its local or post-releases, which the operators treat apart. Knows nothing of how clauses are written.
 */
import { comparePublic, compareVersions, Version, type VersionNumber } from './version.ts';

/** The operators whose right side is a version; `===` compares texts and has no place in the order. */
export type OrderOperator = '==' | '!=' | '<=' | '>=' | '<' | '>' | '~=';

/**
 * A gap between versions: just before one (`before`), just after it alone (`after`), after it and its local
 * versions (`locals`), or after these and its post-releases (`posts`).
 */
export interface Gap {
  readonly version: Version;
  readonly side: 'before' | 'after' | 'locals' | 'posts';
}

/** The versions between two gaps; an absent one is the end of the order. */
export interface Stretch {
  readonly lower?: Gap;
  readonly upper?: Gap;
}

/** Disjoint stretches in ascending order. */
export type VersionRange = readonly Stretch[];

/**
 * The range of one clause (PEP 440, "Version specifiers").
 *
 * @param wildcard whether the version was followed by `.*`, which only `==` and `!=` may have
 */
export function rangeOf(operator: OrderOperator, version: Version, wildcard: boolean): VersionRange {
  switch (operator) {
    case '==':
      return wildcard ? [prefixed(version, version.release.length)] : [exactly(version)];
    case '!=': {
      const { lower, upper } = wildcard ? prefixed(version, version.release.length) : exactly(version);
      return [{ upper: lower! }, { lower: upper! }];
    }
    case '>=':
      return [{ lower: { version, side: 'before' } }];
    case '<=':
      return [{ upper: { version, side: 'locals' } }];
    case '>':
      return [
        { lower: { version, side: version.isPostrelease || version.isDevrelease ? 'locals' : 'posts' } },
      ];
    case '<':
      return [{ upper: { version: version.isPrerelease ? version : firstOf(version), side: 'before' } }];
    case '~=':
      return [{ ...prefixed(version, version.release.length - 1), lower: { version, side: 'before' } }];
  }
}

/** Whether the version lies in the range. */
export function inRange(range: VersionRange, version: Version): boolean {
  return range.some(
    ({ lower, upper }) =>
      (lower === undefined || isPast(version, lower)) && (upper === undefined || !isPast(version, upper)),
  );
}

/** `==V` admits every local version of V where V has no local part itself. */
function exactly(version: Version): Required<Stretch> {
  const side = version.local === undefined ? 'locals' : 'after';
  return { lower: { version, side: 'before' }, upper: { version, side } };
}

/** All versions whose release begins with the first `length` numbers of this one's. */
function prefixed({ epoch, release }: Version, length: number): Required<Stretch> {
  const prefix = release.slice(0, length);
  const next = [...prefix.slice(0, -1), successor(prefix.at(-1) ?? 0)];
  return {
    lower: { version: Version.from({ epoch, release: prefix, dev: 0 }), side: 'before' },
    upper: { version: Version.from({ epoch, release: next, dev: 0 }), side: 'before' },
  };
}

/** The first developmental release of a final or post-release: nothing that leads up to it comes earlier. */
function firstOf({ epoch, release, pre, post }: Version): Version {
  return Version.from({ epoch, release, pre, post, dev: 0 });
}

/** Whether the version comes after the gap. */
export function isPast(version: Version, gap: Gap): boolean {
  if (gap.side === 'before') return compareVersions(version, gap.version) >= 0;
  if (gap.side === 'after') return compareVersions(version, gap.version) > 0;
  if (comparePublic(version, gap.version) <= 0) return false;
  return gap.side === 'locals' || !isPostOf(version, gap.version);
}

function isPostOf({ epoch, release, pre, post }: Version, of: Version): boolean {
  if (post === undefined) return false;
  return comparePublic(Version.from({ epoch, release, pre }), of) === 0;
}

/** The next number, exact at any size. */
export function successor(number: VersionNumber): VersionNumber {
  const next = BigInt(number) + 1n;
  return next <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(next) : next;
}
