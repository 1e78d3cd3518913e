/** Which release of a project has a wheel for a target, told by its page on an index: the one that is nearest to the release that has none. */
import { chooseWheel, type WheelSupport } from '../lock/wheel-choice.ts';
import { compareVersions, Version } from '../version.ts';
import { FilenameError, parseWheelFilename } from '../wheel-filename.ts';
import type { IndexFile } from './project-page.ts';

/** A release with a wheel that fits. */
export interface NearestRelease {
  readonly version: string;
  /** The wheel's file name. */
  readonly file: string;
  /** Against the locked version; `newer` where that is not known. */
  readonly age: 'same' | 'newer' | 'older';
}

/**
 * The locked version itself where the index has such a wheel and the lock has not, else the next newer one, else the next
 * older one. Yanked files do not count, nor pre-releases where the locked version is none.
 *
 * @param files of the project's page
 * @param name normalised
 * @param locked its version; undefined where it is not known: the newest one then
 */
export function nearestRelease(
  files: readonly IndexFile[],
  name: string,
  locked: string | undefined,
  support: WheelSupport,
): NearestRelease | undefined {
  const from = locked === undefined ? undefined : Version.tryParse(locked);
  const python = support.environment.python_full_version;
  const releases = new Map<string, { readonly version: Version; readonly files: IndexFile[] }>();
  for (const file of files) {
    if (file.yanked !== undefined || file.requiresPython?.contains(python) === false) continue;
    // One file that fits is enough to know: names are parsed once they may.
    if (chooseWheel([file], support.ranks) === undefined) continue;
    const version = versionOf(file.name, name);
    if (version === undefined || (version.isPrerelease && from?.isPrerelease !== true)) continue;
    const key = version.toString();
    const release = releases.get(key) ?? { version, files: [] };
    release.files.push(file);
    releases.set(key, release);
  }
  const sorted = [...releases.values()].sort((a, b) => compareVersions(a.version, b.version));
  const nearest =
    from === undefined
      ? sorted.at(-1)
      : (sorted.find(({ version }) => compareVersions(version, from) >= 0) ?? sorted.at(-1));
  if (nearest === undefined) return undefined;
  const order = from === undefined ? 1 : compareVersions(nearest.version, from);
  return {
    version: nearest.version.toString(),
    file: chooseWheel(nearest.files, support.ranks)!.name,
    age: order === 0 ? 'same' : order > 0 ? 'newer' : 'older',
  };
}

function versionOf(fileName: string, name: string): Version | undefined {
  try {
    const parsed = parseWheelFilename(fileName);
    return parsed.name === name ? parsed.version : undefined;
  } catch (error) {
    if (error instanceof FilenameError) return undefined;
    throw error;
  }
}
