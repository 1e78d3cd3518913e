/** What all platforms of a build share: the project, or the workspace's member that is asked for, its lock, and the base. */
import { relative, resolve } from 'node:path';
import type { Platform } from '../oci/platform.ts';
import { visible } from '../primitives/path.ts';
import { normalizeName } from '../python/name.ts';
import { type BuildRun, type BuildSubject, note } from './build-run.ts';
import { findBase } from './defaults/base.ts';
import { refuseWithoutLock } from './defaults/lock-missing.ts';
import { MembersError } from './members-error.ts';
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
  const { config, graph } = run;
  const { directory, dependencies = true, extras, groups, package: member, distributions } = config;
  const root = await projectIn(directory, run);
  const isAsked = dependencies || member !== undefined;
  const found = isAsked ? await graph.hooks.lock.promise({ project: root }, graph.context) : undefined;
  const lock = dependencies ? found : undefined;
  note(run, { lock: lock === undefined ? null : reportLock(lock) });
  const want = { extras, groups, ...(member === undefined ? {} : { package: member }) };
  if (found === undefined && isAsked) refuseWithoutLock(root, want);
  const project = await memberOf(root, found, run);
  if (config.base === undefined) await refuseEdition(project);
  const base = config.base ?? (await defaultBase(project, lock, want, platforms, distributions));
  const source = typeof base === 'string' ? await findBase(base, project, graph) : base;
  return {
    project,
    name: config.name ?? project.name,
    sources: project === root ? config : { ...config, directory: project.directory },
    input: { project, lock, source, want },
  };
}

/** The member that `package` names, whose sources go in then; else the project of the folder. */
async function memberOf(root: Project, lock: LockFile | undefined, run: BuildRun): Promise<Project> {
  const { directory, package: name } = run.config;
  if (name === undefined || normalizeName(name) === root.name) return root;
  if (lock?.memberFolder === undefined) {
    const why = lock === undefined ? 'there is no lock' : `\`${lock.path}\` does not say`;
    throw new MembersError(`where the member \`${visible(name)}\` lies is not known: ${why}`, {
      hint: "name the member's own folder, as in `pyc build packages/api`",
    });
  }
  const folder = resolve(directory, lock.memberFolder(name));
  return folder === directory ? root : projectIn(folder, run);
}

async function projectIn(folder: string, run: BuildRun): Promise<Project> {
  const { hooks, context } = run.graph;
  const project = (await hooks.project.promise({ directory: folder }, context))!;
  const { name, version = null, directory } = project;
  note(run, { project: { name, version, directory: relative(run.session.cwd, directory) || '.' } });
  return project;
}
