/** `pyc explain preset`: the merged configuration of a project, each value with where it came from. */
import type { Command } from 'commander';
import { nearest } from '../../primitives/nearest.ts';
import type { ExitCode, Io } from '../io.ts';
import { formatExplanation } from '../render/explanation.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';
import { helpOf, projectCommand, withRunOptions } from './options.ts';
import { runReported } from './reported.ts';

const EXAMPLES = `
Prints every value of the configuration that a build would use, and where it came from: a file, a flag, a
variable, a preset with what it saw at which file and line, or the defaults. Nothing is built or written.

Examples:
  pyc explain preset
  pyc explain preset services/api --preset django
  pyc explain preset --json | jq '.configuration[].values[] | select(.key == "entrypoint")'
`;

/** What can be explained. */
const TOPICS = ['preset'];

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const at = argv.findIndex((word) => TOPICS.includes(word));
  const asksHelp = argv.includes('--help') || argv.includes('-h');
  if (at === -1 && !asksHelp) throw unknownTopic(argv.find((word) => !word.startsWith('-')));
  return await runReported(
    command(),
    at === -1 ? argv : argv.toSpliced(at, 1),
    io,
    async (options) => {
      const { explain } = await import('../../index.ts');
      return await explain(options);
    },
    (report) => io.stdout.write(formatExplanation(report, styleOf(io.stdout, io.env))),
  );
}

export function help(): string {
  return helpOf(command());
}

function unknownTopic(topic: string | undefined): UsageError {
  const close = topic === undefined ? undefined : nearest(topic, TOPICS);
  const what =
    topic === undefined ? '`pyc explain` is told nothing to explain' : `\`${topic}\` is nothing to explain`;
  return new UsageError(what, {
    hint: close === undefined ? 'run `pyc explain preset`' : `did you mean \`pyc explain ${close}\`?`,
  });
}

function command(): Command {
  return withRunOptions(
    projectCommand('explain preset', 'Prints the merged configuration and where each value came from.'),
  ).addHelpText('after', EXAMPLES);
}
