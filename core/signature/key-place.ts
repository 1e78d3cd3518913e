/** Where keys come from, as users write it: a file, `env:NAME`, or `command:PROGRAM ARGS`. What is done with them is not known here. */
import type { KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { digestOf } from '../primitives/digest.ts';
import { visible } from '../primitives/path.ts';
import { parsePublicKey } from './algorithms.ts';
import { type BundleSigner, keyBundles } from './bundle.ts';
import { commandSigner } from './command-signer.ts';
import { SigningKeyError } from './errors.ts';
import { type Passphrase, parsePrivateKey } from './private-key.ts';
import { keySigner, type Signer } from './signer.ts';

/** What looking for keys may use. */
export interface KeyContext {
  /** Absolute; relative files start there. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Default: the variable `COSIGN_PASSWORD`. */
  readonly passphrase?: Passphrase;
}

const COMMAND = 'command:';
/** Bytes of a key file. */
const LARGEST = 256 * 1024;

/**
 * What signs with the private key that a text names.
 *
 * @param place a file, `env:NAME` (or `env://NAME`), or `command:PROGRAM ARGS`
 * @throws SigningKeyError, SignerError
 */
export async function openSigner(place: string, context: KeyContext): Promise<Signer> {
  if (place.startsWith(COMMAND)) {
    const command = place.slice(COMMAND.length).split(' ').filter(Boolean);
    if (command.length === 0) {
      throw new SigningKeyError('`command:` names no program', { hint: 'write `command:PROGRAM ARGS`' });
    }
    return await commandSigner(command, context, context.signal);
  }
  return await signerIn(await readPlace(place, context), context);
}

/** Bundles by that key. One that is encrypted is opened when the first new signature is made. @throws as {@link openSigner} */
export async function keyBundlesAt(place: string, context: KeyContext): Promise<BundleSigner> {
  if (place.startsWith(COMMAND)) return await keyBundles(await openSigner(place, context), context.signal);
  const found = await readPlace(place, context);
  // Told apart by their files: which key lies in an encrypted one only the passphrase tells.
  const identity = `key file ${digestOf(found.text)}`;
  if (!found.text.includes('ENCRYPTED')) {
    return { ...(await keyBundles(await signerIn(found, context), context.signal)), identity };
  }
  let opened: Promise<BundleSigner> | undefined;
  return {
    identity,
    async bundle(payload, signal) {
      opened ??= signerIn(found, context).then((signer) => keyBundles(signer, signal));
      return (await opened).bundle(payload, signal);
    },
  };
}

async function signerIn({ text, shown }: FoundKey, { env, passphrase }: KeyContext): Promise<Signer> {
  const ask = passphrase ?? (async () => env.COSIGN_PASSWORD);
  return keySigner(await parsePrivateKey(text, shown, ask), shown);
}

/** The public key that a text names: a file, or `env:NAME`. @throws SigningKeyError */
export async function openPublicKey(place: string, context: KeyContext): Promise<KeyObject> {
  const { text, shown } = await readPlace(place, context);
  return parsePublicKey(text, shown);
}

interface FoundKey {
  readonly text: string;
  /** Names it in errors. */
  readonly shown: string;
}

async function readPlace(place: string, { cwd, env }: KeyContext): Promise<FoundKey> {
  const variable = /^env:(?:\/\/)?(.*)$/s.exec(place)?.[1];
  if (variable !== undefined) {
    const text = env[variable];
    if (text) return { text, shown: `in \`${visible(variable)}\`` };
    throw new SigningKeyError(`the variable \`${visible(variable)}\`, which is to hold a key, is not set`, {
      hint: 'set it, or name a file',
    });
  }
  // Who puts the key itself there must not find it in a message.
  if (place.includes('-----BEGIN')) {
    throw new SigningKeyError('a key is to be named, and not to stand there itself', {
      hint: 'write `env:NAME` for a variable that holds it, or the path of a file',
    });
  }
  const file = resolve(cwd, place);
  try {
    const { size } = await stat(file);
    if (size > LARGEST)
      throw new SigningKeyError(`\`${visible(place)}\` is too large for a key`, {
        hint: 'name the key’s file',
      });
    return { text: await readFile(file, 'utf8'), shown: `\`${visible(place)}\`` };
  } catch (cause) {
    if (cause instanceof SigningKeyError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code ?? 'no reason given'})`;
    throw new SigningKeyError(`the key \`${visible(place)}\`: ${why}`, {
      hint: 'name a file, or `env:NAME`',
    });
  }
}
