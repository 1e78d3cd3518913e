/** Asks the index for what a lock leaves open: the files of distributions that are pinned without an address, and where they lie. */

import { mapConcurrently } from '../../primitives/concurrency.ts';
import { type Digest, digestOfJson } from '../../primitives/digest.ts';
import { findFile, type IndexPlaces, indexIdentity, isLocated } from '../../python/package-index.ts';
import type { PythonTarget } from '../../python/target.ts';
import type { Session } from '../session.ts';
import type { Distribution, DistributionFile, LockFile, Rejection } from '../values.ts';
import { type IndexAccess, type IndexUser, indexAccess, placesOf, relocated } from './index-access.ts';

export interface Located {
  readonly chosen: readonly Distribution[];
  readonly rejected: readonly Rejection[];
}

/** Whose files are looked for. */
export interface LocateContext {
  readonly lock: LockFile | undefined;
  readonly user: IndexUser;
  readonly session: Session;
}

/** Index pages that are asked for at once. */
const PARALLEL = 16;

/**
 * The distributions with their files. What an index said of a distribution with locked hashes is remembered, since the hash
 * proves the file; of one without hashes it is asked again.
 */
export async function locateFiles(
  distributions: readonly Distribution[],
  target: PythonTarget,
  { lock, user, session }: LocateContext,
): Promise<Located> {
  const access = await indexAccess(user, session);
  const rejected: Rejection[] = [];
  const chosen = await mapConcurrently(distributions, PARALLEL, session.signal, async (stated, signal) => {
    const distribution = relocated(stated, access);
    if (isLocated(distribution.file)) return distribution;
    if (distribution.source !== 'wheel')
      return distribution === stated
        ? stated
        : mirroredSource(distribution, target, { access, lock, signal });
    const places = placesOf(distribution, lock, access);
    const isProven = (distribution.file?.hashes ?? distribution.hashes ?? []).length > 0;
    const key = answerKey(distribution, places, target);
    const known =
      isProven && !session.noCache
        ? rememberedFile(await session.store.readAction(key), distribution)
        : undefined;
    if (known !== undefined) return { ...distribution, ...known };
    const answer = await findFile(access.index, distribution, target, signal, places);
    if ('rejected' in answer) {
      rejected.push(answer.rejected);
      return distribution;
    }
    if (answer.yanked !== undefined) {
      session.log.warn({
        /**
         * A locked release was withdrawn by its authors (PEP 592), mostly because it is broken. It still goes
         * in, since the lock names it.
         */
        code: 'PYC_DISTRIBUTION_YANKED',
        message: `\`${distribution.name} ${distribution.version}\` was yanked from its index: ${answer.yanked || 'no reason is given'}`,
        hint: 'lock another version',
      });
    }
    const { version, file } = answer.found;
    // A folder on this host can be read again; an address with a password in it is nothing to keep on a disk.
    if (isProven && file?.url !== undefined && !/^[a-z+.-]+:\/\/[^/?#]*@/i.test(file.url))
      await session.store.writeAction(key, { version, file });
    return answer.found;
  });
  return { chosen, rejected };
}

/** The sdist of a mirror: asked for a wheel with that hash, an index says what it has to build instead. */
async function mirroredSource(
  distribution: Distribution,
  target: PythonTarget,
  { access, lock, signal }: { access: IndexAccess; lock: LockFile | undefined; signal: AbortSignal },
): Promise<Distribution> {
  const places = placesOf(distribution, lock, access);
  const asked = { ...distribution, source: 'wheel' as const };
  const answer = await findFile(access.index, asked, target, signal, places);
  return ('rejected' in answer ? answer.rejected.buildable : answer.found) ?? distribution;
}

/** Holds for the same question to the same places; passwords are no part of it. */
function answerKey(
  distribution: Distribution,
  { indexes, links }: IndexPlaces,
  target: PythonTarget,
): Digest {
  const { index: _, indexes: __, requestedBy: ___, ...question } = distribution;
  return digestOfJson({
    what: 'file on an index',
    distribution: question,
    places: [...links, ...indexes].map(indexIdentity),
    target,
  });
}

/** What was remembered, where it is of the right shape and proven by a hash that the lock has. */
function rememberedFile(
  value: unknown,
  { file: named, hashes }: Distribution,
): (Pick<Distribution, 'version'> & { readonly file: DistributionFile }) | undefined {
  const locked = named?.hashes ?? hashes ?? [];
  const { version, file } = (value ?? {}) as { readonly version?: unknown; readonly file?: unknown };
  const {
    name,
    url,
    size,
    hashes: proven,
  } = (file ?? {}) as Partial<Record<keyof DistributionFile, unknown>>;
  const isProven =
    Array.isArray(proven) &&
    proven.length > 0 &&
    proven.every((hash) => locked.some((one) => one.toLowerCase() === hash));
  if (typeof version !== 'string' || typeof name !== 'string' || typeof url !== 'string' || !isProven)
    return undefined;
  if (size !== undefined && !Number.isSafeInteger(size)) return undefined;
  return {
    version,
    file: { name, url, hashes: proven, ...(size === undefined ? {} : { size: size as number }) },
  };
}
