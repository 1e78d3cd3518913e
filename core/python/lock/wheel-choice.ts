/**
 * Picks the wheel of a distribution that fits a target best. Knows nothing of locks or of where files lie.
 */

import type { MarkerEnvironment } from '../marker.ts';
import { bestRank, compatibleTags, tagRanks } from '../tags.ts';
import { markerEnvironment, type PythonTarget } from '../target.ts';
import {
  type BuildTag,
  compareBuildTags,
  FilenameError,
  parseWheelFilename,
  type WheelFilename,
} from '../wheel-filename.ts';
import type { FileRefusal } from './lock-file.ts';
import { refusalOf } from './wheel-refusal.ts';

/** What a target accepts, worked out once for all distributions. */
export interface WheelSupport {
  readonly target: PythonTarget;
  /** PEP 508's variables on the target. */
  readonly environment: MarkerEnvironment;
  /** Each accepted tag with its place, 0 the most wanted. */
  readonly ranks: ReadonlyMap<string, number>;
}

/** @throws TargetError where the target is none */
export function wheelSupport(target: PythonTarget): WheelSupport {
  return { target, environment: markerEnvironment(target), ranks: tagRanks(compatibleTags(target)) };
}

/**
 * The best wheel by the place of its best tag (PyPA's "Platform compatibility tags"), then by the higher build
 * tag; of equals the first. Files that are no wheels are passed over.
 */
export function chooseWheel<File extends { readonly name: string }>(
  files: readonly File[],
  ranks: ReadonlyMap<string, number>,
): File | undefined {
  let best: { readonly file: File; readonly rank: number; readonly build: BuildTag } | undefined;
  const platforms = platformsOf(ranks);
  for (const file of files) {
    if (!mayFit(file.name, platforms, ranks)) continue;
    const wheel = tryParse(file.name);
    if (wheel === undefined) continue;
    const rank = bestRank(wheel.tags, ranks);
    if (rank === Number.POSITIVE_INFINITY) continue;
    const better =
      best === undefined ||
      rank < best.rank ||
      (rank === best.rank && compareBuildTags(wheel.build, best.build) > 0);
    if (better) best = { file, rank, build: wheel.build };
  }
  return best?.file;
}

/** The platforms of each set of ranks that was met. */
const PLATFORMS = new WeakMap<ReadonlyMap<string, number>, ReadonlySet<string>>();

function platformsOf(ranks: ReadonlyMap<string, number>): ReadonlySet<string> {
  const known = PLATFORMS.get(ranks);
  if (known !== undefined) return known;
  const platforms = new Set(Array.from(ranks.keys(), (tag) => tag.slice(tag.lastIndexOf('-') + 1)));
  PLATFORMS.set(ranks, platforms);
  return platforms;
}

/**
 * Most wheels of a lock are for other platforms, and most of the rest for other Pythons. The last parts of their names tell:
 * they need no parsing.
 */
function mayFit(name: string, accepted: ReadonlySet<string>, ranks: ReadonlyMap<string, number>): boolean {
  if (!name.endsWith('.whl')) return false;
  const end = name.lastIndexOf('-');
  const platform = name.slice(end + 1, -'.whl'.length).toLowerCase();
  if (!platform.includes('.') && !accepted.has(platform)) return false;
  const platforms = platform.split('.').filter((one) => accepted.has(one));
  if (platforms.length === 0) return false;
  const [interpreters, abis] = name
    .slice(0, end)
    .toLowerCase()
    .split('-')
    .slice(-2)
    .map((set) => set.split('.'));
  if (interpreters === undefined || abis === undefined) return false;
  return interpreters.some((interpreter) =>
    abis.some((abi) => platforms.some((one) => ranks.has(`${interpreter}-${abi}-${one}`))),
  );
}

/** Why each of these files is not the one for the target; the chosen one, where there is one, is left out. */
export function explainWheels(
  files: readonly { readonly name: string }[],
  support: WheelSupport,
): readonly FileRefusal[] {
  const chosen = chooseWheel(files, support.ranks);
  return files.filter((file) => file !== chosen).map(({ name }) => explain(name, chosen?.name, support));
}

function explain(name: string, chosen: string | undefined, support: WheelSupport): FileRefusal {
  const wheel = tryParse(name);
  if (wheel === undefined)
    return { name, kind: 'not-a-wheel', reason: 'it does not have the name of a wheel' };
  if (bestRank(wheel.tags, support.ranks) !== Number.POSITIVE_INFINITY) {
    return {
      name,
      kind: 'outranked',
      reason: chosen === undefined ? 'another file was taken' : `\`${chosen}\` fits better`,
    };
  }
  return { name, ...refusalOf(wheel, support.target) };
}

function tryParse(name: string): WheelFilename | undefined {
  try {
    return parseWheelFilename(name);
  } catch (error) {
    if (error instanceof FilenameError) return undefined;
    throw error;
  }
}
