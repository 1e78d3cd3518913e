/** What a build may use of the outside world. Made once at the edge; no stage reads the process's environment or clock. */
import type { HttpClient } from '../http/client.ts';
import type { Platform } from '../oci/platform.ts';
import type { Log } from '../primitives/log.ts';
import type { Store } from '../store/store.ts';
import type { PinFile } from './pins.ts';
import type { RunMemory } from './run-memory.ts';
import type { FinishedImage } from './values.ts';

/** Credentials that the user stated for every registry of this run. */
export interface StatedCredentials {
  readonly username: string;
  readonly password: string;
}

export interface Session {
  readonly http: HttpClient;
  readonly store: Store;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** `build`, `check`, `explain`, `lock`. */
  readonly command: string;
  /** True: accept what the store has, make no request. */
  readonly offline: boolean;
  /** True: resolve and plan only. */
  readonly dryRun: boolean;
  /** True: redo what the store remembers of earlier builds; files fetched before are still used. */
  readonly noCache: boolean;
  /** Seconds since 1970, for `created`, history and the SBOM; undefined where the user set none. */
  readonly sourceDateEpoch: number | undefined;
  readonly pins: PinFile;
  /** What the images of the run read once. */
  readonly memory: RunMemory;
  readonly credentials?: StatedCredentials;
  /** True: say what each platform lacks, and plan no image. */
  readonly tablesPlatforms?: boolean;
  /** Of the image's platforms those that this machine builds, as a shard; absent: all of them. */
  readonly platforms?: readonly Platform[];
  /** The distribution that is to be explained. */
  readonly distribution?: string;
  /** Takes each platform's image in place of all that would become of it: nothing is attached, published or told to plugins. */
  readonly take?: (image: FinishedImage) => void;
}

/** What it takes to find the Python of a base. */
export type DetectionSession = Pick<Session, 'store' | 'log' | 'signal' | 'dryRun' | 'noCache'>;
