/** What a build says while it runs. The pipeline and the plugins write to it; only the command line shows it. */

/** A warning as the build report lists it. */
export interface Warning {
  readonly code: `PYC_${string}`;
  readonly message: string;
  readonly hint?: string;
}

/** A step of long work, for a progress display. */
export interface ProgressEvent {
  /** Identifies the step; events of one step share it. */
  readonly id: string;
  /** What a person reads, as in `fetch numpy-2.1.0-cp312-…whl`. */
  readonly label: string;
  readonly state: 'start' | 'advance' | 'end';
  /** Bytes or items so far and in total, where known. */
  readonly done?: number;
  readonly total?: number;
}

/** Receives everything a build has to say. */
export interface Log {
  info(message: string): void;
  debug(message: string): void;
  warn(warning: Warning): void;
  progress(event: ProgressEvent): void;
}

/** Discards everything. */
export const silentLog: Log = { info() {}, debug() {}, warn() {}, progress() {} };
