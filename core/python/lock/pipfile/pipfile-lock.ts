/** The shapes of a Pipfile.lock (specification 6) after reading. */
import type { Marker } from '../../marker.ts';

/** One `source` of the Pipfile. */
export interface PipfileIndex {
  readonly name: string;
  /** With `${VARIABLES}` filled in. */
  readonly url: string;
}

export type PipfileSource =
  /** `index` names a source; undefined: the first one. */
  | { readonly kind: 'index'; readonly index: string | undefined }
  | {
      readonly kind: 'vcs';
      readonly vcs: string;
      readonly url: string;
      readonly commit: string;
      readonly subdirectory: string | undefined;
    }
  /** A file or a folder, by URL or by path as written. */
  | { readonly kind: 'file'; readonly location: string; readonly subdirectory: string | undefined };

/** One entry of a category. */
export interface PipfilePackage {
  /** Normalised. */
  readonly name: string;
  /** Empty where the source says it; undefined where nothing pins it: Pipenv leaves open what its own Python has no need of. */
  readonly version: string | undefined;
  readonly marker: Marker | undefined;
  readonly source: PipfileSource;
  /** `algorithm:digits`, of any file of the version. */
  readonly hashes: readonly string[];
}

export interface PipfileLock {
  /** How errors call the file. */
  readonly file: string;
  /** Of the Pipfile that it was made from. */
  readonly contentHash: string | undefined;
  /** The Python that it was made for, as X.Y; undefined: any. */
  readonly python: string | undefined;
  readonly indexes: readonly PipfileIndex[];
  /** `default`, `develop` and the Pipfile's own categories, by name as written. */
  readonly categories: ReadonlyMap<string, readonly PipfilePackage[]>;
}
