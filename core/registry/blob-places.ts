/**
 * Remembers during one run in which repositories blobs lie, so that what was pushed to one is mounted into the next.
 * It sends nothing, and what it says may be out of date: whoever mounts must do without.
 */
import type { Digest } from '../primitives/digest.ts';

/** What is known of the registries that a run pushes to. */
export interface BlobPlaces {
  /** A repository of the host that has it. */
  find(host: string, digest: Digest): string | undefined;
  /** True where this very repository is known to have it. */
  has(host: string, repository: string, digest: Digest): boolean;
  note(host: string, repository: string, digest: Digest): void;
}

/** Knows nothing at first. */
export function createBlobPlaces(): BlobPlaces {
  const hosts = new Map<string, Map<Digest, Set<string>>>();
  const repositories = (host: string, digest: Digest): Set<string> | undefined =>
    hosts.get(host)?.get(digest);
  return {
    find: (host, digest) => repositories(host, digest)?.values().next().value,
    has: (host, repository, digest) => repositories(host, digest)?.has(repository) ?? false,
    note(host, repository, digest) {
      const blobs = hosts.get(host) ?? new Map<Digest, Set<string>>();
      hosts.set(host, blobs.set(digest, (blobs.get(digest) ?? new Set()).add(repository)));
    },
  };
}
