/** Runs an engine's program to its end, with an archive at its standard input. What is said to it is its callers' business. */
import { type ChildProcess, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { EngineLoadError, EngineTimeoutError, EngineUnreachableError } from './errors.ts';

export type Command = readonly [program: string, ...args: string[]];

export interface ProgramRun {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly input?: AsyncIterable<Uint8Array>;
  /** Milliseconds in which the program must take or print something; default ten minutes. */
  readonly patience?: number;
}

export interface ProgramEnd {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  /** The end of it. */
  readonly stderr: string;
}

const PATIENCE = 600_000;
/** Milliseconds between asking a program to end and ending it. */
const GRACE = 3000;
/** Characters of each stream that are kept. */
const KEPT = 8 * 1024 * 1024;

/** Whatever its exit code is. @throws EngineUnreachableError where there is no such program; EngineTimeoutError */
export async function runEngine(command: Command, run: ProgramRun): Promise<ProgramEnd> {
  const { env, signal, input, patience = PATIENCE } = run;
  signal.throwIfAborted();
  const [program, ...args] = command;
  const child = spawn(program, args, {
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const feeding = new AbortController();
  let late = false;
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    feeding.abort();
    end(child, 'SIGTERM');
    killing ??= setTimeout(() => end(child, 'SIGKILL'), GRACE);
  };
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, patience);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const fault = input === undefined ? undefined : feed(child, input, timer, feeding.signal);
    const ended = await outcome(child, timer);
    feeding.abort();
    signal.throwIfAborted();
    if (late) {
      throw new EngineTimeoutError(`\`${program}\` did nothing for ${Math.round(patience / 1000)} seconds`);
    }
    const thrown = await fault;
    if (thrown !== undefined) throw thrown;
    return ended;
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EACCES') throw thrown;
    throw new EngineUnreachableError(`cannot start \`${visible(program)}\`: ${messageOf(thrown)}`, {
      hint: `install it, or put it on the PATH of this build`,
      cause: thrown,
    });
  } finally {
    clearTimeout(timer);
    clearTimeout(killing);
    signal.removeEventListener('abort', stop);
  }
}

/** The standard output of a program that must succeed. @throws EngineLoadError with what it said */
export async function succeed(command: Command, run: ProgramRun): Promise<string> {
  const ended = await runEngine(command, run);
  if (ended.code === 0) return ended.stdout;
  throw failureOf(command, ended);
}

/** What a program that failed said. */
export function failureOf(command: Command, { code, stdout, stderr }: ProgramEnd): EngineLoadError {
  const said = visible((stderr.trim() || stdout.trim()).slice(-1000));
  return new EngineLoadError(`\`${command.join(' ')}\` ended with ${code ?? 'a signal'}: ${said}`, {
    hint: 'mend what the program names, then load again',
  });
}

/** The fault of the archive itself, if any: a program that stops reading says why by its exit code. */
async function feed(
  child: ChildProcess,
  input: AsyncIterable<Uint8Array>,
  timer: NodeJS.Timeout,
  signal: AbortSignal,
): Promise<unknown> {
  let fault: unknown;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of input) {
        timer.refresh();
        yield chunk;
      }
    } catch (thrown) {
      fault = thrown;
      throw thrown;
    }
  };
  try {
    await pipeline(Readable.from(watched(), { objectMode: false }), child.stdin!, { signal });
  } catch {
    child.stdin?.destroy();
    if (fault !== undefined) end(child, 'SIGTERM');
  }
  return fault;
}

function outcome(child: ChildProcess, timer: NodeJS.Timeout): Promise<ProgramEnd> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    timer.refresh();
    stdout = (stdout + chunk.toString()).slice(-KEPT);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    timer.refresh();
    stderr = (stderr + chunk.toString()).slice(-KEPT);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function end(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended.
  }
}
