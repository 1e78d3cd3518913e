/** The front door of the command line. */
import { VERSION } from '../primitives/version.ts';
import { dispatch } from './dispatch.ts';
import type { ExitCode, Io } from './io.ts';
import { asksForVersion } from './version-request.ts';

/**
 * Runs a command line.
 *
 * @param argv - without the names of the runtime and the program
 */
export async function main(argv: readonly string[], io: Io): Promise<ExitCode> {
  if (asksForVersion(argv)) {
    io.stdout.write(`${VERSION}\n`);
    return 0;
  }
  return await dispatch(argv, io);
}
