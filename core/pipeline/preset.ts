/** What a preset is, what it is shown and what it answers. Which presets exist, and how several are put together, is not known here. */
import type { Config } from './settings.ts';
import type { Distribution, Project } from './values.ts';

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
