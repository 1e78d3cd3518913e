/** `pyc check`: reads project, configuration and lock, resolves, and says what would be built, or what each platform would lack. */
import type { Command } from 'commander';
import type { BuildReport } from '../../pipeline/report.ts';
import type { ExitCode, Io } from '../io.ts';
import { formatPlatforms } from '../render/platforms.ts';
import { styleOf } from '../render/style.ts';
import { helpOf, projectCommand, withRunOptions } from './options.ts';
import { runReported } from './reported.ts';

const EXAMPLES = `
Reads what a build would read, resolves every distribution for every platform, and writes nothing.
All that is wrong is listed at once. Exit codes: 0 it can be built, 1 it cannot, 2 the configuration is wrong.

platforms: a table of the distributions that are locked without a wheel for a platform, why none of their wheels
fits, and which release has one. It shows the platforms of the configuration, else all that Python's official
images are made for; exit code 1 where one that is built for lacks something. Nothing but the base's files that name
its Python and pages of the index is fetched: with --python and --libc, or once a base is known, not even those.

Examples:
  pyc check
  pyc check services/api --platform linux/arm64,linux/amd64
  pyc check --json | jq .error.details
  pyc check platforms
  pyc check platforms --libc musl-1.2 --python 3.13.2 --base scratch
  pyc check ./platforms                   a folder of that name
`;

/** What is asked for, where it is not whether a build would succeed. */
const PLATFORMS = 'platforms';

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const isTable = firstWord(argv) === PLATFORMS;
  return await runReported(
    command(isTable),
    argv,
    io,
    async (options) => {
      const { check } = await import('../../index.ts');
      return await check({ ...options, platformTable: isTable });
    },
    isTable
      ? (report: BuildReport) => io.stdout.write(formatPlatforms(report, styleOf(io.stdout, io.env)))
      : undefined,
  );
}

export function help(): string {
  return helpOf(command(true));
}

/** What stands before the folder, if anything does; options and their values are left out. */
function firstWord(argv: readonly string[]): string | undefined {
  try {
    return command(false)
      .exitOverride()
      .configureOutput({ writeErr: () => {} })
      .parseOptions([...argv]).operands[0];
  } catch {
    return undefined;
  }
}

function command(hasSubject: boolean): Command {
  const subject = { name: PLATFORMS, description: 'what each platform would lack, as a table' };
  return withRunOptions(
    projectCommand(
      'check',
      'Checks project, configuration and lock without building.',
      hasSubject ? subject : undefined,
    ),
  ).addHelpText('after', EXAMPLES);
}
