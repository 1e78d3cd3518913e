/** The shapes of a uv.lock (version 1) after reading: packages, the edges between them and what they are locked for. */
import type { Marker } from '../../marker.ts';
import type { SpecifierSet } from '../../specifier.ts';
import type { Entry } from '../document.ts';
import type { UvSource } from './source.ts';

/** An edge of the graph. */
export interface UvEdge {
  readonly target: UvPackage;
  /** Extras of the target that the edge asks for; normalised. */
  readonly extras: readonly string[];
  /** Simplified under the lock's `requires-python`, so that one must be checked first. */
  readonly marker: Marker | undefined;
}

/** A file of a package. */
export interface UvFile {
  /** Percent-decoded; empty for an sdist that is named by its source alone. */
  readonly name: string;
  readonly url: string | undefined;
  /** As written: absolute, or relative to the registry's folder. */
  readonly path: string | undefined;
  readonly hash: string | undefined;
  /** Bytes. */
  readonly size: number | undefined;
}

/** One `[[package]]`. */
export interface UvPackage {
  /** Normalised. */
  readonly name: string;
  /** Absent where the project states it dynamically. */
  readonly version: string | undefined;
  readonly source: UvSource;
  /** The forks of the resolution that the entry belongs to; none: all of them. */
  readonly resolutionMarkers: readonly Marker[];
  readonly dependencies: readonly UvEdge[];
  /** `optional-dependencies`, by the extra's normalised name. */
  readonly extras: ReadonlyMap<string, readonly UvEdge[]>;
  /** `dev-dependencies`, by the group's normalised name. */
  readonly groups: ReadonlyMap<string, readonly UvEdge[]>;
  /** What a group demands of Python beyond the lock's own `requires-python`. */
  readonly groupPythons: ReadonlyMap<string, SpecifierSet>;
  /** Every extra that the package states, also those that add nothing. */
  readonly providedExtras: ReadonlySet<string>;
  /** Every group that the package states, also those that add nothing. */
  readonly providedGroups: ReadonlySet<string>;
  readonly sdist: UvFile | undefined;
  readonly wheels: readonly UvFile[];
  /** The recorded `[package.metadata]`: absent where the lock leaves it out. */
  readonly metadata: Entry;
}

/** A requirement of the workspace itself rather than of a member. */
export interface UvRequirement {
  /** Normalised. */
  readonly name: string;
  readonly extras: readonly string[];
  readonly marker: Marker | undefined;
}

/** One side of a declared conflict: a package's extra, its group, or the package itself. */
export interface UvConflictItem {
  readonly package: string;
  readonly kind: 'project' | 'extra' | 'group';
  /** Of the extra or the group; empty for a project. */
  readonly name: string;
}

export interface UvLock {
  /** How errors call the file. */
  readonly file: string;
  readonly revision: number;
  readonly requiresPython: SpecifierSet;
  /** The environments that the lock was limited to; none: all. */
  readonly supportedMarkers: readonly Marker[];
  readonly conflicts: readonly (readonly UvConflictItem[])[];
  /** Names of the workspace's members; none for a project that stands alone. */
  readonly members: readonly string[];
  readonly requirements: readonly UvRequirement[];
  readonly groups: ReadonlyMap<string, readonly UvRequirement[]>;
  readonly packages: readonly UvPackage[];
  readonly byName: ReadonlyMap<string, readonly UvPackage[]>;
}

/** The package whose source is the lock's own folder. */
export function rootPackage(lock: UvLock): UvPackage | undefined {
  return lock.packages.find(
    ({ source }) =>
      (source.kind === 'editable' || source.kind === 'virtual') &&
      (source.path === '.' || source.path === ''),
  );
}
