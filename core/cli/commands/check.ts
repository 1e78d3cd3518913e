/** `pyc check`: reads project, configuration and lock, resolves, and says what would be built. */
import type { Command } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { helpOf, projectCommand, withRunOptions } from './options.ts';
import { runReported } from './reported.ts';

const EXAMPLES = `
Reads what a build would read, resolves every distribution for every platform, and writes nothing.
All that is wrong is listed at once. Exit codes: 0 it can be built, 1 it cannot, 2 the configuration is wrong.

Examples:
  pyc check
  pyc check services/api --platform linux/arm64,linux/amd64
  pyc check --json | jq .error.details
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runReported(command(), argv, io, async (options) => {
    const { check } = await import('../../index.ts');
    return await check(options);
  });
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  return withRunOptions(
    projectCommand('check', 'Checks project, configuration and lock without building.'),
  ).addHelpText('after', EXAMPLES);
}
