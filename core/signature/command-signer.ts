/**
 * A signer over a command, for services of keys and hardware tokens. It is called with `public-key` as its last argument and
 * prints the public key in PEM; or with `sign`, and prints the signature, in base64, of the bytes that it reads from standard input.
 */
import { spawn } from 'node:child_process';
import { visible } from '../primitives/path.ts';
import { algorithmOf, parsePublicKey } from './algorithms.ts';
import { SignerError } from './errors.ts';
import type { Signer } from './signer.ts';

export interface CommandContext {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Bytes of an answer. */
const LONGEST = 64 * 1024;
/** Milliseconds: a token may wait for a touch. */
const PATIENCE = 120_000;

/** @param command the program and its first arguments; no shell reads them @throws SignerError, SigningKeyError */
export async function commandSigner(
  command: readonly string[],
  context: CommandContext,
  signal: AbortSignal,
): Promise<Signer> {
  const shown = `of the command \`${visible(command[0] ?? '')}\``;
  const publicKey = (await call(command, 'public-key', new Uint8Array(), context, signal)).toString('utf8');
  const algorithm = algorithmOf(parsePublicKey(publicKey, shown), shown);
  return {
    algorithm,
    publicKey: async () => publicKey,
    async sign(bytes, inner) {
      const text = (await call(command, 'sign', bytes, context, inner)).toString('utf8').trim();
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
        throw failed(command, 'sign', 'it printed no base64');
      }
      return Buffer.from(text, 'base64');
    },
  };
}

function call(
  command: readonly string[],
  verb: 'public-key' | 'sign',
  input: Uint8Array,
  { cwd, env }: CommandContext,
  signal: AbortSignal,
): Promise<Buffer> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void => reject(signal.aborted ? signal.reason : failed(command, verb, why));
    const child = spawn(program, [...args, verb], {
      cwd,
      env: { ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
    const printed: Buffer[] = [];
    let size = 0;
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LONGEST) printed.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-500);
    });
    // It may end without having read.
    child.stdin.on('error', () => undefined);
    child.on('error', (cause) => {
      refuse(
        cause.name === 'AbortError'
          ? 'it took too long'
          : `it cannot be started (${(cause as NodeJS.ErrnoException).code ?? 'no reason given'})`,
      );
    });
    child.on('close', (code) => {
      if (code !== 0)
        refuse(`it ended with ${code ?? 'a signal'}${said === '' ? '' : `: ${visible(said.trim())}`}`);
      else if (size > LONGEST) refuse('it printed too much');
      else resolve(Buffer.concat(printed));
    });
    child.stdin.end(input);
  });
}

function failed([program = '']: readonly string[], verb: string, why: string): SignerError {
  return new SignerError(`the signer \`${visible(program)} … ${verb}\` failed: ${why}`, {
    hint: 'try it by itself: `public-key` prints PEM, `sign` reads bytes and prints the signature in base64',
  });
}
