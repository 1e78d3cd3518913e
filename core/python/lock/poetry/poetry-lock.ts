/** The shapes of a poetry.lock after reading, of format 1.x, 2.0 and 2.1 alike. */
import type { Marker } from '../../marker.ts';
import type { Version } from '../../version.ts';
import type { DistributionFile } from '../lock-file.ts';
import type { Constraint } from './constraint.ts';

/** A requirement as Poetry writes it, in pyproject.toml and in the lock. */
export interface PoetryEdge {
  /** Normalised. */
  readonly name: string;
  /** Undefined for a direct reference: a path, a URL or a repository. */
  readonly versions: Constraint | undefined;
  /** Of the target; normalised. */
  readonly extras: readonly string[];
  readonly marker: Marker | undefined;
  /** Versions of Python under which it holds. */
  readonly pythons: Constraint | undefined;
  /** Values of `sys_platform` under which it holds. */
  readonly platform: string | undefined;
  /** Only an extra of its owner brings it in. */
  readonly optional: boolean;
}

export type PoetrySource =
  /** Without a URL: PyPI. */
  | { readonly kind: 'index'; readonly url: string | undefined }
  | {
      readonly kind: 'git';
      readonly url: string;
      readonly requested: string | undefined;
      readonly commit: string;
      readonly subdirectory: string | undefined;
    }
  | { readonly kind: 'url'; readonly url: string; readonly subdirectory: string | undefined }
  /** As written: relative to the lock. */
  | { readonly kind: 'file' | 'directory'; readonly path: string; readonly subdirectory: string | undefined };

/** One `[[package]]`. */
export interface PoetryPackage {
  /** Normalised. */
  readonly name: string;
  readonly version: Version;
  readonly source: PoetrySource;
  /** Only from 2.1 on: the groups that need it. */
  readonly groups: readonly string[] | undefined;
  /** Only from 2.1 on: when each group needs it; a group that is not in it always does. */
  readonly markers: ReadonlyMap<string, Marker>;
  readonly pythons: Constraint;
  readonly files: readonly DistributionFile[];
  /** Hashes without file names, as the first formats have them. */
  readonly hashes: readonly string[];
  readonly dependencies: readonly PoetryEdge[];
  /** Of each extra, the names that it brings in, and the other extras of the package that it stands for. */
  readonly extras: ReadonlyMap<string, PoetryExtra>;
}

export interface PoetryExtra {
  readonly names: ReadonlySet<string>;
  readonly includes: readonly string[];
}

export interface PoetryLock {
  /** How errors call the file. */
  readonly file: string;
  readonly version: Version;
  /** True from 2.1 on, where each package says which groups need it and when. */
  readonly isDecided: boolean;
  readonly pythons: Constraint;
  readonly contentHash: string | undefined;
  /** The version of Poetry in the first line; it is stated there from 1.4 on. */
  readonly generator: Version | undefined;
  readonly packages: readonly PoetryPackage[];
  readonly byName: ReadonlyMap<string, readonly PoetryPackage[]>;
  /** Of each extra of the project, the names that it brings in. */
  readonly extras: ReadonlyMap<string, readonly string[]>;
}
