/**
 * The process of the program: gives the command line its streams, environment and signals, and gets its exit code from
 * it. Compiled code is kept in the cache.
 */
import { keepOwnCode } from '../compiled-code.ts';
import { STALLED } from '../primitives/stalled.ts';
import type { Io, TextSink } from './io.ts';
import { main } from './main.ts';

const controller = new AbortController();

// Streams are asked for where they are used: making one takes time, and reading standard input keeps the process alive.
const io: Io = {
  get stdout() {
    return tolerant(process.stdout);
  },
  get stderr() {
    return tolerant(process.stderr);
  },
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
  now: () => Date.now(),
};

/** Runs a command line and sets the process's exit code. @param argv - without the names of the runtime and the program */
export async function runProcess(argv: readonly string[]): Promise<void> {
  // Who names another cache on the command line wants nothing written elsewhere.
  if (!argv.some((word) => word.startsWith('--cache-dir'))) keepOwnCode(io.env, io.cwd);
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.once('uncaughtException', (thrown) => void fail(thrown, argv));
  process.once('unhandledRejection', (thrown) => void fail(thrown, argv));
  process.once('beforeExit', stalled);
  process.once('exit', silent);
  process.exitCode = await main(argv, io);
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  process.off('beforeExit', stalled);
  process.off('exit', silent);
  // What was left hanging keeps the process alive no longer; where nothing hangs, this is never called.
  if (controller.signal.aborted) setTimeout(() => process.exit(), LINGER).unref();
}

/** Milliseconds that an interrupted run has to end by itself. */
const LINGER = 500;

/** What somebody's code throws where nothing waits for it: no tap and no call that it could be told of. */
async function fail(thrown: unknown, argv: readonly string[]): Promise<void> {
  const [{ reportFailure }, { strayError }] = await Promise.all([
    import('./render/failure.ts'),
    import('./stray-error.ts'),
  ]);
  process.exit(reportFailure(strayError(thrown), argv[0] ?? 'pyc', argv, io));
}

/** The first interrupt ends the work in order; the second ends the process. */
function interrupt(): void {
  if (controller.signal.aborted) process.exit(130);
  controller.abort();
}

/** Nothing is left that could bring the work forward, and it has not ended: what waits is ended, so that it is named. */
function stalled(): void {
  controller.abort(STALLED);
}

/** Node's code for a program that waits for nothing, which it leaves without a word. */
const STANDSTILL = 13;

function silent(code: number): void {
  if (code !== STANDSTILL && process.exitCode !== STANDSTILL) return;
  process.stderr.write('error: the program came to a standstill [PYC_INTERNAL]\n');
  process.exitCode = 1;
}

/** Whoever reads the output may stop reading, as `head` does. That is no failure. Where it cannot be written, it is. */
function tolerant(stream: NodeJS.WriteStream): TextSink {
  if (stream.listenerCount('error') === 0) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      if (stream !== process.stderr)
        process.stderr.write(`error: the output cannot be written: ${error.message}\n`);
      process.exit(1);
    });
  }
  return stream;
}
