/**
 * The folder of wheels that a configuration names: it gives the wheels that a lock leaves open or has only sources
 * for. Wheels that the lock names are found there by their file name, when they are fetched.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PycError } from '../../primitives/errors.ts';
import { chooseWheel, type WheelSupport, wheelSupport } from '../../python/lock/wheel-choice.ts';
import { isLocated } from '../../python/package-index.ts';
import { SpecifierSet } from '../../python/specifier.ts';
import type { PythonTarget } from '../../python/target.ts';
import { Version } from '../../python/version.ts';
import { FilenameError, parseWheelFilename } from '../../python/wheel-filename.ts';
import type { Session } from '../session.ts';
import type { Distribution, DistributionFile, Rejection } from '../values.ts';

/** The folder that `wheelhouse` names does not exist or cannot be read. */
export class WheelhouseError extends PycError {
  readonly code = 'PYC_WHEELHOUSE_UNREADABLE';
  override readonly exitCode = 2;
}

/** What a wheelhouse gives for one target. */
export interface Wheelhouse {
  /**
   * The distributions, with a wheel where one is pinned without an address or is a folder. For a pinned version a wheel
   * counts only with a hash that the lock states, where it states any.
   */
  supply(distributions: readonly Distribution[]): Promise<readonly Distribution[]>;
  /** Wheels for distributions that would have to be built. No lock can state their hashes, which is warned of. */
  replace(rejections: readonly Rejection[]): Promise<Replaced>;
}

/** What became of rejections. */
export interface Replaced {
  readonly chosen: readonly Distribution[];
  readonly rejected: readonly Rejection[];
}

/** What is there without a wheelhouse. */
const NO_WHEELHOUSE: Wheelhouse = {
  supply: async (distributions) => distributions,
  replace: async (rejected) => ({ chosen: [], rejected }),
};

/**
 * @param directory - absolute; undefined where the configuration names no wheelhouse
 * @throws WheelhouseError
 */
export async function openWheelhouse(
  directory: string | undefined,
  target: PythonTarget,
  session: Session,
): Promise<Wheelhouse> {
  if (directory === undefined) return NO_WHEELHOUSE;
  const names = await readdir(directory).catch((cause: unknown) => {
    throw new WheelhouseError(`the wheelhouse \`${directory}\` cannot be read: ${messageOf(cause)}`, {
      hint: 'make the folder and put wheels into it, or take `wheelhouse` out of the configuration',
      cause,
    });
  });
  const support = wheelSupport(target);
  const find: Find = (name, version) => wheelOf(names, directory, name, version, support);
  return {
    async supply(distributions) {
      const all: Distribution[] = [];
      for (const distribution of distributions)
        all.push(
          named(distribution, names, directory) ??
            (await supplied(distribution, find, session.signal)) ??
            distribution,
        );
      return all;
    },
    async replace(rejections) {
      const chosen: Distribution[] = [];
      const rejected: Rejection[] = [];
      for (const rejection of rejections) {
        const found = await replaced(rejection, find, session);
        if (found === undefined) rejected.push(rejection);
        else chosen.push(found);
      }
      return { chosen, rejected };
    },
  };
}

type Find = (name: string, version: string) => DistributionFile | undefined;

/** For a wheel that the lock names without an address: its hashes are checked when it is read. */
function named(
  distribution: Distribution,
  names: readonly string[],
  directory: string,
): Distribution | undefined {
  const { source, file } = distribution;
  if (source !== 'wheel' || file === undefined || isLocated(file) || !names.includes(file.name))
    return undefined;
  return { ...distribution, file: { ...file, path: join(directory, file.name) } };
}

/** For what is pinned without a file, and for folders such as a workspace's members. */
async function supplied(
  distribution: Distribution,
  find: Find,
  signal: AbortSignal,
): Promise<Distribution | undefined> {
  const isOpen = distribution.file === undefined || distribution.source !== 'wheel';
  const file = isOpen ? find(distribution.name, distribution.version) : undefined;
  if (file === undefined) return undefined;
  const { path: _, ...rest } = distribution;
  const hash = await sha256OfFile(file.path!, signal);
  const locked = distribution.source === 'wheel' ? (distribution.hashes ?? []) : [];
  if (locked.length > 0 && !locked.some((one) => one.toLowerCase() === hash)) return undefined;
  return {
    ...rest,
    version: parseWheelFilename(file.name).version.toString(),
    source: 'wheel',
    file: { ...file, hashes: [hash] },
  };
}

async function replaced(
  rejection: Rejection,
  find: Find,
  session: Session,
): Promise<Distribution | undefined> {
  const { name, version, buildable } = rejection;
  const file = find(name, version ?? '');
  if (file === undefined) return undefined;
  session.log.warn({
    /**
     * The lock has sources alone for a distribution, and `wheelhouse` has a wheel of it. It goes in as it is: nothing
     * but the folder vouches for it.
     */
    code: 'PYC_WHEEL_NOT_LOCKED',
    message: `\`${file.name}\` is taken from the wheelhouse as it is: the lock has no hash of a wheel of \`${name}\``,
    hint: 'keep the wheelhouse where only those write whom you trust',
  });
  return {
    name,
    version: parseWheelFilename(file.name).version.toString(),
    source: 'wheel',
    file: { ...file, hashes: [await sha256OfFile(file.path!, session.signal)] },
    requestedBy: buildable?.requestedBy ?? [],
  };
}

/** @param version - empty where the lock does not state it */
function wheelOf(
  names: readonly string[],
  directory: string,
  name: string,
  version: string,
  support: WheelSupport,
): DistributionFile | undefined {
  const isVersion = Version.tryParse(version) !== undefined;
  const wanted = version === '' ? undefined : SpecifierSet.parse(`${isVersion ? '==' : '==='}${version}`);
  const fitting = names.filter((file) => {
    const wheel = parsed(file);
    return wheel?.name === name && (wanted?.contains(wheel.version, { prereleases: true }) ?? true);
  });
  const best = chooseWheel(
    fitting.map((file) => ({ name: file })),
    support.ranks,
  );
  return best === undefined ? undefined : { name: best.name, path: join(directory, best.name), hashes: [] };
}

function parsed(file: string): ReturnType<typeof parseWheelFilename> | undefined {
  try {
    return parseWheelFilename(file);
  } catch (error) {
    if (error instanceof FilenameError) return undefined;
    throw error;
  }
}

async function sha256OfFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Uint8Array);
  return `sha256:${hash.digest('hex')}`;
}
