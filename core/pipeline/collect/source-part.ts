/** The part of a distribution that is locked as sources: of the wheel that a plugin has for it, or that is made of them here. */
import type { Part } from '../../primitives/file-tree.ts';
import { partOfWheel, type RecordCache } from '../../python/install/part.ts';
import type { Distribution, WheelFile } from '../values.ts';
import { checkFit, checkIdentity } from './built-wheel.ts';
import { buildSource, type SourceBuild } from './source-build.ts';

export interface SourcePartOptions {
  /** What the `wheel` hook answered. */
  readonly supplied: WheelFile | undefined;
  readonly build: SourceBuild;
  readonly records: RecordCache;
}

/** @throws what {@link buildSource} throws; SourceWheelError, SourceUnfitError */
export async function sourcePart(
  distribution: Distribution,
  { supplied, build, records }: SourcePartOptions,
): Promise<Part> {
  const { target, config, install, session } = build;
  const wheel = supplied ?? (await buildSource(distribution, build));
  checkIdentity(wheel, distribution);
  // A plugin may have another wheel for each platform.
  const platforms = supplied === undefined ? config.platforms : [];
  checkFit(wheel, distribution, { target, platforms }, session.log);
  const { name, digest, size, file } = wheel;
  return partOfWheel({
    name: distribution.name,
    fileName: name,
    digest,
    size,
    target: install,
    directUrl: distribution.directUrl,
    openWheel: async () => file,
    records,
  });
}
