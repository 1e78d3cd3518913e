/** The commands: their names, a line about each, and where they are. None is imported before it is asked for. */
import type { ExitCode, Io } from '../io.ts';

/** What the module of a command exports. */
export interface CommandModule {
  /** @param argv - what follows the command's name */
  run(argv: readonly string[], io: Io): Promise<ExitCode>;
  /** The text of `--help`. */
  help(): string;
}

/** A command as the overview lists it. */
export interface CommandEntry {
  readonly name: string;
  /** As in `build [DIR]`. */
  readonly usage: string;
  readonly summary: string;
  load(): Promise<CommandModule>;
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'attest',
    usage: 'attest REF',
    summary: 'sign a document about an image',
    load: () => import('./attest.ts'),
  },
  {
    name: 'build',
    usage: 'build [DIR]',
    summary: 'build the image of a project',
    load: () => import('./build.ts'),
  },
  {
    name: 'check',
    usage: 'check [platforms] [DIR]',
    summary: 'check project, configuration and lock without building',
    load: () => import('./check.ts'),
  },
  {
    name: 'config',
    usage: 'config [DIR]',
    summary: 'print the configuration as JSON, each value with its origin',
    load: () => import('./config.ts'),
  },
  {
    name: 'copy',
    usage: 'copy SRC DST',
    summary: 'copy an image between registries, layouts and archives',
    load: () => import('./copy.ts'),
  },
  {
    name: 'diff',
    usage: 'diff A B',
    summary: 'say what differs between two images',
    load: () => import('./diff.ts'),
  },
  {
    name: 'explain',
    usage: 'explain NAME [DIR]',
    summary: 'say why a distribution is in, or with `preset` where the configuration came from',
    load: () => import('./explain.ts'),
  },
  {
    name: 'index',
    usage: 'index create DST',
    summary: 'join images of several platforms to one index',
    load: () => import('./index-create.ts'),
  },
  {
    name: 'init',
    usage: 'init [DIR]',
    summary: "write a project's first configuration",
    load: () => import('./init.ts'),
  },
  {
    name: 'inspect',
    usage: 'inspect REF',
    summary: 'say what an image is and what is in it',
    load: () => import('./inspect.ts'),
  },
  {
    name: 'lock',
    usage: 'lock [DIR]',
    summary: 'pin the base image in pycontainer.lock',
    load: () => import('./lock.ts'),
  },
  {
    name: 'login',
    usage: 'login [REGISTRY]',
    summary: 'keep a password for a registry, once it was checked',
    load: () => import('./login.ts'),
  },
  {
    name: 'logout',
    usage: 'logout [REGISTRY]',
    summary: 'forget the password for a registry',
    load: () => import('./logout.ts'),
  },
  {
    name: 'ls',
    usage: 'ls REPOSITORY',
    summary: 'list the tags of a repository',
    load: () => import('./ls.ts'),
  },
  {
    name: 'plan',
    usage: 'plan [DIR]',
    summary: 'print what a build consists of, for several machines or for a cache',
    load: () => import('./plan.ts'),
  },
  {
    name: 'rebase',
    usage: 'rebase REF --base NEW',
    summary: 'put what pycontainer built on another base, without building it',
    load: () => import('./rebase.ts'),
  },
  {
    name: 'sign',
    usage: 'sign REF',
    summary: 'sign an image',
    load: () => import('./sign.ts'),
  },
  {
    name: 'sbom',
    usage: 'sbom [DIR|REF]',
    summary: 'print what is in an image, as CycloneDX or SPDX',
    load: () => import('./sbom.ts'),
  },
  {
    name: 'tag',
    usage: 'tag REF TAG...',
    summary: 'give an image further tags where it is',
    load: () => import('./tag.ts'),
  },
  {
    name: 'verify',
    usage: 'verify REF',
    summary: 'verify who signed an image, and what was signed about it',
    load: () => import('./verify.ts'),
  },
];
