/** Finds the command that is asked for and runs it; whatever a command throws ends here. */
import { nearest } from '../primitives/nearest.ts';
import { COMMANDS } from './commands/index.ts';
import type { ExitCode, Io } from './io.ts';
import { overview } from './overview.ts';
import { UsageError } from './usage-error.ts';

/** @param argv - the command's name and what follows it */
export async function dispatch(argv: readonly string[], io: Io): Promise<ExitCode> {
  const [first, ...rest] = argv;
  if (first === undefined) {
    io.stderr.write(overview());
    return 2;
  }
  if (first === 'help' && rest.length > 0) return await dispatch([rest[0]!, '--help'], io);
  if (first === '--help' || first === '-h' || first === 'help') {
    io.stdout.write(overview());
    return 0;
  }
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
  if (word.startsWith('-')) {
    return new UsageError(`\`${word}\` stands in front of the command`, {
      hint: 'write the command first, as in `pyc build --tag shop:1.0`',
    });
  }
  const names = COMMANDS.map(({ name }) => name);
  const close = nearest(word, names);
  return new UsageError(`there is no command \`${word}\``, {
    hint: close === undefined ? 'run `pyc --help` to see the commands' : `did you mean \`pyc ${close}\`?`,
  });
}
