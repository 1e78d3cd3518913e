/** Finds a Python on the host, and runs programs there. What they are run for is not known here. */
import { spawn } from 'node:child_process';
import { HostCollectError } from './errors.ts';

/** A Python of the host. */
export interface Python {
  readonly program: string;
  /** As in `3.13`. */
  readonly version: string;
}

export interface RunOptions {
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where it runs. */
  readonly folder?: string;
  readonly signal: AbortSignal;
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  /** What it printed last, both streams together. */
  readonly output: string;
}

const PROBE = ['-I', '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'];
/** Characters of output that are kept. */
const KEPT = 65_536;

/**
 * A Python of exactly this version: by its own name, as `python3`, or one that uv manages.
 *
 * @throws HostCollectError where the host has none
 */
export async function findPython(
  version: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Python> {
  const options = { env, signal };
  for (const program of [`python${version}`, 'python3', 'python']) {
    const ended = await attempt(program, PROBE, options);
    if (ended?.code === 0 && ended.output.trim() === version) return { program, version };
  }
  const found = await attempt('uv', ['python', 'find', '--no-project', '--offline', version], options);
  const program = found?.code === 0 ? (found.output.trim().split('\n').at(-1) ?? '') : '';
  const ended = program === '' ? undefined : await attempt(program, PROBE, options);
  if (ended?.code === 0 && ended.output.trim() === version) return { program, version };
  throw new HostCollectError(
    `this host has no Python ${version}, which the image has, to collect static files with`,
    {
      hint: `install it, as in \`uv python install ${version}\``,
    },
  );
}

/** Undefined where the program cannot be started. */
async function attempt(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Ended | undefined> {
  try {
    return await run(program, args, options);
  } catch (thrown) {
    if (options.signal.aborted) throw thrown;
    return undefined;
  }
}

/** Runs a program to its end, whatever that is. Rejects where it cannot be started or is interrupted. */
export function run(
  program: string,
  args: readonly string[],
  { env, folder, signal }: RunOptions,
): Promise<Ended> {
  return new Promise((done, refuse) => {
    const child = spawn(program, args, {
      ...(folder === undefined ? {} : { cwd: folder }),
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', refuse);
    child.on('close', (code) => done({ code, output }));
  });
}
