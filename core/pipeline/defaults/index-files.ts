/** Asks the index for what a lock leaves open: the files of distributions that are pinned without an address. */

import { mapConcurrently } from '../../primitives/concurrency.ts';
import { digestOfJson } from '../../primitives/digest.ts';
import { createPackageIndex, findFile } from '../../python/package-index.ts';
import type { PythonTarget } from '../../python/target.ts';
import type { Session } from '../session.ts';
import type { Distribution, Rejection } from '../values.ts';

export interface Located {
  readonly chosen: readonly Distribution[];
  readonly rejected: readonly Rejection[];
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
  session: Session,
): Promise<Located> {
  const index = createPackageIndex({ http: session.http });
  const rejected: Rejection[] = [];
  const chosen = await mapConcurrently(
    distributions,
    PARALLEL,
    session.signal,
    async (distribution, signal) => {
      if (distribution.source !== 'wheel' || distribution.file !== undefined) return distribution;
      const isProven = (distribution.hashes ?? []).length > 0;
      const key = digestOfJson({
        what: 'file on an index',
        distribution: { ...distribution, requestedBy: [] },
        target,
      });
      const known = isProven
        ? ((await session.store.readAction(key)) as Distribution | undefined)
        : undefined;
      if (known?.file !== undefined) return { ...known, requestedBy: distribution.requestedBy };
      const answer = await findFile(index, distribution, target, signal);
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
      if (isProven) await session.store.writeAction(key, answer.found);
      return answer.found;
    },
  );
  return { chosen, rejected };
}
