/** The shapes of a pdm.lock (format 4) after reading. */
import type { Marker } from '../../marker.ts';
import type { Requirement } from '../../requirement.ts';
import type { SpecifierSet } from '../../specifier.ts';
import type { Version } from '../../version.ts';
import type { DistributionFile } from '../lock-file.ts';
import type { LockedRevision } from '../outcome.ts';

export type PdmSource =
  | { readonly kind: 'index' }
  | { readonly kind: 'vcs'; readonly revision: LockedRevision }
  | { readonly kind: 'url'; readonly url: string; readonly subdirectory: string | undefined }
  /** A file or a folder, as written. */
  | { readonly kind: 'path'; readonly path: string; readonly subdirectory: string | undefined };

/** One `[[package]]`. A package with extras is an entry of its own beside the one without. */
export interface PdmPackage {
  /** Normalised. */
  readonly name: string;
  readonly version: Version;
  /** Normalised; the entry stands for what these add. */
  readonly extras: readonly string[];
  readonly source: PdmSource;
  /** Alternatives; none: any. */
  readonly requiresPython: readonly SpecifierSet[] | undefined;
  /** With the strategy `inherit_metadata`: the groups that need it. */
  readonly groups: readonly string[];
  /** With the strategy `inherit_metadata`: when it is needed. */
  readonly marker: Marker | undefined;
  readonly files: readonly DistributionFile[];
  readonly dependencies: readonly Requirement[];
}

/** An environment that a lock is limited to. */
export interface PdmTarget {
  readonly text: string;
  /** Alternatives. */
  readonly requiresPython: readonly SpecifierSet[];
  /** As written, such as `manylinux_2_28_x86_64`; undefined: any. */
  readonly platform: string | undefined;
  /** `cpython`, `pypy`, …; undefined: any. */
  readonly implementation: string | undefined;
  /** With an implementation alone: whether it is a build without the global interpreter lock. */
  readonly gilDisabled: boolean;
}

export interface PdmLock {
  /** How errors call the file. */
  readonly file: string;
  /** Normalised; undefined where the lock does not say. */
  readonly groups: readonly string[] | undefined;
  readonly strategy: ReadonlySet<string>;
  readonly targets: readonly PdmTarget[];
  /** `algorithm:digits`, of the project's requirements. */
  readonly contentHash: string | undefined;
  readonly packages: readonly PdmPackage[];
}
