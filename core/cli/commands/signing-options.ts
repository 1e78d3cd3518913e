/** The options by which a user says what an image is signed with. */
import { type Command, Option } from 'commander';
import type { SignOptions } from '../../index.ts';
import { visible } from '../../primitives/path.ts';
import type { Io } from '../io.ts';
import { UsageError } from '../usage-error.ts';
import type { ImageCommandValues } from './image-command.ts';
import { readPassword } from './password.ts';

/** What the parser makes of them. */
export interface SigningValues extends ImageCommandValues {
  readonly key?: string;
  readonly passphraseStdin?: boolean;
  readonly platform?: string;
  readonly keyless?: boolean;
  readonly identityToken?: string;
  readonly fulcio?: string;
  readonly rekor?: string;
  readonly timestampServer?: string;
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
    )
    .addOption(
      new Option('--keyless', 'sign by the identity that this workflow has, through Fulcio and Rekor'),
    )
    .addOption(
      new Option(
        '--identity-token <token>',
        "the identity's token: env:NAME or a file (default: what the workflow gives)",
      ),
    )
    .addOption(new Option('--fulcio <url>', 'the certificate authority (default: the public one)'))
    .addOption(new Option('--rekor <url>', 'the transparency log (default: the public one)'))
    .addOption(new Option('--timestamp-server <url>', 'a timestamp authority, by its whole address'));
}

/** What they say. Standard input is read when the key is encrypted. @throws UsageError for options that do not belong together */
export function signingOf(values: SigningValues, io: Io): Signing {
  const { key, passphraseStdin, passwordStdin, platform } = values;
  if (passphraseStdin === true && passwordStdin === true) {
    throw new UsageError('standard input holds one secret, and two are to be read from it', {
      hint: 'give the passphrase in `COSIGN_PASSWORD`, or log in with `pyc login` before',
    });
  }
  const { identityToken: token, fulcio, rekor, timestampServer: timestamps } = values;
  const keyless = { token, fulcio, rekor, timestamps };
  if (values.keyless !== true && Object.values(keyless).some((value) => value !== undefined)) {
    throw new UsageError('an option is given that is for signing by an identity', {
      hint: 'add `--keyless`',
    });
  }
  for (const address of [fulcio, rekor, timestamps]) {
    if (address === undefined || /^https?:$/.test(URL.canParse(address) ? new URL(address).protocol : ''))
      continue;
    throw new UsageError(`\`${visible(address)}\` is no address`, {
      hint: 'write it whole, as in `https://rekor.example.com`',
    });
  }
  return {
    ...(key === undefined ? {} : { key }),
    ...(platform === undefined ? {} : { platform }),
    ...(values.keyless === true ? { keyless } : {}),
    ...(passphraseStdin === true ? { passphrase: () => readPassword(io.stdin) } : {}),
  };
}

type Signing = Pick<SignOptions, 'key' | 'platform' | 'keyless' | 'passphrase'>;
