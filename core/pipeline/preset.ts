/** What a preset is, what it is shown and what it answers. Which presets exist, and how several are put together, is not known here. */

import type { Digest } from '../primitives/digest.ts';
import type { PycError } from '../primitives/errors.ts';
import type { Content, Part, PartRole } from '../primitives/file-tree.ts';
import type { Log } from '../primitives/log.ts';
import type { Config, ResolvedConfig } from './settings.ts';
import type { Collected, Distribution, Project, PythonInBase } from './values.ts';

/** What a preset looks at; nothing is executed. */
export interface PresetInput {
  /** Absolute path. */
  readonly directory: string;
  readonly project: Project;
  /** Paths of the project's sources, relative to its folder, sorted. */
  readonly files: readonly string[];
  readonly distributions: readonly Distribution[];
  /** A source's bytes. */
  read(path: string): Promise<Uint8Array>;
  /** True where the user asked for this preset by name. */
  readonly explicit: boolean;
  /** The process's environment as the configuration states it. */
  readonly env?: Readonly<Record<string, string>>;
  /** What presets of an earlier rank found already: who says how the image starts, and the processes' names. */
  readonly decided?: { readonly start?: string; readonly processes: readonly string[] };
}

/** Something that a preset saw. */
export interface PresetReason {
  readonly message: string;
  readonly file?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** The keys of the configuration that follow from it, as in `entrypoint` or `env.PORT`; default those that no other reason names. */
  readonly keys?: readonly string[];
}

/** What a preset found. */
export interface Detection {
  /** Of the start (`entrypoint`, `cmd`, `ports`, `stopSignal`) only one preset's counts; the rest is put together. */
  readonly config: Partial<Config>;
  /** What it saw, at which file and line. */
  readonly reasons: readonly PresetReason[];
  /**
   * Adds what is made of the collected files, such as a framework's static files. Called for each platform, before the
   * hook `collect`; never in a dry run.
   */
  collect?(collected: Collected, context: PresetContext): Promise<Collected>;
  /** What keeps a build from being carried out as the preset wants it, although it knows how the image starts. */
  readonly problem?: PycError;
}

/** A part that is made of others, and only when what it holds is neither in the store nor known. */
export interface DerivedPart {
  /** Unique in its tree. */
  readonly name: string;
  /** Digests every input that changes a path or a byte, and the version of the rules. */
  readonly key: Digest;
  /** Default `plugin`, which has a layer of its own. */
  readonly role?: PartRole;
  /** Bytes, roughly: guides how layers are cut. */
  readonly size: number;
  /** The folder from which on folders are listed, relative to the root, as in `app`. */
  readonly top: string;
  /** Seconds since 1970; default that of dependencies. */
  readonly mtime?: number;
  /** The files by their path, relative to the root. Each content says its SHA-256. */
  make(signal?: AbortSignal): Promise<ReadonlyMap<string, Content>>;
}

/** What a preset may use while it adds to the tree. */
export interface PresetContext {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly project: Project;
  readonly distributions: readonly Distribution[];
  readonly python: PythonInBase;
  /** The merged configuration: `env` is the environment of the image's process. */
  readonly config: ResolvedConfig;
  /** The host's environment, for programs that are run there. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  /** Seconds since 1970 that files of the project have. */
  readonly mtime: number;
  derivedPart(recipe: DerivedPart): Part;
  /** The same tree with a part more. */
  addPart(collected: Collected, part: Part): Collected;
  /** The same tree without these paths of the project's own parts. */
  withoutSources(collected: Collected, isLeftOut: (path: string) => boolean): Promise<Collected>;
  /** A small JSON value that the store keeps under a key, made where it has none. */
  remembered(key: Digest, make: () => Promise<unknown>): Promise<unknown>;
}

/**
 * Where several presets find a start, the one of the first rank decides: `declared` states commands (a Procfile),
 * `site` follows from how a project is laid out (`manage.py`), `application` from an object in the sources, `worker`
 * from one that serves no requests, `script` from what is installed as a command.
 */
export type PresetRank = 'declared' | 'site' | 'application' | 'worker' | 'script';

/** Partial configuration for a framework, plus its detection. */
export interface Preset {
  readonly name: string;
  /** Default `application`. */
  readonly rank?: PresetRank;
  /** True: it is asked even where a preset of an earlier rank says how the image starts, as it adds processes. */
  readonly composes?: boolean;
  detect(input: PresetInput): Promise<Detection | undefined>;
}
