/** Asks a `docker-credential-<name>` program, by the protocol of docker-credential-helpers. */
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import type { Credentials } from './credentials.ts';

/**
 * A credential helper that a registry credentials file names is missing, badly named, took too long, or failed.
 * The message names it.
 */
export class CredentialHelperError extends PycError {
  readonly code = 'PYC_CREDENTIAL_HELPER';
}

/** One segment of a file name: a name with a slash would start any program. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const LONGEST_ANSWER = 1024 * 1024;
/** Milliseconds; some ask for a touch or a password. */
const PATIENCE = 60_000;
/** What helpers print on failure where they know no credentials. */
const UNKNOWN =
  /credentials not found|no credentials server url|not found in native keychain|does not exist/i;

/**
 * The credentials for a server, or undefined where the helper has none.
 *
 * @param server as the helper knows it: `ghcr.io`, `https://index.docker.io/v1/`
 * @throws CredentialHelperError
 */
export async function askHelper(
  name: string,
  server: string,
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Promise<Credentials | undefined> {
  if (!NAME.test(name)) {
    throw new CredentialHelperError(`\`${visible(name.slice(0, 100))}\` is no name of a credential helper`, {
      hint: 'correct `credHelpers` or `credsStore` in the registry credentials file',
    });
  }
  const program = `docker-credential-${name}`;
  const { status, output } = await run(program, server, env, signal);
  if (status !== 0) {
    if (UNKNOWN.test(output)) return undefined;
    throw failure(program, server, `it ended with ${status}`);
  }
  return parseAnswer(program, server, output);
}

function parseAnswer(program: string, server: string, output: string): Credentials | undefined {
  let answer: { Username?: unknown; Secret?: unknown };
  try {
    answer = JSON.parse(output) as typeof answer;
  } catch {
    throw failure(program, server, 'its answer is not JSON');
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failure(program, server, 'its answer has no user name or no secret');
  }
  if (username === '' && secret === '') return undefined;
  return username === '<token>'
    ? { kind: 'identity', username, token: secret }
    : { kind: 'basic', username, password: secret };
}

async function run(
  program: string,
  server: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal | undefined,
): Promise<{ readonly status: number; readonly output: string }> {
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    const patience = AbortSignal.timeout(PATIENCE);
    const child = spawn(program, ['get'], {
      env: { ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: signal === undefined ? patience : AbortSignal.any([signal, patience]),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(signal.reason as Error);
      else if (cause.code === 'ENOENT') {
        reject(
          new CredentialHelperError(
            `the credential helper \`${program}\` for \`${visible(server)}\` is not installed`,
            {
              hint: `put \`${program}\` on PATH, or remove it from the registry credentials file`,
            },
          ),
        );
      } else
        reject(
          failure(
            program,
            server,
            patience.aborted ? 'it did not answer in time' : (cause.code ?? 'it cannot be started'),
          ),
        );
    });
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LONGEST_ANSWER) chunks.push(chunk);
      else child.kill();
    });
    child.once('close', (status) =>
      resolve({ status: status ?? -1, output: Buffer.concat(chunks).toString('utf8').trim() }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(server);
  });
}

/** The answer itself is never quoted: it can hold the secret. */
function failure(program: string, server: string, why: string): CredentialHelperError {
  return new CredentialHelperError(
    `the credential helper \`${program}\` failed for \`${visible(server)}\`: ${why}`,
    {
      hint: `try \`echo ${visible(server)} | ${program} get\``,
    },
  );
}
