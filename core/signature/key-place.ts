/** Where keys come from, as users write it: a file, `env:NAME`, or `command:PROGRAM ARGS`. What is done with them is not known here. */
import type { KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { visible } from '../primitives/path.ts';
import { parsePublicKey } from './algorithms.ts';
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

/** Bytes of a key file. */
const LARGEST = 256 * 1024;

/**
 * What signs with the private key that a text names.
 *
 * @param place a file, `env:NAME` (or `env://NAME`), or `command:PROGRAM ARGS`
 * @throws SigningKeyError, SignerError
 */
export async function openSigner(place: string, context: KeyContext): Promise<Signer> {
  if (place.startsWith('command:')) {
    const command = place.slice('command:'.length).split(' ').filter(Boolean);
    if (command.length === 0) {
      throw new SigningKeyError('`command:` names no program', { hint: 'write `command:PROGRAM ARGS`' });
    }
    return await commandSigner(command, context, context.signal);
  }
  const { passphrase = async () => context.env.COSIGN_PASSWORD } = context;
  const { text, shown } = await readPlace(place, context);
  return keySigner(await parsePrivateKey(text, shown, passphrase), shown);
}

/** The public key that a text names: a file, or `env:NAME`. @throws SigningKeyError */
export async function openPublicKey(place: string, context: KeyContext): Promise<KeyObject> {
  const { text, shown } = await readPlace(place, context);
  return parsePublicKey(text, shown);
}

async function readPlace(place: string, { cwd, env }: KeyContext): Promise<{ text: string; shown: string }> {
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
