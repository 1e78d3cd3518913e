/** A project's lock, read or made once a run. Which file it is and how one is made is decided elsewhere. */
import { normalizeName } from '../../python/name.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { LockFile, Project } from '../values.ts';
import { hatchMembers } from './hatch-members.ts';
import { findLock } from './lock.ts';
import { findProject } from './project.ts';

/**
 * @param mayBeMade false where nobody asked what the project needs; default: unless another one than it is asked for
 * @returns undefined for a project that states that it needs nothing
 * @throws what finding, reading and making it throws
 */
export function lockOfProject(
  project: Project,
  config: ResolvedConfig,
  session: Session,
  mayBeMade = config.package === undefined || normalizeName(config.package) === project.name,
): Promise<LockFile | undefined> {
  const { directory, lock, extras, groups } = config;
  const locks = session.memory.get(
    `locks ${JSON.stringify([directory, lock ?? null, mayBeMade, extras, groups])}`,
    () => new WeakMap<Project, Promise<LockFile | undefined>>(),
  );
  const found = locks.get(project) ?? findLock(project, lock, session, make, directory);
  locks.set(project, found);
  return found;

  async function make(boundary: string): Promise<LockFile | undefined> {
    if (!mayBeMade) return undefined;
    // Only where a lock is missing is loaded what makes one.
    const { lockByHost } = await import('./lock-by-host.ts');
    return lockByHost(project, config, boundary, await neighboursOf(project, config, session), session);
  }
}

/** The other members of Hatch's workspace, by their names: what is called so comes from there and never from an index. */
async function neighboursOf(
  { name }: Project,
  { directory }: ResolvedConfig,
  { memory, signal }: Session,
): Promise<ReadonlyMap<string, string>> {
  const projectIn = (folder: string) =>
    memory.get(`project ${folder}`, () => findProject(folder, signal, memory));
  const folders = (await hatchMembers(await projectIn(directory))) ?? [];
  const members = await Promise.all(folders.map(projectIn));
  return new Map(members.filter((one) => one.name !== name).map((one) => [one.name, one.directory]));
}
