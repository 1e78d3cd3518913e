#!/usr/bin/env node
/** The program: gives the command line the process's streams, environment and signals, and the process its exit code. */
import type { Io } from './io.ts';
import { main } from './main.ts';

const controller = new AbortController();

/** The first interrupt ends the work in order; the second ends the process. */
function interrupt(): void {
  if (controller.signal.aborted) process.exit(130);
  controller.abort();
}

/** Whoever reads the output may stop reading, as `head` does. That is no failure. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  throw error;
}

process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
process.stdout.on('error', ignoreClosedPipe);
process.stderr.on('error', ignoreClosedPipe);

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  // Only asked for where it is read: touching it keeps the process alive.
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
  now: () => Date.now(),
};

process.exitCode = await main(process.argv.slice(2), io);
process.off('SIGINT', interrupt);
process.off('SIGTERM', interrupt);
