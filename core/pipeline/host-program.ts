/**
 * Runs a program of this host to its end, with all that it starts: an interrupt or a time limit ends the whole process group.
 * What the program is for is its callers' business.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { PycError } from '../primitives/errors.ts';
import { TaskAbortedError } from './aborted.ts';

/**
 * A program that the build started on this host did not end in the time that it has: an hour for a builder, a quarter of
 * one for git. It was ended. Look with `--verbose` at what it does last.
 */
export class ProgramTimeoutError extends PycError {
  readonly code = 'PYC_PROGRAM_TIMEOUT';
}

export interface ProgramOptions {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout: number;
  /** Told of what it prints, as it comes. */
  readonly onOutput?: (text: string) => void;
}

export interface EndedProgram {
  /** Null where a signal ended it. */
  readonly code: number | null;
  /** The end of what it printed to both streams. */
  readonly output: string;
}

/** Characters of output that are kept. */
const KEPT = 65_536;
/** Milliseconds between asking a process to end and ending it. */
const GRACE = 3000;

/**
 * Standard input is empty. Rejects where the program cannot be started.
 *
 * @throws TaskAbortedError where the signal fired, ProgramTimeoutError; both once the program has ended
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, signal, timeout, onOutput }: ProgramOptions,
): Promise<EndedProgram> {
  if (signal.aborted) return Promise.reject(new TaskAbortedError(signal.reason));
  return new Promise((done, refuse) => {
    // Of a group of its own, which can be ended as one. Elsewhere a terminal's interrupt reaches all by itself.
    const detached = process.platform !== 'win32';
    const child = spawn(program, args, { cwd, env, detached, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let late = false;
    let killing: NodeJS.Timeout | undefined;
    const end = (): void => {
      endGroup(child, detached, 'SIGTERM');
      killing ??= setTimeout(() => endGroup(child, detached, 'SIGKILL'), GRACE);
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, timeout);
    signal.addEventListener('abort', end, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      clearTimeout(killing);
      signal.removeEventListener('abort', end);
    };
    const collect = (chunk: Buffer): void => {
      const text = chunk.toString();
      output = (output + text).slice(-KEPT);
      onOutput?.(text.trimEnd());
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (cause) => {
      settle();
      refuse(cause);
    });
    // What it started may outlive it and hold its output open.
    child.on('exit', () => endGroup(child, detached, 'SIGTERM'));
    child.on('close', (code) => {
      settle();
      if (signal.aborted) refuse(new TaskAbortedError(signal.reason));
      else if (late) refuse(timedOut(program, timeout, output));
      else done({ code, output });
    });
  });
}

function endGroup(child: ChildProcess, detached: boolean, signal: NodeJS.Signals): void {
  try {
    if (detached && child.pid !== undefined) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended.
  }
}

function timedOut(program: string, timeout: number, output: string): ProgramTimeoutError {
  return new ProgramTimeoutError(
    `\`${program}\` did not end within ${Math.round(timeout / 60_000)} minutes\n\n${lastLines(output)}`,
    { hint: 'build its wheel by hand into a folder that `wheelhouse` names' },
  );
}

/** Lines of a program's output that an error shows. */
const SHOWN_LINES = 20;

/** The last lines of what a program printed, indented, to be shown in an error. */
export function lastLines(output: string): string {
  return output
    .trimEnd()
    .split('\n')
    .slice(-SHOWN_LINES)
    .map((line) => `  ${line}`)
    .join('\n');
}
