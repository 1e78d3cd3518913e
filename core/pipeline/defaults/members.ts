/**
 * The projects that one folder holds, and which of them its lock says the needs of. A lock lists them, or Hatch's settings do; else every
 * project below that has a lock of its own counts. How a member is built is not known here.
 */
import { readdir, realpath } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { visible } from '../../primitives/path.ts';
import { findLocks } from '../../python/lock/index.ts';
import { MembersError } from '../members-error.ts';
import type { Session } from '../session.ts';
import type { LockFile, Project } from '../values.ts';
import { hatchMembers } from './hatch-members.ts';
import { findProject } from './project.ts';
import { lockedFolders } from './project-search.ts';

/** One of several projects. */
export interface Member {
  /** Normalised. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  /** True where the lock of the folder that was asked says what it needs; else that is its own folder's matter. */
  readonly isLockedTogether: boolean;
}

/** Tools that make a lock in each member's folder as well; it goes before the common one. */
const LOCKED_EACH: ReadonlySet<string> = new Set(['poetry', 'pdm']);

/**
 * In the lock's order, or by their folders. The folder's own project is one of them where the others are not all that there is.
 *
 * @param lock undefined where the folder has none
 * @param isStated true where the configuration names the lock: then no other one counts
 * @throws MembersError where two have one name; LockPathError for one outside of the repository
 */
export async function membersOf(
  root: Project,
  lock: LockFile | undefined,
  isStated: boolean,
  session: Session,
): Promise<readonly Member[]> {
  const listed = lock === undefined ? [] : await membersInLock(root, lock, session);
  if (listed.length > 0 || isStated) return listed;
  return session.memory.get(`members of ${root.directory}`, () => membersInFolders(root, session));
}

/**
 * A link could lead anywhere on the host, whose files would become the member's.
 *
 * @throws MembersError for a member that lies behind one
 */
export async function refuseLinked({ name, folder }: Member, { directory }: Project): Promise<void> {
  const real = await Promise.all([directory, folder].map((path) => realpath(path).catch(() => path)));
  if (real[1] === resolve(real[0]!, relative(directory, folder))) return;
  throw new MembersError(`the member \`${name}\` lies behind a link, at \`${visible(folder)}\``, {
    hint: 'build it by the folder that the link leads to',
  });
}

async function membersInLock(root: Project, lock: LockFile, session: Session): Promise<readonly Member[]> {
  const { members = [] } = lock;
  const directory = dirname(resolve(root.directory, lock.path));
  const found = await Promise.all(
    members.map(async (name): Promise<Member> => {
      const folder = resolve(directory, lock.memberFolder?.(name) ?? '.');
      return { name, folder, isLockedTogether: !(await hasOwnLock(folder, lock.format, session)) };
    }),
  );
  const isListed = lock.format === 'uv' || found.length === 0 || members.includes(root.name);
  return isListed ? found : [...found, { name: root.name, folder: root.directory, isLockedTogether: true }];
}

async function hasOwnLock(folder: string, format: string, { memory }: Session): Promise<boolean> {
  if (!LOCKED_EACH.has(format)) return false;
  const names = await memory.get(`names in ${folder}`, () => readdir(folder).catch(() => []));
  return findLocks(names).some((lock) => lock.format === format);
}

async function membersInFolders(root: Project, session: Session): Promise<readonly Member[]> {
  const listed = await hatchMembers(root);
  const isProject = listed !== undefined && root.pyproject?.project !== undefined;
  const folders =
    listed === undefined
      ? await lockedFolders(root.directory, session.signal)
      : [...new Set([...listed, ...(isProject ? [root.directory] : [])])];
  const members: Member[] = [];
  for (const folder of folders) {
    const { name } = await session.memory.get(`project ${folder}`, () =>
      findProject(folder, session.signal, session.memory),
    );
    const namesake = members.find((member) => member.name === name);
    if (namesake !== undefined) {
      const places = [namesake.folder, folder].map(
        (path) => `\`${visible(relative(root.directory, path) || '.')}\``,
      );
      throw new MembersError(`two projects are called \`${name}\`: ${places.join(' and ')}`, {
        hint: 'rename one of them, or build each by its folder',
      });
    }
    members.push({ name, folder, isLockedTogether: false });
  }
  return members.some(({ folder }) => folder !== root.directory) ? members : [];
}
