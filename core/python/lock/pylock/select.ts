/** The standard's way of choosing from a pylock.toml (PEP 751, "Installation"): markers, no graph. */
import { isAbsolute } from 'node:path';
import type { MarkerEnvironment } from '../../marker.ts';
import type { PythonTarget } from '../../target.ts';
import { LockAmbiguousError, LockPlatformError, LockPythonError } from '../lock-error.ts';
import { chooseWheel } from '../wheel-choice.ts';
import type {
  Pylock,
  PylockArchive,
  PylockDirectory,
  PylockFile,
  PylockPackage,
  PylockVcs,
} from './pylock.ts';

/** What a package is installed from. */
export type PylockPick =
  | { readonly kind: 'vcs'; readonly vcs: PylockVcs }
  | { readonly kind: 'directory'; readonly directory: PylockDirectory }
  | { readonly kind: 'archive'; readonly archive: PylockArchive }
  | { readonly kind: 'wheel'; readonly file: PylockFile }
  | { readonly kind: 'sdist'; readonly file: PylockFile }
  /** Wheels, none of which fits, and no sdist. */
  | { readonly kind: 'nothing' };

export interface PylockWant {
  readonly target: PythonTarget;
  readonly environment: MarkerEnvironment;
  /** The tags that the target accepts, with their places. */
  readonly ranks: ReadonlyMap<string, number>;
  readonly extras: ReadonlySet<string>;
  /** Undefined: the lock's `default-groups`. */
  readonly groups: ReadonlySet<string> | undefined;
  /** The packages whose sdist is wanted even where a wheel fits. */
  readonly preferSdist?: (name: string) => boolean;
}

/**
 * Every package that holds on the target, in the lock's order, with what it is installed from.
 *
 * @throws LockPythonError, LockPlatformError or LockAmbiguousError
 */
export function selectPylock(
  lock: Pylock,
  want: PylockWant,
): readonly (readonly [item: PylockPackage, pick: PylockPick])[] {
  const { target, environment } = want;
  const python = environment.python_full_version.replace(/\+$/, '');
  if (lock.requiresPython?.contains(python) === false) {
    throw new LockPythonError(lock.file, lock.requiresPython.toString(), target);
  }
  if (lock.environments.length > 0 && !lock.environments.some((marker) => marker.evaluate(environment))) {
    throw new LockPlatformError(lock.file, lock.environments.map(String), target);
  }
  const full: MarkerEnvironment = {
    ...environment,
    extras: want.extras,
    dependency_groups: want.groups ?? new Set(lock.defaultGroups),
  };
  const selected = new Map<string, PylockPackage>();
  for (const item of lock.packages) {
    if (item.marker?.evaluate(full) === false) continue;
    if (item.requiresPython?.contains(python) === false) {
      throw new LockPythonError(lock.file, item.requiresPython.toString(), target, item.name);
    }
    const namesake = selected.get(item.name);
    if (namesake !== undefined) {
      throw new LockAmbiguousError(lock.file, item.name, [describe(namesake), describe(item)]);
    }
    selected.set(item.name, item);
  }
  return [...selected.values()].map((item) => [item, pickOf(item, want)] as const);
}

function pickOf(item: PylockPackage, { ranks, preferSdist }: PylockWant): PylockPick {
  if (item.vcs !== undefined) return { kind: 'vcs', vcs: item.vcs };
  if (item.directory !== undefined) return { kind: 'directory', directory: item.directory };
  if (item.archive !== undefined) return { kind: 'archive', archive: item.archive };
  if (item.sdist !== undefined && preferSdist?.(item.name) === true)
    return { kind: 'sdist', file: item.sdist };
  const wheel = chooseWheel(item.wheels, ranks);
  if (wheel !== undefined) return { kind: 'wheel', file: wheel };
  return item.sdist === undefined ? { kind: 'nothing' } : { kind: 'sdist', file: item.sdist };
}

/** True for the entry that is the project the lock lies in. */
export function isProjectItself({ directory }: PylockPackage): boolean {
  if (directory === undefined || directory.subdirectory !== undefined || isAbsolute(directory.path))
    return false;
  return /^(?:\.\/*)*$/.test(directory.path);
}

function describe({ name, version, marker }: PylockPackage): string {
  return `${name}${version === undefined ? '' : ` ${version}`}${marker === undefined ? '' : ` (${marker})`}`;
}
