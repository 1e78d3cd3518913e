/** Asks the program `keyring` for the password of an index, as pip and uv do where they are set to `subprocess`. */
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';

/**
 * `PIP_KEYRING_PROVIDER`, `UV_KEYRING_PROVIDER` or a file of settings asks for `keyring`, and that program cannot be
 * started or does not answer. Install it (`uv tool install keyring`), or take the setting out.
 */
export class KeyringError extends PycError {
  readonly code = 'PYC_INDEX_KEYRING';
}

/** Milliseconds; some backends ask for a touch or a password. */
const PATIENCE = 60_000;
const LONGEST_PASSWORD = 64 * 1024;

/**
 * The password, or undefined where the keyring has none.
 *
 * @param service what the password is kept for: the index's URL without credentials, or its host
 * @throws KeyringError
 */
export async function askKeyring(
  service: string,
  username: string,
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<string | undefined> {
  // What begins so would be taken for an option.
  if (service.startsWith('-') || username.startsWith('-') || username.includes('\0')) return undefined;
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const patience = AbortSignal.timeout(PATIENCE);
    const child = spawn('keyring', ['get', service, username], {
      env: { ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (signal?.aborted === true) reject(signal.reason as Error);
      else reject(failure(service, patience.aborted ? 'does not answer' : 'cannot be started', cause));
    });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LONGEST_PASSWORD) chunks.push(chunk);
      else child.kill();
    });
    child.once('close', (status) => {
      const password = Buffer.concat(chunks)
        .toString('utf8')
        .replace(/\r?\n$/, '');
      resolve(status === 0 && password !== '' ? password : undefined);
    });
  });
}

function failure(service: string, why: string, cause: unknown): KeyringError {
  return new KeyringError(`the program \`keyring\`, asked for \`${visible(service)}\`, ${why}`, {
    hint: 'install it, as by `uv tool install keyring`, or unset `UV_KEYRING_PROVIDER` and `PIP_KEYRING_PROVIDER`',
    cause,
  });
}
