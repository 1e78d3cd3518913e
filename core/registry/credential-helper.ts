/**
 * Speaks to a `docker-credential-<name>` program, by the protocol of docker-credential-helpers: one word as its argument,
 * the rest over standard input. Which helper is asked is not known here.
 */
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { namedCredentials } from './credential-file.ts';
import type { Credentials } from './credentials.ts';

/**
 * A credential helper that a registry credentials file names is missing, badly named, took too long, or failed.
 * The message names it.
 */
export class CredentialHelperError extends PycError {
  readonly code = 'PYC_CREDENTIAL_HELPER';
}

type Environment = Readonly<Record<string, string | undefined>>;

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
 * @param patience milliseconds
 * @throws CredentialHelperError
 */
export async function askHelper(
  name: string,
  server: string,
  env: Environment,
  signal?: AbortSignal,
  patience?: number,
): Promise<Credentials | undefined> {
  const call: Call = { name, verb: 'get', about: server, env, signal, patience };
  const output = await run(call, server);
  if (output === undefined) return undefined;
  const { Username: username, Secret: secret } = objectOf(call, output);
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failure(call, 'its answer has no user name or no secret');
  }
  return username === '' && secret === '' ? undefined : namedCredentials(username, secret);
}

/** Has the helper keep a password. @throws CredentialHelperError */
export async function storeInHelper(
  name: string,
  server: string,
  { username, password }: { readonly username: string; readonly password: string },
  env: Environment,
  signal?: AbortSignal,
): Promise<void> {
  const call: Call = { name, verb: 'store', about: server, env, signal };
  await run(call, JSON.stringify({ ServerURL: server, Username: username, Secret: password }));
}

/** Has the helper forget a server; it may not know it. @throws CredentialHelperError */
export async function eraseInHelper(
  name: string,
  server: string,
  env: Environment,
  signal?: AbortSignal,
): Promise<void> {
  await run({ name, verb: 'erase', about: server, env, signal }, server);
}

/** The servers that the helper knows. @throws CredentialHelperError */
export async function listOfHelper(
  name: string,
  env: Environment,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const call: Call = { name, verb: 'list', about: 'all registries', env, signal };
  const output = await run(call, '');
  return output === undefined ? [] : Object.keys(objectOf(call, output));
}

interface Call {
  readonly name: string;
  readonly verb: 'get' | 'store' | 'erase' | 'list';
  /** For messages. */
  readonly about: string;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  readonly patience?: number | undefined;
}

function objectOf(call: Call, output: string): Readonly<Record<string, unknown>> {
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch {
    throw failure(call, 'its answer is not JSON');
  }
  if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>;
  throw failure(call, 'its answer is no JSON object');
}

/** What it printed; undefined where it says that it knows no such server. */
async function run(call: Call, input: string): Promise<string | undefined> {
  const { name, signal } = call;
  if (!NAME.test(name)) {
    throw new CredentialHelperError(`\`${visible(name.slice(0, 100))}\` is no name of a credential helper`, {
      hint: 'correct `credHelpers` or `credsStore` in the registry credentials file',
    });
  }
  const { spawn } = await import('node:child_process');
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(programOf(call), [call.verb], {
      env: { ...call.env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', interrupt);
      settle();
    };
    /** Whatever it started itself may hold the pipe open: nobody waits for that. */
    const stop = (error: unknown): void =>
      end(() => {
        child.kill('SIGKILL');
        child.stdout.destroy();
        child.unref();
        reject(error);
      });
    const interrupt = (): void => stop(signal?.reason);
    const timer = setTimeout(
      () => stop(failure(call, 'it did not answer in time')),
      call.patience ?? PATIENCE,
    );
    signal?.addEventListener('abort', interrupt, { once: true });
    child.once('error', (cause: NodeJS.ErrnoException) => end(() => reject(notStarted(call, cause))));
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LONGEST_ANSWER) chunks.push(chunk);
      else stop(failure(call, 'its answer does not end'));
    });
    child.once('close', (status) =>
      end(() => {
        const output = Buffer.concat(chunks).toString('utf8').trim();
        if (status === 0) resolve(output);
        else if (UNKNOWN.test(output)) resolve(undefined);
        else reject(failure(call, status === null ? 'it was ended' : `it ended with ${status}`));
      }),
    );
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

function programOf({ name }: Call): string {
  return `docker-credential-${name}`;
}

function notStarted(call: Call, cause: NodeJS.ErrnoException): CredentialHelperError {
  if (cause.code !== 'ENOENT') return failure(call, cause.code ?? 'it cannot be started');
  const program = programOf(call);
  return new CredentialHelperError(
    `the credential helper \`${program}\` for \`${visible(call.about)}\` is not installed`,
    { hint: `put \`${program}\` on PATH, or remove it from the registry credentials file` },
  );
}

/** The answer itself is never quoted: it can hold the secret. */
function failure(call: Call, why: string): CredentialHelperError {
  const program = programOf(call);
  return new CredentialHelperError(
    `the credential helper \`${program}\` failed for \`${visible(call.about)}\`: ${why}`,
    {
      hint:
        call.verb === 'get'
          ? `try \`echo ${visible(call.about)} | ${program} get\``
          : `try \`${program} list\``,
    },
  );
}
