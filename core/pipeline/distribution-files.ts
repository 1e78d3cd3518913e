/**
 * What is known of a distribution's files beyond what was chosen, for those who ask why: the other files of its version, and
 * how large the chosen one is. Asks the lock, else its index; and the store.
 */
import { isPycError } from '../primitives/errors.ts';
import { FilenameError, parseSdistFilename, parseWheelFilename } from '../python/wheel-filename.ts';
import { indexAccess, placesOf } from './defaults/index-access.ts';
import { lockedDigest } from './defaults/wheel.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import type { Distribution, LockFile } from './values.ts';

/** Names of every file of the version; undefined where neither the lock nor an index says. */
export async function filesOf(
  distribution: Distribution,
  lock: LockFile | undefined,
  config: ResolvedConfig,
  session: Session,
): Promise<readonly string[] | undefined> {
  const { name, version, directUrl, source, file } = distribution;
  const listed = lock?.filesOf?.(name, version);
  if (listed !== undefined) return listed;
  const isOfIndex = directUrl === undefined && (source === 'wheel' || source === 'sdist');
  if (!isOfIndex || file?.path !== undefined || session.offline) return undefined;
  try {
    const access = await indexAccess(config, session);
    for (const root of placesOf(distribution, lock, access).indexes) {
      const page = await access.index.project(name, root, session.signal);
      if (page !== undefined)
        return page.files.map((one) => one.name).filter((one) => versionOf(one) === version);
    }
  } catch (thrown) {
    // An explanation without them is better than none.
    if (!isPycError(thrown) || session.signal.aborted) throw thrown;
    session.log.debug(thrown.message);
  }
  return undefined;
}

/** Bytes of the chosen file where the lock states them, or the store has it. */
export async function fileSizeOf({ file }: Distribution, session: Session): Promise<number | undefined> {
  const digest = file === undefined ? undefined : lockedDigest(file.hashes);
  if (file?.size !== undefined || digest === undefined) return file?.size;
  return (await session.store.find(digest))?.size;
}

function versionOf(fileName: string): string | undefined {
  try {
    const parse = fileName.endsWith('.whl') ? parseWheelFilename : parseSdistFilename;
    return parse(fileName).version.toString();
  } catch (error) {
    if (error instanceof FilenameError) return undefined;
    throw error;
  }
}
