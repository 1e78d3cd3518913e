/** What the parts of this plugin use of the outside world. */
import type { HttpClient, Log } from 'pycontainer';

export interface Aws {
  readonly http: HttpClient;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  now(): number;
}
