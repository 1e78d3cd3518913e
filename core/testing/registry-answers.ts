/** Answers that all of the fake registry gives: something was made, or what the distribution specification calls an error. */
import type { Answer } from './fake-server.ts';

/** 201 with the digest. */
export function created(location: string, digest: string): Answer {
  return { status: 201, headers: { location, 'docker-content-digest': digest } };
}

/** An error with a code, as in `BLOB_UNKNOWN`. */
export function fault(status: number, code: string, headers: Answer['headers'] = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }),
  };
}
