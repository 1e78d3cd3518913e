/** The options that `build`, `check`, `explain` and `lock` share, and what they become: options of a build. */
import { Command, CommanderError, Option } from 'commander';
import type { BuildOptions } from '../../index.ts';
import type { Config } from '../../pipeline/settings.ts';
import type { Io } from '../io.ts';
import { formatWarning } from '../render/fault.ts';
import { createDisplay, type Display, type ProgressMode } from '../render/progress.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';

/** What the parser makes of the shared options. */
export interface SharedValues {
  readonly config?: string;
  readonly profile?: string;
  readonly only?: readonly string[];
  readonly set?: readonly string[];
  readonly package?: string;
  readonly allPackages?: boolean;
  readonly extra?: readonly string[];
  readonly group?: readonly string[];
  readonly lock?: string;
  readonly includeDeps?: boolean;
  readonly python?: string;
  readonly libc?: string;
  readonly platform?: readonly string[];
  readonly base?: string;
  readonly preset?: string;
  readonly locked?: boolean;
  readonly offline?: boolean;
  readonly cacheDir?: string;
  readonly json?: boolean;
  /** False for `--no-progress`. */
  readonly progress: ProgressMode | false;
  readonly verbose?: boolean;
  readonly context?: string;
  readonly baseImage?: string;
}

const CONTENTS = 'What goes in:';
const PRINTING = 'What it prints:';

/** What a command is about, where that is stated before the folder. */
export interface CommandSubject {
  /** As in `NAME`. */
  readonly name: string;
  readonly description: string;
}

/** A command with a folder as its last argument and the options that say what goes in. */
export function projectCommand(name: string, description: string, subject?: CommandSubject): Command {
  const command = new Command(`pyc ${name}`).description(description);
  if (subject !== undefined) command.argument(`[${subject.name}]`, subject.description);
  return command
    .usage(subject === undefined ? '[DIR] [options]' : `[${subject.name}] [DIR] [options]`)
    .argument('[DIR]', "the project's folder (default: the working directory)")
    .configureHelp({ sortOptions: false })
    .optionsGroup(CONTENTS)
    .addOption(new Option('--lock <file>', "the lock file to take (default: that of the project's tool)"))
    .addOption(new Option('--package <name>', "a workspace's member to build"))
    .addOption(list('--extra <name>', "an extra of the project's; repeatable"))
    .addOption(list('--group <name>', 'a dependency group; repeatable'))
    .addOption(new Option('--include-deps', 'put the locked distributions in, as is the default'))
    .addOption(new Option('--no-include-deps', 'leave them out: the base has what the project imports'))
    .addOption(
      new Option('--python <version>', "the base's Python, as in 3.12.7, where its files do not say"),
    )
    .addOption(new Option('--libc <libc>', "the base's C library, as in glibc-2.36 or musl-1.2"))
    .addOption(
      list('--platform <os/arch>', 'a platform to build for; repeatable (default: Linux on this host)', true),
    )
    .addOption(new Option('--base <ref>', 'the base: REF, layout:DIR, archive:FILE, apt:SUITE or scratch'))
    .addOption(new Option('--preset <name>', 'a framework preset, `auto` or `false`'));
}

/** The options that say which configuration counts, and what is stronger than it. */
export function withConfigurationOptions(command: Command): Command {
  return command
    .optionsGroup('Configuration:')
    .addOption(new Option('--config <file>', 'the configuration (default: the one found in DIR or above)'))
    .addOption(new Option('--profile <name>', 'a profile of the configuration'))
    .addOption(list('--only <name>', 'of several images, the one of this name; repeatable'))
    .addOption(list('--set <key=value>', 'any key of the configuration, as in env.DEBUG=1; repeatable'));
}

/** The shared options about configuration, running and printing; added after those of the command itself. */
export function withRunOptions(command: Command): Command {
  const specific = command
    .optionsGroup(CONTENTS)
    .addOption(new Option('--all-packages', "an image for each of a workspace's members; see also --only"));
  return withConfigurationOptions(specific)
    .optionsGroup('How it runs:')
    .addOption(new Option('--locked', 'refuse a base that pycontainer.lock does not pin'))
    .addOption(new Option('--offline', 'make no request: accept what the cache has'))
    .addOption(
      new Option(
        '--cache-dir <dir>',
        'the cache (default: $PYC_CACHE_DIR, else $XDG_CACHE_HOME/pycontainer)',
      ),
    )
    .optionsGroup(PRINTING)
    .addOption(new Option('--json', 'print the report as one JSON document'))
    .addOption(
      new Option('--progress <mode>', 'how to show progress')
        .choices(['auto', 'tty', 'plain', 'none'])
        .default('auto'),
    )
    .addOption(new Option('--verbose', 'also print what a developer of pycontainer wants to know'))
    .addHelpOption(new Option('-h, --help', 'print this').helpGroup(PRINTING));
}

/** Options under the names that an earlier program of this name used. */
export const EARLIER_NAMES = 'Names from pycontainer 0.x in Python:';

/** An option that may stand several times. */
export function list(flags: string, description: string, commas = false): Option {
  const split = (text: string): readonly string[] =>
    commas ? text.split(',').map((item) => item.trim()) : [text];
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    ...split(text),
  ]);
}

/** What a command line says, or that its help was printed. */
export type Parsed<Values> =
  | {
      readonly directory: string | undefined;
      /** Undefined also where the command has none. */
      readonly subject: string | undefined;
      /** All that are no options, for commands whose arguments are not a subject and a folder. */
      readonly operands: readonly string[];
      readonly values: Values;
    }
  | 'helped';

/** @throws UsageError */
export function parse<Values>(command: Command, argv: readonly string[], io: Io): Parsed<Values> {
  command.exitOverride().configureOutput({
    writeOut: (text) => void io.stdout.write(text),
    writeErr: () => {},
    getOutHelpWidth: () => Math.min(io.stdout.columns ?? 100, 110),
  });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return 'helped';
    throw usageErrorOf(thrown, command.name());
  }
  const { args } = command;
  const at = command.registeredArguments.length - 1;
  return {
    directory: args[at],
    subject: at === 0 ? undefined : args[0],
    operands: args,
    values: command.opts() as Values,
  };
}

/** The help of a command, as `--help` prints it. */
export function helpOf(command: Command): string {
  const pieces: string[] = [];
  command.configureOutput({ writeOut: (piece) => void pieces.push(piece), getOutHelpWidth: () => 100 });
  command.outputHelp();
  return pieces.join('');
}

/** Values for the configuration, each with the flag that says it; what is undefined says nothing. */
export type Flagged = readonly (readonly [
  flag: string,
  values: { readonly [K in keyof Config]: Config[K] | undefined },
])[];

/** The part of a build's options that all commands share. */
export function buildOptions(
  directory: string | undefined,
  values: SharedValues,
  more: Flagged,
  display: Display,
  io: Io,
): BuildOptions {
  return {
    ...configurationOptions(directory, values, more, io),
    signal: io.signal,
    log: display.log,
    offline: values.offline === true,
    locked: values.locked === true,
  };
}

/** Where the configuration is looked for, and what the command line says of it. */
export function configurationOptions(
  directory: string | undefined,
  values: Omit<SharedValues, 'progress'>,
  more: Flagged,
  io: Io,
): BuildOptions {
  const { python, libc } = values;
  const flagged: Flagged = [
    ['--lock', { lock: values.lock }],
    ['--package', { package: values.package }],
    ['--extra', { extras: values.extra }],
    ['--group', { groups: values.group }],
    [
      values.includeDeps === true ? '--include-deps' : '--no-include-deps',
      { dependencies: values.includeDeps },
    ],
    ['--platform', { platforms: values.platform }],
    ['--base-image', { base: values.baseImage }],
    ['--base', { base: values.base }],
    ['--preset', { preset: values.preset === 'false' ? false : values.preset }],
    [
      python === undefined ? '--libc' : '--python',
      {
        python:
          python === undefined && libc === undefined
            ? undefined
            : {
                ...(python === undefined ? {} : { version: python }),
                ...(libc === undefined ? {} : { libc }),
              },
      },
    ],
    ...more,
  ];
  const said = flagged.flatMap(([flag, config]) =>
    Object.entries(config)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ({ flag, key, value })),
  );
  return {
    cwd: io.cwd,
    env: io.env,
    commandLine: {
      values: Object.fromEntries(said.map(({ key, value }) => [key, value])) as Partial<Config>,
      flags: Object.fromEntries(said.map(({ flag, key }) => [key, flag])),
      set: values.set ?? [],
    },
    ...defined({
      directory: directory ?? values.context,
      file: values.config,
      profile: values.profile,
      only: values.only,
      allPackages: values.allPackages,
      cacheDirectory: values.cacheDir,
    }),
  };
}

/** The display that the options ask for. */
export function displayFor(values: Pick<SharedValues, 'progress' | 'verbose'>, io: Io): Display {
  return createDisplay(values.progress === false ? 'none' : values.progress, values.verbose === true, io);
}

/** A warning about the command line itself. */
export function warnOfUsage(message: string, hint: string, io: Io): void {
  io.stderr.write(formatWarning({ code: 'PYC_USAGE', message, hint }, styleOf(io.stderr, io.env)));
}

function defined<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function usageErrorOf(error: CommanderError, command: string): UsageError {
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const meant = /\(Did you mean (.+)\?\)/.exec(suggestion ?? '')?.[1];
  const said = message.replaceAll(/'([^']*)'/g, '`$1`').replace(/\.$/, '');
  return new UsageError(said.charAt(0).toLowerCase() + said.slice(1), {
    hint: meant === undefined ? `run \`${command} --help\`` : `did you mean \`${meant}\`?`,
    cause: error,
  });
}
