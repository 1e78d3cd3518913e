/** Starts programs and waits for them. What they are is the callers' matter. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's own; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  /** Called once the program runs. */
  readonly started?: (child: ChildProcess) => void;
}

export type Command = readonly [program: string, ...args: string[]];

/** Runs a program to its end, whatever that is. Rejects where it cannot be started. */
export function attempt([program, ...args]: Command, options: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program need not read what it is given.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
    child.on('error', reject);
    child.on('spawn', () => options.started?.(child));
    child.on('close', (code, signal) =>
      resolve({
        code,
        signal,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

/** Runs a program that must succeed; gives its standard output without the last newline. */
export async function run(command: Command, options: RunOptions = {}): Promise<string> {
  return succeeded(command, await attempt(command, options)).stdout.replace(/\n$/, '');
}

/** @throws with what the program said, where it failed */
export function succeeded(command: Command, ended: Ended): Ended {
  const { code, signal, stdout, stderr } = ended;
  if (code === 0) return ended;
  const said = `${stdout}\n${stderr}`.trim().slice(-6000);
  throw new Error(`\`${command.join(' ')}\` ended with ${code ?? signal}\n${said}`);
}

export interface Server {
  readonly pid: number;
  /** Everything it printed so far. */
  output(): string;
  /** Ends it, by its process id, and waits. */
  stop(): Promise<void>;
}

/** Starts a program that stays. */
export function startServer([program, ...args]: Command, options: RunOptions = {}): Server {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', (error) => {
      output += String(error);
      resolve();
    });
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** Asks until the answer is something. @param what - as in `the registry answers` */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  limit = 30_000,
): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + limit; Date.now() < end; ) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${limit / 1000} s in vain: ${what}`, { cause: last });
}

/** A port of the loopback address that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
