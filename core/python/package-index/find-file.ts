/**
 * Finds the wheel of a pinned version on its index, for locks that say no place to fetch it from. The first index that has the
 * project counts: to merge several would let any of them put a file in another's place.
 */
import { fileURLToPath } from 'node:url';
import { redactUrl } from '../../http/url.ts';
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import type { Distribution, DistributionFile, FileRefusal, Rejection } from '../lock/lock-file.ts';
import { chooseWheel, explainWheels, type WheelSupport, wheelSupport } from '../lock/wheel-choice.ts';
import { SpecifierSet } from '../specifier.ts';
import type { PythonTarget } from '../target.ts';
import { compareVersions, Version } from '../version.ts';
import { IndexAccessError, type PackageIndex } from './client.ts';
import { parseDistributionFilename } from './file-name.ts';
import type { IndexFile, ProjectPage } from './project-page.ts';

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

/** Where a distribution's files are looked for. */
export interface IndexPlaces {
  /** Roots of simple APIs, in order. */
  readonly indexes: readonly string[];
  /** Folders and pages of links, which are looked into first. */
  readonly links: readonly string[];
}

/**
 * @param distribution one with a version, and without a file or with one whose place is not known
 * @param places default: the index that the lock names for it, else the default one
 * @throws IndexMissingError, HttpError, IndexAccessError, IndexPageError or IndexVersionError
 */
export async function findFile(
  index: PackageIndex,
  distribution: Distribution,
  target: PythonTarget,
  signal?: AbortSignal,
  places: IndexPlaces = {
    indexes: distribution.indexes ?? [distribution.index ?? index.defaultIndex],
    links: [],
  },
): Promise<FoundFile> {
  if (isLocated(distribution.file)) return { found: distribution };
  const { name } = distribution;
  const isLocked = lockedHashes(distribution).length > 0;
  const asked: string[] = [];
  const look = (page: ProjectPage | undefined, place: string, root?: string): FoundFile | undefined => {
    asked.push(redactUrl(place));
    const candidates = page === undefined ? [] : candidatesOf(page.files, distribution);
    return candidates.length === 0 ? undefined : choose(candidates, distribution, root, wheelSupport(target));
  };
  for (const place of places.links) {
    const found = look(await index.links(name, place, signal), place);
    if (found !== undefined) return found;
  }
  for (const root of places.indexes) {
    const page = await index.project(name, root, signal).catch((thrown: unknown) => {
      // Some indexes answer 403 for what they do not have. Where a hash proves the file, another one may be asked.
      const isAbsent = thrown instanceof IndexAccessError && thrown.status === 403 && isLocked;
      if (!isAbsent || root === places.indexes.at(-1)) throw thrown;
      return undefined;
    });
    const found = look(page, root, redactUrl(root));
    if (found !== undefined) return found;
    // A locked hash proves a file, wherever it comes from; without one the first index that has the name has the last word.
    if (page !== undefined && !isLocked) break;
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
    const parsed = parseDistributionFilename(file.name);
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
  root: string | undefined,
  support: WheelSupport,
): FoundFile {
  const from = root === undefined ? {} : { index: root };
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
      ...from,
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
      buildable: { ...distribution, version, source: 'sdist', ...from, file: fileOf(sdist) },
    },
  };
}

function fileOf({ name, url, size, hashes }: Candidate): DistributionFile {
  const isLocal = url?.startsWith('file:') === true;
  return {
    name,
    ...(url === undefined ? {} : isLocal ? { path: fileURLToPath(url) } : { url }),
    ...(size === undefined ? {} : { size }),
    hashes,
  };
}

function missing(distribution: Distribution, asked: readonly string[], isLocked: boolean): IndexMissingError {
  const what = `${visible(distribution.name)} ${visible(distribution.version)}`;
  return new IndexMissingError(
    `\`${what}\` is not on ${asked.length === 0 ? 'any index: none may be asked' : asked.map((url) => `\`${url}\``).join(', ')}${isLocked && asked.length > 0 ? ' with a hash that the lock has' : ''}`,
    {
      hint: 'lock again, or name the index that has it',
      details: [{ name: distribution.name, version: distribution.version, indexes: asked }],
    },
  );
}
