/** `pyc check`: reads project, configuration and lock, resolves, and says what would be built. */
import type { Command } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { finish } from '../render/finish.ts';
import {
  buildOptions,
  displayFor,
  helpOf,
  parse,
  projectCommand,
  type SharedValues,
  withRunOptions,
} from './options.ts';

const EXAMPLES = `
Reads what a build would read, resolves every distribution for every platform, and writes nothing.
All that is wrong is listed at once. Exit codes: 0 it can be built, 1 it cannot, 2 the configuration is wrong.

Examples:
  pyc check
  pyc check services/api --platform linux/arm64,linux/amd64
  pyc check --json | jq .error.details
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<SharedValues>(command(), argv, io);
  if (parsed === 'helped') return 0;
  const display = displayFor(parsed.values, io);
  try {
    const { check } = await import('../../index.ts');
    const report = await check(buildOptions(parsed.directory, parsed.values, [], display, io));
    display.close();
    return finish(report, parsed.values, io);
  } finally {
    display.close();
  }
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  return withRunOptions(
    projectCommand('check', 'Checks project, configuration and lock without building.'),
  ).addHelpText('after', EXAMPLES);
}
