/**
 * Checks a clear-signed document (RFC 9580, section 7) against the archive's keys. What is returned is the
 * text that was signed, and nothing around it.
 */

import type { Digest } from 'pycontainer';
import { digestOfJson, messageOf, PycError } from 'pycontainer';
import { ARCHIVE_KEYS } from './keyring.ts';

/**
 * The list of a Debian suite has no valid signature of a trusted archive key. The mirror, or something on the way,
 * changed it; or it is not a Debian archive.
 */
export class SignatureError extends PycError {
  readonly code = 'PYC_DEBIAN_SIGNATURE_INVALID';
}

/** The option `keyring` of `debian(…)` holds no OpenPGP public keys. */
export class KeyringError extends PycError {
  readonly code = 'PYC_DEBIAN_KEYRING_INVALID';
  override readonly exitCode = 2;
}

export interface SignatureCheck {
  /** Names the document in errors: its URL. */
  readonly what: string;
  /** ASCII-armoured public keys that replace the built-in ones. */
  readonly keyring?: string | undefined;
  readonly now: Date;
}

/**
 * The signed text, if at least one signature is valid and of a trusted key. An archive that changes its key
 * signs with the old and the new one, so further signatures of unknown keys are no fault.
 *
 * @throws SignatureError, KeyringError
 */
export async function verifiedText(document: string, check: SignatureCheck): Promise<string> {
  const openpgp = await import('openpgp');
  const verificationKeys = await readKeys(openpgp, check.keyring);
  const message = await openpgp
    .readCleartextMessage({ cleartextMessage: document })
    .catch((cause: unknown) => {
      throw new SignatureError(`${check.what} is not a signed document: ${messageOf(cause)}`, {
        hint: HINT,
        cause,
      });
    });
  const { signatures } = await openpgp.verify({ message, verificationKeys, date: check.now });
  const faults: string[] = [];
  for (const { keyID, verified } of signatures) {
    try {
      await verified;
      return message.getText();
    } catch (cause) {
      faults.push(`key ${keyID.toHex().toUpperCase()}: ${messageOf(cause)}`);
    }
  }
  throw new SignatureError(`${check.what} has no valid signature of a trusted key`, {
    hint: HINT,
    details: faults,
  });
}

/** Names the trusted keys: what they have verified holds for them alone. */
export function keysDigest(keyring: string | undefined): Digest {
  return digestOfJson(keyring ?? ARCHIVE_KEYS.map(({ fingerprint }) => fingerprint));
}

const HINT =
  'the mirror may be damaged or not Debian’s: try another `mirror`, or state the keys of your own archive with `keyring`';

type OpenPgp = typeof import('openpgp');

async function readKeys(openpgp: OpenPgp, keyring: string | undefined) {
  if (keyring === undefined) {
    return Promise.all(
      ARCHIVE_KEYS.map(({ base64 }) => openpgp.readKey({ binaryKey: Buffer.from(base64, 'base64') })),
    );
  }
  try {
    return await openpgp.readKeys({ armoredKeys: keyring });
  } catch (cause) {
    throw new KeyringError(`\`keyring\` holds no OpenPGP keys: ${messageOf(cause)}`, {
      hint: 'give the text of ASCII-armoured public keys, as `gpg --export --armor` prints it',
      cause,
    });
  }
}
