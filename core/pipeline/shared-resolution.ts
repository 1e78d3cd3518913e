/** What all platforms of a build share: the project, or the workspace's member that is asked for, its lock, and the base. */
import { relative } from 'node:path';
import type { Platform } from '../oci/platform.ts';
import { normalizeName } from '../python/name.ts';
import { demandPlatforms } from './base-platforms.ts';
import { type BuildRun, type BuildSubject, note } from './build-run.ts';
import { findBase } from './defaults/base.ts';
import { LockMissingError, refuseWithoutLock } from './defaults/lock-missing.ts';
import { membersOf, refuseLinked } from './defaults/members.ts';
import { unknownMember } from './members-error.ts';
import { reportLock } from './report-draft.ts';
import { defaultBase, refuseEdition } from './stages/default-base.ts';
import type { ResolveInput } from './stages/resolve.ts';
import type { LockFile, Project } from './values.ts';

export interface SharedResolution extends BuildSubject {
  readonly input: ResolveInput;
}

/** @throws what the taps of `project`, `lock` and `base` throw; MembersError; LockMissingError */
export async function resolveShared(
  run: BuildRun,
  platforms: readonly Platform[],
): Promise<SharedResolution> {
  const { config, graph, session } = run;
  const { directory, dependencies = true, extras, groups, distributions } = config;
  const root = await projectIn(directory, run);
  const { project, lock, package: member } = await lockedProject(root, run);
  note(run, { lock: lock === undefined ? null : reportLock(lock) });
  const want = { extras, groups, ...(member === undefined ? {} : { package: member }) };
  if (lock === undefined && dependencies) refuseWithoutLock(project, want);
  if (config.base === undefined) await refuseEdition(project);
  const base = config.base ?? (await defaultBase(project, lock, want, platforms, distributions));
  const source = typeof base === 'string' ? await findBase(base, project, graph) : base;
  if (session.tablesPlatforms !== true) await demandPlatforms(source, platforms, config, session);
  return {
    project,
    name: config.name ?? project.name,
    sources: project === root ? config : { ...config, directory: project.directory },
    input: { project, lock, source, want },
  };
}

/** What goes in, and what says its needs. */
interface LockedProject {
  readonly project: Project;
  /** Undefined where it is not to be read, or none is needed. */
  readonly lock: LockFile | undefined;
  /** The name in the lock, where that is for several projects. */
  readonly package?: string;
}

/** The member that `package` names, whose sources go in then; else the project of the folder. */
async function lockedProject(root: Project, run: BuildRun): Promise<LockedProject> {
  const { package: asked, dependencies = true, lock: stated } = run.config;
  const lockOf = async (project: Project): Promise<LockFile | undefined> =>
    dependencies ? run.graph.hooks.lock.promise({ project }, run.graph.context) : undefined;
  const name = asked === undefined ? root.name : normalizeName(asked);
  if (name === root.name) {
    const lock = await lockOf(root);
    const isNamed = asked !== undefined && lock?.members?.includes(name) === true;
    return { project: root, lock, ...(isNamed ? { package: name } : {}) };
  }
  // Not every folder with several projects has a lock itself.
  const common = await run.graph.hooks.lock
    .promise({ project: root }, run.graph.context)
    .catch((error: unknown) => {
      if (error instanceof LockMissingError) return undefined;
      throw error;
    });
  const members = await membersOf(root, common, stated !== undefined, run.session);
  const member = members.find((one) => one.name === name);
  if (member === undefined) throw unknownMember(asked!, root, common, members);
  await refuseLinked(member, root);
  const project = member.folder === root.directory ? root : await projectIn(member.folder, run);
  if (!member.isLockedTogether) return { project, lock: await lockOf(project) };
  return { project, lock: dependencies ? common : undefined, package: name };
}

async function projectIn(folder: string, run: BuildRun): Promise<Project> {
  const { hooks, context } = run.graph;
  const project = (await hooks.project.promise({ directory: folder }, context))!;
  const { name, version = null, directory } = project;
  note(run, { project: { name, version, directory: relative(run.session.cwd, directory) || '.' } });
  return project;
}
