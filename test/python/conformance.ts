/**
 * Reads the conformance data that lies beside the repository. It is never copied; where it is missing, what
 * rests on it is left out and a line says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the data; it may be missing. */
export const CONFORMANCE = fileURLToPath(new URL('../../../shared/conformance', import.meta.url));

/** Runs the suite with the parsed JSON of one file of the folder. */
export function withConformance<T>(path: string, suite: (data: T) => void): void {
  const file = join(CONFORMANCE, path);
  if (existsSync(file)) suite(JSON.parse(readFileSync(file, 'utf8')) as T);
  else process.stdout.write(`left out: the conformance data of ${path}, which is not there\n`);
}

/** The code of the PycError that this throws; fails on anything else that is thrown, `undefined` where nothing is. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    const code = (thrown as { code?: unknown }).code;
    if (typeof code === 'string' && code.startsWith('PYC_')) return code;
    throw thrown;
  }
}

/** Collects what differs, so that one table is one test and its report names every row that fails. */
export class Mismatches {
  readonly list: { readonly of: unknown; readonly got: unknown; readonly expected: unknown }[] = [];

  compare(of: unknown, got: unknown, expected: unknown): void {
    if (JSON.stringify(got) !== JSON.stringify(expected)) this.list.push({ of, got, expected });
  }
}
