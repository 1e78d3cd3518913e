/** What the verbs on finished images may use of the outside world. Made once at the edge, by `core/image-session.ts`. */
import type { HttpClient } from '../http/client.ts';
import type { Log } from '../primitives/log.ts';
import type { RegistryClient } from '../registry/index.ts';
import type { Store } from '../store/store.ts';

export interface ImageSession {
  readonly store: Store;
  readonly http: HttpClient;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** True: make no request. */
  readonly offline: boolean;
  /**
   * The client for registries, with the credentials, mirrors and certificates of a build.
   *
   * @param hosts those that the run's own credentials are meant for
   */
  registry(hosts?: readonly string[]): Promise<RegistryClient>;
}
