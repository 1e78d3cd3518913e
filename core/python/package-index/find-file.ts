/**
 * Finds the wheel of a pinned version on its index, for locks that say no place to fetch it from. The first index that has the
 * project counts: to merge several would let any of them put a file in another's place.
 */
import { redactUrl } from '../../http/url.ts';
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import type { Distribution, DistributionFile, FileRefusal, Rejection } from '../lock/lock-file.ts';
import { chooseWheel, explainWheels, type WheelSupport, wheelSupport } from '../lock/wheel-choice.ts';
import { SpecifierSet } from '../specifier.ts';
import type { PythonTarget } from '../target.ts';
import { compareVersions, Version } from '../version.ts';
import { FilenameError, parseSdistFilename, parseWheelFilename } from '../wheel-filename.ts';
import type { PackageIndex } from './client.ts';
import type { IndexFile } from './project-page.ts';

/** No index has the project, the version, or a file with one of the locked hashes. */
export class IndexMissingError extends PycError {
  readonly code = 'PYC_INDEX_FILE_MISSING';
}

/** The distribution with its wheel, or why no wheel of it fits. */
export type FoundFile =
  | { readonly found: Distribution /** The reason, where the file was yanked. */; readonly yanked?: string }
  | { readonly rejected: Rejection };

/** A file of the version that is wanted. */
interface Candidate extends DistributionFile {
  readonly file: IndexFile;
  readonly version: Version;
  readonly isWheel: boolean;
}

/** True where the lock says where the file lies, rather than its name and hashes alone. */
export function isLocated(file: DistributionFile | undefined): boolean {
  return file?.url !== undefined || file?.path !== undefined;
}

/**
 * @param distribution one with a version, and without a file or with one whose place is not known
 * @throws IndexMissingError, HttpError, IndexPageError or IndexVersionError
 */
export async function findFile(
  index: PackageIndex,
  distribution: Distribution,
  target: PythonTarget,
  signal?: AbortSignal,
): Promise<FoundFile> {
  if (isLocated(distribution.file)) return { found: distribution };
  const isLocked = lockedHashes(distribution).length > 0;
  const roots = distribution.indexes ?? [distribution.index ?? index.defaultIndex];
  const asked: string[] = [];
  for (const root of roots) {
    const page = await index.project(distribution.name, root, signal);
    asked.push(redactUrl(root));
    if (page === undefined) continue;
    const candidates = candidatesOf(page.files, distribution);
    if (candidates.length > 0) return choose(candidates, distribution, root, wheelSupport(target));
    // A locked hash proves a file, wherever it comes from; without one the first index has the last word.
    if (!isLocked) break;
  }
  throw missing(distribution, asked, isLocked);
}

/** Of the file that the lock names, else of any file of the version. */
function lockedHashes({ file, hashes }: Distribution): readonly string[] {
  return (file?.hashes ?? hashes ?? []).map((hash) => hash.toLowerCase());
}

/** The files of the pinned version, with those of the locked hashes that the index confirms. */
function candidatesOf(files: readonly IndexFile[], distribution: Distribution): readonly Candidate[] {
  const isVersion = Version.tryParse(distribution.version) !== undefined;
  const wanted = SpecifierSet.parse(`${isVersion ? '==' : '==='}${distribution.version}`);
  const locked = lockedHashes(distribution);
  const named = distribution.file?.name;
  const candidates = files.flatMap((file): readonly Candidate[] => {
    const parsed = parseFileName(file.name);
    if (parsed === undefined || parsed.name !== distribution.name || !wanted.contains(parsed.version))
      return [];
    // Where the index states no hash to tell the named file by, its name does.
    if (named !== undefined && named !== file.name && !locked.some((hash) => file.hashes.includes(hash)))
      return [];
    return [
      {
        file,
        ...parsed,
        name: file.name,
        url: file.url,
        ...(file.size === undefined ? {} : { size: file.size }),
        hashes: hashesFor(file, locked),
      },
    ];
  });
  const proven = candidates.filter(({ hashes }) => locked.length === 0 || hashes.length > 0);
  // `==1.0` admits `1.0+cpu` as well: the highest is taken, as every installer does.
  const best = proven.reduce<Version | undefined>(
    (highest, { version }) =>
      highest === undefined || compareVersions(version, highest) > 0 ? version : highest,
    undefined,
  );
  return proven.filter(({ version }) => best !== undefined && compareVersions(version, best) === 0);
}

/**
 * The locked hashes that the index confirms for a file. Where it states none of the lock's algorithms, the proof
 * is left to the download: every locked one is acceptable then.
 */
function hashesFor(file: IndexFile, locked: readonly string[]): readonly string[] {
  if (locked.length === 0) return file.hashes;
  const stated = new Set(file.hashes.map(algorithmOf));
  const comparable = locked.filter((hash) => stated.has(algorithmOf(hash)));
  return comparable.length === 0 ? locked : comparable.filter((hash) => file.hashes.includes(hash));
}

function algorithmOf(hash: string): string {
  return hash.slice(0, hash.indexOf(':'));
}

function choose(
  candidates: readonly Candidate[],
  distribution: Distribution,
  root: string,
  support: WheelSupport,
): FoundFile {
  const { python_full_version: python } = support.environment;
  const excluded = candidates.filter(({ file }) => file.requiresPython?.contains(python) === false);
  const wheels = candidates.filter((candidate) => candidate.isWheel && !excluded.includes(candidate));
  // A pin overrides a yank, but not where a file that was not yanked fits as well.
  const wheel =
    chooseWheel(
      wheels.filter(({ file }) => file.yanked === undefined),
      support.ranks,
    ) ?? chooseWheel(wheels, support.ranks);
  const version = candidates[0]?.version.toString() ?? distribution.version;
  if (wheel !== undefined) {
    const found: Distribution = {
      ...distribution,
      version,
      source: 'wheel',
      index: root,
      file: fileOf(wheel),
    };
    return wheel.file.yanked === undefined ? { found } : { found, yanked: wheel.file.yanked };
  }
  const refused: readonly FileRefusal[] = [
    ...excluded
      .filter(({ isWheel }) => isWheel)
      .map(({ name, file }) => ({
        name,
        kind: 'requires-python' as const,
        reason: `needs Python \`${file.requiresPython}\`; the target has ${python}`,
      })),
    ...explainWheels(wheels, support),
  ];
  const sdist = candidates.find(({ isWheel }) => !isWheel);
  const base = { name: distribution.name, version, files: refused };
  if (sdist === undefined)
    return { rejected: { ...base, reason: 'no wheel fits the target, and there is no sdist' } };
  return {
    rejected: {
      ...base,
      reason:
        refused.length === 0
          ? 'it has to be built from an sdist'
          : 'no wheel fits the target; it would have to be built from an sdist',
      buildable: { ...distribution, version, source: 'sdist', index: root, file: fileOf(sdist) },
    },
  };
}

function fileOf({ name, url, size, hashes }: Candidate): DistributionFile {
  return {
    name,
    ...(url === undefined ? {} : { url }),
    ...(size === undefined ? {} : { size }),
    hashes,
  };
}

/** Undefined for installers, eggs and whatever else old pages list. */
function parseFileName(
  name: string,
): { readonly name: string; readonly version: Version; readonly isWheel: boolean } | undefined {
  try {
    const isWheel = name.endsWith('.whl');
    const parsed = isWheel ? parseWheelFilename(name) : parseSdistFilename(name);
    return { name: parsed.name, version: parsed.version, isWheel };
  } catch (error) {
    if (error instanceof FilenameError) return undefined;
    throw error;
  }
}

function missing(distribution: Distribution, asked: readonly string[], isLocked: boolean): IndexMissingError {
  const what = `${visible(distribution.name)} ${visible(distribution.version)}`;
  return new IndexMissingError(
    `\`${what}\` is not on ${asked.map((url) => `\`${url}\``).join(', ')}${isLocked ? ' with a hash that the lock has' : ''}`,
    {
      hint: 'lock again, or name the index that has it',
      details: [{ name: distribution.name, version: distribution.version, indexes: asked }],
    },
  );
}
