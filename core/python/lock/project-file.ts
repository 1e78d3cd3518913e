/** Reads the files that a lock was made from, beside it. What they say is each format's business. */
import { join } from 'node:path';
import { tomlFault } from './document.ts';
import { LockMalformedError } from './lock-error.ts';
import type { LockReaderOptions } from './lock-file.ts';
import { type ExactTable, parseExactToml } from './python-json.ts';

/**
 * A TOML file of the lock's own folder; undefined where there is none.
 *
 * @throws LockMalformedError for what is no UTF-8 or no TOML
 */
export async function readProjectToml(
  name: string,
  { directory, readFile }: LockReaderOptions,
): Promise<ExactTable | undefined> {
  const content = await readFile?.(join(directory, name));
  if (content === undefined) return undefined;
  try {
    return parseExactToml(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new LockMalformedError(name, '', tomlFault(cause), { cause, hint: `correct \`${name}\`` });
  }
}
