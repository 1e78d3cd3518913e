/** The shapes of a pylock.toml (PyPA's "pylock.toml Specification", PEP 751), after validation. */
import type { Marker } from '../../marker.ts';
import type { SpecifierSet } from '../../specifier.ts';
import type { Version } from '../../version.ts';

/** A file of a package: a wheel, an sdist or an archive. */
export interface PylockFile {
  /** As stated, else the last segment of the path or the URL, percent-decoded. */
  readonly name: string;
  readonly url: string | undefined;
  /** As written: relative to the lock. */
  readonly path: string | undefined;
  readonly size: number | undefined;
  /** `algorithm:digits`, at least one. */
  readonly hashes: readonly string[];
}

export interface PylockVcs {
  /** `git`, `hg`, … */
  readonly type: string;
  readonly url: string | undefined;
  readonly path: string | undefined;
  readonly requestedRevision: string | undefined;
  readonly commitId: string;
  readonly subdirectory: string | undefined;
}

export interface PylockDirectory {
  readonly path: string;
  readonly editable: boolean;
  readonly subdirectory: string | undefined;
}

export interface PylockArchive extends PylockFile {
  readonly subdirectory: string | undefined;
}

/** One of `packages`: exactly one of `vcs`, `directory` and `archive`, or else an sdist, wheels or both. */
export interface PylockPackage {
  /** Normalised. */
  readonly name: string;
  readonly version: Version | undefined;
  readonly marker: Marker | undefined;
  readonly requiresPython: SpecifierSet | undefined;
  readonly index: string | undefined;
  readonly vcs: PylockVcs | undefined;
  readonly directory: PylockDirectory | undefined;
  readonly archive: PylockArchive | undefined;
  readonly sdist: PylockFile | undefined;
  readonly wheels: readonly PylockFile[];
  /** Names of other packages; for information, installing must not follow them. */
  readonly dependencies: readonly string[];
}

export interface Pylock {
  /** How errors call the file. */
  readonly file: string;
  readonly version: Version;
  readonly environments: readonly Marker[];
  readonly requiresPython: SpecifierSet | undefined;
  readonly extras: readonly string[];
  readonly dependencyGroups: readonly string[];
  readonly defaultGroups: readonly string[];
  readonly createdBy: string;
  readonly packages: readonly PylockPackage[];
}
