/**
 * Picks the wheel of a distribution that fits a target best. Knows nothing of locks or of where files lie.
 */

import type { MarkerEnvironment } from '../marker.ts';
import { cached } from '../parse-cache.ts';
import { bestRank, compatibleTags, parseTags, TagError, tagRanks } from '../tags.ts';
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
  return knownSupport(JSON.stringify(target));
}

/** A run asks for the same few targets for each of its distributions and members. */
const knownSupport = cached((text): WheelSupport => {
  const target = JSON.parse(text) as PythonTarget;
  return { target, environment: markerEnvironment(target), ranks: tagRanks(compatibleTags(target)) };
}, 64);

/**
 * The best wheel by the place of its best tag (PyPA's "Platform compatibility tags"), then by the higher build
 * tag; of equals the first. Files that are no wheels are passed over.
 */
export function chooseWheel<File extends { readonly name: string }>(
  files: readonly File[],
  ranks: ReadonlyMap<string, number>,
): File | undefined {
  let best: { readonly file: File; readonly rank: number; readonly build: BuildTag } | undefined;
  const known = knownSets(ranks);
  for (const file of files) {
    const rank = rankOf(file.name, ranks, known);
    if (rank === Number.POSITIVE_INFINITY || (best !== undefined && rank > best.rank)) continue;
    const wheel = tryParse(file.name);
    if (wheel === undefined) continue;
    const better = best === undefined || rank < best.rank || compareBuildTags(wheel.build, best.build) > 0;
    if (better) best = { file, rank, build: wheel.build };
  }
  return best?.file;
}

/** Bounds the memory of what was met. */
const MOST_SETS = 10_000;

/** For each table of ranks the places of the tag sets that were met: a lock repeats the same few hundred for all its wheels. */
const SETS = new WeakMap<ReadonlyMap<string, number>, Map<string, number>>();

function knownSets(ranks: ReadonlyMap<string, number>): Map<string, number> {
  const known = SETS.get(ranks) ?? new Map<string, number>();
  SETS.set(ranks, known);
  if (known.size > MOST_SETS) known.clear();
  return known;
}

/** The place of a wheel's tags by the end of its name alone; `Infinity` where none is accepted, or where it is no wheel. */
function rankOf(name: string, ranks: ReadonlyMap<string, number>, known: Map<string, number>): number {
  if (!name.endsWith('.whl')) return Number.POSITIVE_INFINITY;
  const platforms = name.lastIndexOf('-');
  const abis = name.lastIndexOf('-', platforms - 1);
  const set = name.slice(name.lastIndexOf('-', abis - 1) + 1, -'.whl'.length);
  let rank = known.get(set);
  if (rank === undefined) {
    rank = bestRank(tryParseTags(set), ranks);
    known.set(set, rank);
  }
  return rank;
}

function tryParseTags(set: string): readonly string[] {
  try {
    return parseTags(set);
  } catch (error) {
    if (error instanceof TagError) return [];
    throw error;
  }
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
