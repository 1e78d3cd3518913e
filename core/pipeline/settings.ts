/**
 * The configuration: as users write it (`Config`) and as the pipeline reads it once every source is merged
 * (`ResolvedConfig`). How it is found, checked and merged belongs to `core/config`.
 */
import type { Plugin } from './plugin.ts';
import type { Preset } from './preset.ts';
import type { BaseSource } from './values.ts';

/** A plugin or preset that takes options and may do without: it is called with `undefined`. */
export type PluginMaker = (options: undefined) => Plugin;
export type PresetMaker = (options: undefined) => Preset;

/** A document's format (`spdx` is SPDX 2.3), or what is in it. */
export type SbomWord = 'cyclonedx' | 'cyclonedx-1.7' | 'spdx' | 'with-base';

/** What a `pycontainer.config.ts` holds. TOML and YAML have the same keys in kebab-case. */
export interface Config {
  /** The image's name; default the project's. */
  readonly name?: string;
  /** The project's folder, relative to the configuration file. Default `.`. */
  readonly project?: string;
  /** `python:3.13-slim`, `registry:REF`, `layout:DIR`, `archive:FILE`, `apt:SUITE`, `scratch`, or a source made by a plugin. */
  readonly base?: string | BaseSource;
  /** States or overrides what the base's files say of its Python. */
  readonly python?: {
    /** As in `3.12.7`; `3.14t` is a free-threaded build, `3.13d` a debug build, `pypy3.11` PyPy. */
    readonly version?: string;
    readonly implementation?: 'cpython' | 'pypy';
    readonly libc?: string;
    /** Absolute path inside the image. */
    readonly interpreter?: string;
  };
  /** As in `linux/arm64`. Default: Linux on the host's architecture. */
  readonly platforms?: readonly string[];
  readonly tags?: readonly string[];
  /** `layout:DIR`, `archive:FILE`, `docker-archive:FILE`, `registry:REF`, `load:ENGINE`, `wheelhouse:DIR`, and what plugins add. */
  readonly outputs?: readonly string[];
  /** Pushes every tag to its registry. */
  readonly push?: boolean;
  /** Loads the image into a container engine: true for the one that is found, or `docker`, `podman`, `containerd`, `kind`, `k3s`. */
  readonly load?: boolean | string;
  /** Prefix of tags without a registry, as in `ghcr.io/me`. */
  readonly registry?: string;
  readonly extras?: readonly string[];
  readonly groups?: readonly string[];
  /**
   * The locked distributions go in; default true. False leaves all of them out and reads no lock: the base has what
   * the project imports, and the environment sees the base's packages.
   */
  readonly dependencies?: boolean;
  /** What goes in otherwise than the lock says, each with the reason, which the report repeats. */
  readonly distributions?: {
    readonly exclude?: readonly {
      /** In any spelling; `*` stands for any letters. */
      readonly name: string;
      readonly reason: string;
    }[];
    readonly replace?: readonly {
      readonly name: string;
      /** A wheel's URL or path, or a version. */
      readonly with: string;
      /** The simple API that has the version; default PyPI. */
      readonly index?: string;
      /** As in `sha256:<hex>`: of the wheel, or of one for each platform. */
      readonly hashes?: readonly string[];
      readonly reason: string;
    }[];
    readonly prefer?: readonly {
      /** Whose files are kept, in any spelling. */
      readonly name: string;
      /** Below `site-packages`. */
      readonly paths: readonly string[];
      readonly reason: string;
    }[];
  };
  /** The lock file to take; default: the first in the documented order. */
  readonly lock?: string;
  /** Root of the simple API that the lock names → that of the one that is asked in its place. */
  readonly indexMirrors?: Readonly<Record<string, string>>;
  /** A workspace's member. */
  readonly package?: string;
  /** A folder of wheels that is searched before the network. */
  readonly wheelhouse?: string;
  /** Who makes the project's own wheel; default `auto`: the host's builder only where the sources do not tell. */
  readonly builder?: 'auto' | 'host';
  /**
   * Compiled bytecode goes in beside the modules; default false. Needs the image's Python X.Y on this host; with `image`, the
   * base's own Python compiles where its platform is the host's: that executes code of the base.
   */
  readonly bytecode?: boolean | 'image';
  readonly preset?:
    | 'auto'
    | false
    | string
    | readonly [name: string, options: unknown]
    | Preset
    | PresetMaker;
  readonly plugins?: readonly (Plugin | PluginMaker | string | readonly [name: string, options: unknown])[];
  /** Of the project's sources. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** Named commands of one image. */
  readonly processes?: Readonly<Record<string, readonly string[]>>;
  readonly user?: string;
  readonly workdir?: string;
  readonly ports?: readonly (number | string)[];
  readonly stopSignal?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Names of secrets; their values are read on the host. */
  readonly secrets?: readonly string[];
  /**
   * SBOMs beside the image; default true, which is `cyclonedx` (1.6): a base in a registry is named by its digest. `with-base`
   * lists what is in it as well, for which its layers are read.
   */
  readonly sbom?: boolean | SbomWord | readonly SbomWord[];
  /** `multiple` (default) splices wheels without recompressing; `single` writes one gzip member, for old readers. */
  readonly gzipMembers?: 'multiple' | 'single';
  /** Layers that machines share: `registry:HOST/REPOSITORY`, or the http(s) address of a cache of Bazel's kind. */
  readonly cache?: string;
  /** True where this machine may add to the cache, as on trusted branches. Default false. */
  readonly cacheWrite?: boolean;
  readonly extends?: string | readonly string[];
  readonly profiles?: Readonly<Record<string, Partial<Config>>>;
}

/** Where a value came from, as errors and `explain` print it: a file, a flag, a variable, a preset. */
export type Origin = string;

/** One image's configuration, merged, checked and with paths made absolute. */
export interface ResolvedConfig
  extends Omit<
    Config,
    | 'project'
    | 'plugins'
    | 'preset'
    | 'extends'
    | 'profiles'
    | 'platforms'
    | 'tags'
    | 'outputs'
    | 'extras'
    | 'groups'
  > {
  /** Absolute path of the project. */
  readonly directory: string;
  readonly platforms: readonly string[];
  readonly tags: readonly string[];
  readonly outputs: readonly string[];
  readonly extras: readonly string[];
  readonly groups: readonly string[];
  readonly plugins: readonly Plugin[];
  /** The presets that may look at the project, in order: one by name, all of ours for `auto`, none for `false`. */
  readonly presets: readonly Preset[];
  /** Absolute: layouts that other images of the configuration go to as well, so that each goes there by its name. */
  readonly sharedLayouts: readonly string[];
  /** True where the user named the preset, so that finding nothing is an error. */
  readonly explicitPreset: boolean;
  /** Absolute path of the configuration file, where there is one. */
  readonly file?: string;
  /** Dotted path → where its value came from. */
  readonly origins: Readonly<Record<string, Origin>>;
}
