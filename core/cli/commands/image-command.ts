/** What all commands on finished images share: their options, how such a command runs, and how it ends. */
import { Command, Option } from 'commander';
import type { ImageOptions, ImageVerbReport } from '../../index.ts';
import type { ExitCode, Io } from '../io.ts';
import { formatError } from '../render/fault.ts';
import type { ProgressMode } from '../render/progress.ts';
import { styleOf } from '../render/style.ts';
import { type CredentialValues, credentialsOf } from './credentials.ts';
import { displayFor, parse } from './options.ts';

/** What the parser makes of the shared options. */
export interface ImageCommandValues extends CredentialValues {
  readonly config?: string;
  readonly offline?: boolean;
  readonly cacheDir?: string;
  readonly json?: boolean;
  readonly progress: ProgressMode;
  readonly verbose?: boolean;
}

/** A command without options yet. @param usage what stands behind its name */
export function imageCommand(name: string, usage: string, description: string): Command {
  return new Command(`pyc ${name}`)
    .description(description)
    .usage(`${usage} [options]`)
    .configureHelp({ sortOptions: false });
}

/** Adds the shared options, after those of the command itself. */
export function withImageCommandOptions(command: Command): Command {
  return command
    .optionsGroup('How it runs:')
    .addOption(
      new Option('--username <name>', 'for the registry that is written to, else for the one that is read'),
    )
    .addOption(
      new Option('--password <password>', 'other users of this host can see it: better --password-stdin'),
    )
    .addOption(new Option('--password-stdin', 'read the password from standard input'))
    .addOption(
      new Option(
        '--config <file>',
        'the configuration whose plugins open registries (default: the one found here or above)',
      ),
    )
    .addOption(new Option('--offline', 'make no request'))
    .addOption(
      new Option(
        '--cache-dir <dir>',
        'the cache (default: $PYC_CACHE_DIR, else $XDG_CACHE_HOME/pycontainer)',
      ),
    )
    .optionsGroup('What it prints:')
    .addOption(new Option('--json', 'print what became of it as one JSON document'))
    .addOption(
      new Option('--progress <mode>', 'how to show progress')
        .choices(['auto', 'tty', 'plain', 'none'])
        .default('auto'),
    )
    .addOption(new Option('--verbose', 'also print what a developer of pycontainer wants to know'))
    .addHelpOption(new Option('-h, --help', 'print this').helpGroup('What it prints:'));
}

/**
 * Parses, runs the verb and prints what became of it.
 *
 * @param print - for a report without an error, where no JSON is asked for
 * @throws UsageError
 */
export async function runImageCommand<Values extends ImageCommandValues, Report extends ImageVerbReport>(
  command: Command,
  argv: readonly string[],
  io: Io,
  verb: (operands: readonly string[], values: Values, options: ImageOptions) => Promise<Report>,
  print: (report: Report, isQuiet: boolean) => void,
): Promise<ExitCode> {
  const parsed = parse<Values>(command, argv, io);
  if (parsed === 'helped') return 0;
  const { operands, values } = parsed;
  const display = displayFor(values, io);
  try {
    const report = await verb(operands, values, {
      cwd: io.cwd,
      env: io.env,
      log: display.log,
      signal: io.signal,
      offline: values.offline === true,
      ...(values.config === undefined ? {} : { file: values.config }),
      ...(values.cacheDir === undefined ? {} : { cacheDirectory: values.cacheDir }),
      ...(await credentialsOf(values, io)),
    });
    display.close();
    if (values.json === true) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    if (report.error !== null) {
      io.stderr.write(formatError(report.error, styleOf(io.stderr, io.env)));
      return report.error.exitCode;
    }
    if (values.json !== true) print(report, values.progress === 'none');
    return 0;
  } finally {
    display.close();
  }
}
