/** `pyc explain preset`: the merged configuration of a project, each value with where it came from. */
import type { Command } from 'commander';
import { nearest } from '../../primitives/nearest.ts';
import type { ExitCode, Io } from '../io.ts';
import { formatExplanation } from '../render/explanation.ts';
import { finish } from '../render/finish.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';
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
  const parsed = parse<SharedValues>(command(), at === -1 ? argv : argv.toSpliced(at, 1), io);
  if (parsed === 'helped') return 0;
  const { values } = parsed;
  const display = displayFor(values, io);
  try {
    const { explain } = await import('../../index.ts');
    const report = await explain(buildOptions(parsed.directory, values, [], display, io));
    display.close();
    if (report.error !== null || values.json === true) return finish(report, values, io);
    io.stdout.write(formatExplanation(report, styleOf(io.stdout, io.env)));
    return 0;
  } finally {
    display.close();
  }
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
