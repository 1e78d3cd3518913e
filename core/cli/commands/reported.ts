/** Runs a command that ends with a report: reads the command line, shows progress, and prints what came of it. */
import type { Command } from 'commander';
import type { BuildOptions } from '../../index.ts';
import type { BuildReport } from '../../pipeline/report.ts';
import type { ExitCode, Io } from '../io.ts';
import { finish } from '../render/finish.ts';
import { buildOptions, displayFor, parse, type SharedValues } from './options.ts';

/**
 * @param verb - what makes the report
 * @param print - prints a report without an error, where that is not to be done as for a build
 */
export async function runReported<Values extends SharedValues>(
  command: Command,
  argv: readonly string[],
  io: Io,
  verb: (options: BuildOptions, values: Values, subject: string | undefined) => Promise<BuildReport>,
  print?: (report: BuildReport) => void,
): Promise<ExitCode> {
  const parsed = parse<Values>(command, argv, io);
  if (parsed === 'helped') return 0;
  const { directory, subject, values } = parsed;
  const display = displayFor(values, io);
  try {
    const report = await verb(buildOptions(directory, values, [], display, io), values, subject);
    display.close();
    // A table that is there is worth printing whatever the verdict on it.
    const isPrinted = print !== undefined && (report.error === null || report.platforms !== null);
    if (!isPrinted || values.json === true) return finish(report, values, io);
    print(report);
    return report.error === null ? 0 : finish(report, values, io);
  } finally {
    display.close();
  }
}
