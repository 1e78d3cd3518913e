/**
 * Questions about ranges as a whole: whether any version lies in them, and how two of them relate. They have
 * exact answers because PEP 440's order tells which version comes next, where one does.
 */
import { type Gap, isPast, type Stretch, successor, type VersionRange } from './specifier-range.ts';
import { Version } from './version.ts';

/** The versions that lie in both ranges; stretches without any are left out. */
export function intersectRanges(a: VersionRange, b: VersionRange): VersionRange {
  return a.flatMap((left) => b.flatMap((right) => stretchBetween(left, right) ?? []));
}

/** The versions that lie in the first range and not in the second. */
export function subtractRange(a: VersionRange, b: VersionRange): VersionRange {
  return b.reduce<VersionRange>((rest, { lower, upper }) => {
    const outside: Stretch[] = [];
    if (lower !== undefined) outside.push({ upper: lower });
    if (upper !== undefined) outside.push({ lower: upper });
    return intersectRanges(rest, outside);
  }, a);
}

function stretchBetween(a: Stretch, b: Stretch): Stretch | undefined {
  const lower = pick(a.lower, b.lower, (first, second) => (precedes(first, second) ? second : first));
  const upper = pick(a.upper, b.upper, (first, second) => (precedes(first, second) ? first : second));
  if (upper !== undefined && !precedes(lower ?? FIRST, upper)) return undefined;
  return { ...(lower === undefined ? {} : { lower }), ...(upper === undefined ? {} : { upper }) };
}

function pick(a: Gap | undefined, b: Gap | undefined, choose: (a: Gap, b: Gap) => Gap): Gap | undefined {
  return a === undefined || b === undefined ? (a ?? b) : choose(a, b);
}

/** No version comes before this one. */
const FIRST: Gap = { version: Version.from({ epoch: 0, release: [0], dev: 0 }), side: 'before' };

/** Whether a version lies between the two gaps. */
function precedes(lower: Gap, upper: Gap): boolean {
  const from = settle(lower);
  // The version that a gap comes right before is the first one past it.
  if (from.side === 'before') return !isPast(from.version, upper);
  if (from.side === 'posts' || upper.side === 'before' || upper.side === 'after')
    return isPast(upper.version, from);
  return !isPast(from.version, upper);
}

/**
 * The same gap, as the one before the next version where there is a next one. There is none after a local
 * version, nor after the post-releases of a final one: more segments always fit between.
 */
function settle(gap: Gap): Gap {
  const { epoch, release, pre, post, dev } = gap.version;
  if (gap.side === 'before' || gap.side === 'after') return gap;
  const before = (parts: Partial<Pick<Version, 'pre' | 'post' | 'dev'>>): Gap => ({
    version: Version.from({ epoch, release, ...parts }),
    side: 'before',
  });
  if (gap.side === 'posts')
    return pre === undefined ? gap : before({ pre: [pre[0], successor(pre[1])], dev: 0 });
  if (dev !== undefined) return before({ pre, post, dev: successor(dev) });
  return before({ pre, post: post === undefined ? 0 : successor(post), dev: 0 });
}
