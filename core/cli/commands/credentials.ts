/** The options by which a user states credentials for the registry of a run. */
import type { ImageOptions } from '../../index.ts';
import type { Io } from '../io.ts';
import { UsageError } from '../usage-error.ts';
import { readPassword } from './password.ts';

/** What the parser makes of them. */
export interface CredentialValues {
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
}

/** Reads standard input where it is to hold the password. @throws UsageError for half of a pair */
export async function credentialsOf(
  values: CredentialValues,
  io: Io,
): Promise<Pick<ImageOptions, 'credentials'>> {
  const { username } = values;
  const password = values.passwordStdin === true ? await readPassword(io.stdin) : values.password;
  if (username === undefined && password === undefined) return {};
  if (username === undefined || password === undefined) {
    throw new UsageError('`--username` and a password belong together', {
      hint: 'write `--username NAME --password-stdin`',
    });
  }
  return { credentials: { username, password } };
}
