/** Where a repository really is, and how that host is spoken to. Why it is there is not known here. */
import { isLoopback } from '../http/url.ts';
import type { Reference } from '../oci/reference.ts';

/** What names a repository; the tag and digest of a whole reference do not matter here. */
export type RepositoryName = Pick<Reference, 'host' | 'endpoint' | 'repository'>;

export interface Place extends RepositoryName {
  /** `either`: https with any certificate, else http where no TLS is spoken. */
  readonly scheme: 'https' | 'http' | 'either';
  /** What is looked for there. */
  readonly serves: 'all' | 'tags' | 'digests';
}

/**
 * Where a repository is read from, first choice first and its own place last, or the one place that it is written to.
 *
 * @throws a PycError where the repository must not be used
 */
export type PlaceFinder = (
  name: RepositoryName,
  purpose: 'read' | 'write',
) => readonly [Place, ...(readonly Place[])];

/** A repository where its name says: http for this machine itself, https for all others. */
export function placeOf({ host, endpoint, repository }: RepositoryName): Place {
  const scheme = isLoopback(new URL(`http://${endpoint}`).hostname) ? 'http' : 'https';
  return { host, endpoint, repository, scheme, serves: 'all' };
}
