/** What the one HTTP client offers to everything that speaks HTTP. `undici-client` implements it. */
import type { Readable } from 'node:stream';

export interface HttpRequest {
  readonly url: string;
  /** Default GET. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** A function gives a fresh stream for each try, so that a retry never sends a consumed one. */
  readonly body?: Uint8Array | string | (() => AsyncIterable<Uint8Array>);
  /** Length of a streamed body in bytes. */
  readonly bodySize?: number;
  readonly signal?: AbortSignal | undefined;
  /** `follow` (default) follows at most 10 redirects: Authorization and cookies stay with their origin, https never becomes http. */
  readonly redirect?: 'follow' | 'manual';
  /** Further tries after 408, 429, 5xx and broken connections; default 4 for GET and HEAD, 0 otherwise. */
  readonly retries?: number;
  /** False: the origin may show any certificate. Holds for this origin alone, not for where it redirects to. */
  readonly verify?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  /** Lower-case names; several of one name are joined by `, `, except in `headerLists`. */
  readonly headers: Readonly<Record<string, string>>;
  /** All values of a header in order. */
  headerList(name: string): readonly string[];
  /** Where the answer came from, after redirects. */
  readonly url: string;
  /** The body; must be read or destroyed. Content-Encoding is not undone: requests ask for `identity`. */
  readonly body: Readable;
  /** The body whole. @throws past `limit` bytes */
  bytes(limit: number): Promise<Uint8Array>;
  text(limit: number): Promise<string>;
  /** Drains and drops the body, so that the connection can be used again. */
  discard(): Promise<void>;
}

export interface HttpClient {
  /** Resolves with any status; rejects with an HttpError when there is no answer. */
  request(request: HttpRequest): Promise<HttpResponse>;
  /** How many requests were sent: a test of offline builds counts them. */
  readonly sent: number;
  close(): Promise<void>;
}
