/** An {@link Io} whose streams are kept in memory. */
import { Readable } from 'node:stream';
import type { Io, TextSink } from '../../core/cli/io.ts';

export interface FakeIo extends Io {
  out(): string;
  err(): string;
}

interface FakeOptions extends Partial<Omit<Io, 'stdin'>> {
  readonly isTTY?: boolean;
  readonly input?: string;
}

export function fakeIo(options: FakeOptions = {}): FakeIo {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (chunks: string[]): TextSink => ({
    write: (text) => chunks.push(text),
    isTTY: options.isTTY ?? false,
    columns: 80,
  });
  return {
    stdout: sink(out),
    stderr: sink(err),
    stdin: Object.assign(Readable.from([options.input ?? '']), { isTTY: options.isTTY ?? false }),
    env: {},
    cwd: process.cwd(),
    signal: new AbortController().signal,
    now: () => 0,
    ...options,
    out: () => out.join(''),
    err: () => err.join(''),
  };
}
