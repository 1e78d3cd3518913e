#!/usr/bin/env node
/** The program: gives the command line the process's streams, environment and signals, and the process its exit code. */
import type { Io, TextSink } from './io.ts';
import { main } from './main.ts';

const controller = new AbortController();

/** The first interrupt ends the work in order; the second ends the process. */
function interrupt(): void {
  if (controller.signal.aborted) process.exit(130);
  controller.abort();
}

/** Whoever reads the output may stop reading, as `head` does. That is no failure. */
function tolerant(stream: NodeJS.WriteStream): TextSink {
  if (stream.listenerCount('error') === 0) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return stream;
}

process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);

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

process.exitCode = await main(process.argv.slice(2), io);
process.off('SIGINT', interrupt);
process.off('SIGTERM', interrupt);
