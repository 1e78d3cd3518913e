/** The end of a run that never came to a build: wrong usage, or a fault of this program. */
import { emptyReport, reportError } from '../../pipeline/report.ts';
import type { ExitCode, Io } from '../io.ts';
import { formatError } from './fault.ts';
import { styleOf } from './style.ts';

/** Prints what was thrown; as a document where `--json` is among the arguments. */
export function reportFailure(thrown: unknown, command: string, argv: readonly string[], io: Io): ExitCode {
  const error = reportError(thrown);
  if (argv.includes('--json')) {
    io.stdout.write(`${JSON.stringify({ ...emptyReport(command), ok: false, error }, null, 2)}\n`);
  }
  io.stderr.write(formatError(error, styleOf(io.stderr, io.env)));
  if (error.code === 'PYC_INTERNAL' && argv.includes('--verbose') && thrown instanceof Error) {
    io.stderr.write(`\n${thrown.stack ?? ''}\n`);
  }
  return error.exitCode;
}
