/** Finds the command that is asked for and runs it. Imports next to nothing, so that `--version` is quick. */
import { nearest } from '../primitives/nearest.ts';
import { VERSION } from '../primitives/version.ts';
import { COMMANDS } from './commands/index.ts';
import type { ExitCode, Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/**
 * Runs a command line.
 *
 * @param argv - without the names of the runtime and the program
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [first, ...rest] = argv;
  if (first === '--version' || first === '-V' || first === 'version') {
    io.stdout.write(`${VERSION}\n`);
    return 0;
  }
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    const { overview } = await import('./overview.ts');
    io.stdout.write(overview());
    return 0;
  }
  if (first === undefined) {
    const { overview } = await import('./overview.ts');
    io.stderr.write(overview());
    return 2;
  }
  if (first === 'help') return await main([rest[0]!, '--help'], io);
  const entry = COMMANDS.find(({ name }) => name === first);
  try {
    if (entry === undefined) throw unknownCommand(first);
    return await (await entry.load()).run(rest, io);
  } catch (thrown) {
    const { reportFailure } = await import('./render/failure.ts');
    return reportFailure(thrown, entry?.name ?? 'pyc', argv, io);
  }
}

function unknownCommand(word: string): UsageError {
  const isOption = word.startsWith('-');
  const close = isOption
    ? undefined
    : nearest(
        word,
        COMMANDS.map(({ name }) => name),
      );
  return new UsageError(
    isOption ? `\`${word}\` stands in front of the command` : `there is no command \`${word}\``,
    {
      hint: close !== undefined ? `did you mean \`pyc ${close}\`?` : 'run `pyc --help` to see the commands',
    },
  );
}
