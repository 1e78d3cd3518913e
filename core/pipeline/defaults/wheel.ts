/**
 * Finds a wheel's file: in the store by its hash, in the wheelhouse by its name, in the file system or on the network by
 * its location. Every file is verified against the lock's hashes on its way into the store.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { download } from '../../http/download.ts';
import { HttpStatusError } from '../../http/errors.ts';
import { type Digest, digestFromHex, digestOfJson, isDigest } from '../../primitives/digest.ts';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { MAX_WHEEL } from '../../primitives/limits.ts';
import { IndexAccessError } from '../../python/package-index.ts';
import { BlobDamagedError, BlobMissingError } from '../../store/errors.ts';
import type { Session } from '../session.ts';
import type { Distribution, DistributionFile, WheelFile } from '../values.ts';
import { type IndexAccess, type IndexUser, indexAccess } from './index-access.ts';

/**
 * A wheel's bytes do not have the hash that the lock states, or the lock states none that is strong enough.
 * Nothing of the file is kept, and nothing is written.
 */
export class WheelHashError extends PycError {
  readonly code = 'PYC_WHEEL_HASH_MISMATCH';
}

/** The lock names a wheel that is neither in the store nor in the wheelhouse, and no place to fetch it from. */
export class WheelMissingError extends PycError {
  readonly code = 'PYC_WHEEL_NOT_FOUND';
}

/** Hashes strong enough to trust (those that PyPA's simple API names and Python guarantees), strongest first. */
const TRUSTED = ['sha512', 'sha384', 'sha256'] as const;

/** Where wheels come from besides the lock's own addresses. */
export interface WheelPlaces {
  /** Absolute. */
  readonly wheelhouse: string | undefined;
  readonly user: IndexUser;
}

/** @throws WheelHashError where the bytes are not those that the lock states; nothing is kept then */
export async function findWheel(
  distribution: Distribution,
  { wheelhouse, user }: WheelPlaces,
  session: Session,
): Promise<WheelFile | undefined> {
  const { file } = distribution;
  if (file === undefined) return undefined;
  const hashes = file.hashes.length > 0 ? file.hashes : (distribution.hashes ?? []);
  const known = await knownDigest(file, hashes, session);
  if (known !== undefined && (await isIntact(known, session))) {
    const blob = await session.store.find(known);
    if (blob !== undefined) return { name: file.name, file: session.store.fileOf(known), ...blob };
  }
  const local = await localFile(file, wheelhouse);
  if (local === undefined && file.url === undefined) {
    throw new WheelMissingError(
      `there is no \`${file.name}\` in the wheelhouse, and the lock names no place to fetch it from`,
      {
        hint: 'add the file to the wheelhouse, or lock again against an index',
      },
    );
  }
  return fetchWheel(distribution, file, hashes, local, user, session);
}

/**
 * False where the store does not have the bytes, or other ones under their name, which it removes then. What is read
 * of a wheel later is held to the wheel's own RECORD alone, and whoever swaps the one swaps the other.
 */
async function isIntact(digest: Digest, { store, signal }: Session): Promise<boolean> {
  try {
    for await (const _ of store.open(digest)) signal.throwIfAborted();
    return true;
  } catch (thrown) {
    if (thrown instanceof BlobMissingError || thrown instanceof BlobDamagedError) return false;
    throw thrown;
  }
}

/** The lock's SHA-256, or the one that was computed when the same file was fetched by other hashes. */
async function knownDigest(
  file: DistributionFile,
  hashes: readonly string[],
  session: Session,
): Promise<Digest | undefined> {
  const stated = lockedDigest(hashes);
  if (stated !== undefined || hashes.length === 0) return stated;
  const remembered = await session.store.readAction(aliasKey(file.name, hashes));
  return isDigest(remembered) ? remembered : undefined;
}

function aliasKey(name: string, hashes: readonly string[]): Digest {
  return digestOfJson({ what: 'wheel by other hash', name, hashes: [...hashes].sort() });
}

async function localFile(
  file: DistributionFile,
  wheelhouse: string | undefined,
): Promise<string | undefined> {
  if (file.path !== undefined) return file.path;
  if (wheelhouse === undefined) return undefined;
  const path = join(wheelhouse, file.name);
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true ? path : undefined;
}

async function fetchWheel(
  { name, index, indexes = [] }: Distribution,
  file: DistributionFile,
  hashes: readonly string[],
  local: string | undefined,
  user: IndexUser,
  session: Session,
): Promise<WheelFile> {
  const { store, log, signal } = session;
  const id = `wheel ${file.name}`;
  const label = `fetch ${file.name}`;
  const total = file.size;
  log.progress({ id, label, state: 'start', ...(total === undefined ? {} : { total }) });
  const source: AsyncIterable<Uint8Array> =
    local === undefined
      ? downloadFrom(
          await indexAccess(user, session),
          [...(index === undefined ? [] : [index]), ...indexes],
          file,
          { name, hashes },
          signal,
        )
      : readLocal(local, file.name);
  let done = 0;
  const checked = hashing(source, hashes, file.name, (bytes) => {
    done += bytes;
    log.progress({ id, label, state: 'advance', done, ...(total === undefined ? {} : { total }) });
  });
  try {
    const blob = await store.write(checked, { what: `\`${file.name}\``, limit: MAX_WHEEL }, signal);
    if (hashes.length > 0 && lockedDigest(hashes) === undefined)
      await store.writeAction(aliasKey(file.name, hashes), blob.digest);
    return { name: file.name, file: store.fileOf(blob.digest), ...blob };
  } finally {
    log.progress({ id, label, state: 'end' });
  }
}

/** @param roots of the index that lists the file: what their addresses say in front of the host opens the file as well */
async function* downloadFrom(
  { http, credentials }: IndexAccess,
  roots: readonly string[],
  { url = '', size }: DistributionFile,
  { name, hashes }: Pick<Required<Distribution>, 'name' | 'hashes'>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (const root of roots) credentials.learn(root);
  const isVerified = hashes.length > 0;
  try {
    yield* download(http, { url, signal }, { expectedSize: size, isVerified });
  } catch (thrown) {
    if (!(thrown instanceof HttpStatusError) || (thrown.status !== 401 && thrown.status !== 403))
      throw thrown;
    const sent = await credentials.find(new URL(url), signal);
    throw new IndexAccessError(url, name, thrown.status, sent?.source);
  }
}

/** Opens the file only when it is read, so that nobody has to close it where it never comes to that. */
async function* readLocal(path: string, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new WheelMissingError(`\`${name}\` cannot be read from \`${path}\`: ${messageOf(cause)}`, {
      hint: 'put the file there, or lock again',
      cause,
    });
  }
}

/**
 * Passes the bytes on and fails at their end, before the store keeps them, unless they have a locked hash of every
 * trusted algorithm that the lock states: what is known by one hash must not be proven by another alone.
 */
async function* hashing(
  source: AsyncIterable<Uint8Array>,
  hashes: readonly string[],
  name: string,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const checks = TRUSTED.map((algorithm) => ({
    algorithm,
    hash: createHash(algorithm),
    wanted: hashes.map((one) => one.toLowerCase()).filter((one) => one.startsWith(`${algorithm}:`)),
  })).filter(({ wanted }) => wanted.length > 0);
  if (hashes.length > 0 && checks.length === 0) {
    throw new WheelHashError(
      `the lock states no hash of \`${name}\` that can be trusted: ${hashes.join(', ')}`,
      {
        hint: 'lock again with SHA-256 hashes',
      },
    );
  }
  for await (const chunk of source) {
    for (const { hash } of checks) hash.update(chunk);
    onBytes(chunk.length);
    yield chunk;
  }
  for (const { algorithm, hash, wanted } of checks) {
    const found = `${algorithm}:${hash.digest('hex')}`;
    if (!wanted.includes(found)) throw wrongHash(name, wanted, found);
  }
}

/** The error for a wheel that is not the one that was locked. */
export function wrongHash(name: string, wanted: readonly string[], found: string): WheelHashError {
  return new WheelHashError(`\`${name}\` has the hash ${found} instead of ${wanted.join(' or ')}`, {
    hint: 'the file is not the one that the lock or its index names: find out why before you lock again',
    details: [{ file: name, expected: wanted, actual: found }],
  });
}

/** The digest that a file must have: undefined where the lock states no SHA-256 of it, or several to choose from. */
export function lockedDigest(hashes: readonly string[]): Digest | undefined {
  const stated = new Set(hashes.map((hash) => hash.toLowerCase()).filter(isDigest));
  return stated.size === 1 ? [...stated][0] : undefined;
}

/** The SHA-256 of a lock's hashes as a digest, for reports. */
export function sha256Of(hashes: readonly string[]): Digest | undefined {
  const hex = hashes
    .map((hash) => /^sha256:([0-9a-f]{64})$/i.exec(hash)?.[1])
    .find((found) => found !== undefined);
  return hex === undefined ? undefined : digestFromHex(hex);
}
