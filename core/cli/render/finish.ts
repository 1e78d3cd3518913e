/** The end of a command that made a report: the document, or what a person reads; then the exit code. */
import type { BuildReport } from '../../pipeline/report.ts';
import type { ExitCode, Io } from '../io.ts';
import { formatError } from './fault.ts';
import type { ProgressMode } from './progress.ts';
import { styleOf } from './style.ts';
import { formatPlan, formatReferences, formatSummary } from './summary.ts';

/** What decides how a report is shown. */
export interface FinishOptions {
  readonly json?: boolean;
  readonly progress: ProgressMode | false;
  /** What was typed after `pyc build`. */
  readonly words?: readonly string[];
}

/** Warnings were shown when they came up. */
export function finish(report: BuildReport, options: FinishOptions, io: Io): ExitCode {
  const style = styleOf(io.stderr, io.env);
  if (options.json === true) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.error !== null) {
    io.stderr.write(formatError(report.error, style));
    return report.error.exitCode;
  }
  if (options.json === true) return 0;
  if (options.progress !== 'none' && options.progress !== false) {
    // `npx pyc` leaves no `pyc` to type.
    const program = io.env.npm_command === 'exec' ? 'npx pyc' : 'pyc';
    io.stderr.write(
      report.dryRun
        ? formatPlan(report, io.cwd, style)
        : formatSummary(report, io.cwd, style, options.words, program),
    );
  }
  io.stdout.write(formatReferences(report, io.cwd));
  return 0;
}
