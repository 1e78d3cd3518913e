/** The options by which a user says what an image is signed with. */
import { type Command, Option } from 'commander';
import type { Io } from '../io.ts';
import { UsageError } from '../usage-error.ts';
import type { ImageCommandValues } from './image-command.ts';
import { readPassword } from './password.ts';

/** What the parser makes of them. */
export interface SigningValues extends ImageCommandValues {
  readonly key?: string;
  readonly passphraseStdin?: boolean;
  readonly platform?: string;
}

/** Adds them. */
export function withSigningOptions(command: Command): Command {
  return command
    .optionsGroup('What signs:')
    .addOption(
      new Option(
        '--key <key>',
        'the private key: a file, env:NAME, or command:PROGRAM ARGS (default: env:COSIGN_PRIVATE_KEY)',
      ),
    )
    .addOption(
      new Option(
        '--passphrase-stdin',
        'read the passphrase of the key from standard input (default: $COSIGN_PASSWORD)',
      ),
    );
}

/** What they say. Standard input is read when the key is encrypted. @throws UsageError where it is to hold two secrets */
export function signingOf(
  { key, passphraseStdin, passwordStdin, platform }: SigningValues,
  io: Io,
): { readonly key?: string; readonly platform?: string; readonly passphrase?: () => Promise<string> } {
  if (passphraseStdin === true && passwordStdin === true) {
    throw new UsageError('standard input holds one secret, and two are to be read from it', {
      hint: 'give the passphrase in `COSIGN_PASSWORD`, or log in with `pyc login` before',
    });
  }
  return {
    ...(key === undefined ? {} : { key }),
    ...(platform === undefined ? {} : { platform }),
    ...(passphraseStdin === true ? { passphrase: () => readPassword(io.stdin) } : {}),
  };
}
