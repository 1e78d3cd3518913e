/** What a command may use of the process. `entry` makes it of the real one; tests make their own. */

/** Where text goes: a terminal, a file, a pipe. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

/** Where text comes from: a terminal, a file, a pipe. */
export interface TextSource extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean;
  /** A terminal's: keys come as they are typed, and are not shown. */
  setRawMode?(isRaw: boolean): unknown;
  /** Ends reading, so that the process can end. */
  destroy?(): unknown;
}

export interface Io {
  /** Data, and nothing else. */
  readonly stdout: TextSink;
  /** Everything that is not data. */
  readonly stderr: TextSink;
  readonly stdin: TextSource;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** Fires when the user interrupts. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
}

/** What a command ends with: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;
