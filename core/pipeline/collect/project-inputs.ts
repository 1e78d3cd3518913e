/** The sources of a project as one digest, of all that its part can depend on: nothing is built for it, and nothing is fetched. */
import { type Digest, digestOfJson } from '../../primitives/digest.ts';
import { FIXED_MTIME } from '../../primitives/file-tree.ts';
import { partOfPlannedWheel } from '../../python/local-project/index.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import { collectSources, walkOptionsOf } from '../sources/index.ts';
import type { Project, PythonInBase } from '../values.ts';
import { installTarget } from './environment.ts';
import { partOfItems } from './memory-part.ts';
import { planOf } from './project-part.ts';
import { sourceListing } from './source-listing.ts';

/** @throws what reading the sources throws */
export async function projectInputs(
  project: Project,
  python: PythonInBase,
  config: ResolvedConfig,
  session: Session,
): Promise<Digest> {
  const { directory } = project;
  const { signal, sourceDateEpoch: mtime = FIXED_MTIME } = session;
  if (!project.isPackage) {
    const items = await collectSources(directory, { ...walkOptionsOf(config, session), mtime });
    return partOfItems(items, { name: 'project', role: 'project', salt: 'inputs' }).key;
  }
  const plan = config.builder === 'host' ? undefined : await planOf(project, session);
  // Whatever lies there may matter to a builder.
  if (plan?.static !== true) return sourceListing(directory, signal);
  const part = await partOfPlannedWheel(plan.wheel, directory, {
    name: 'project',
    role: 'project',
    target: installTarget(python),
    signal,
    keep: () => Promise.reject(new TypeError('a plan keeps no wheel')),
  });
  return digestOfJson({ part: part.key, mtime });
}
