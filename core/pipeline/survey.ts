/**
 * What can be said of a project from its own files: its lock, the base that it would get, and what presets see in it.
 * Nothing is fetched; what stands in the way is told, not thrown.
 */
import { parsePlatform } from '../oci/platform.ts';
import { isPycError, type PycError } from '../primitives/errors.ts';
import { findLock } from './defaults/lock.ts';
import { findProject } from './defaults/project.ts';
import { applyPreset } from './presets.ts';
import type { ReportedPreset } from './report.ts';
import type { Session } from './session.ts';
import type { Config, ResolvedConfig } from './settings.ts';
import { listSources } from './sources/index.ts';
import { defaultBase, targetOf } from './stages/default-base.ts';
import type { LockFile, Project } from './values.ts';

export interface Survey {
  readonly project: Project;
  /** Paths of the sources, relative to the project, sorted. */
  readonly files: readonly string[];
  readonly lock: Pick<LockFile, 'path' | 'format'> | undefined;
  /** The reference of the base that a build would take. */
  readonly base: string;
  readonly preset: ReportedPreset | null;
  /** What a build would start; undefined where nothing says so. */
  readonly start: Pick<Config, 'entrypoint' | 'cmd'> | undefined;
  /** What keeps the lock from being read, presets from finding the start, and a build from what they want besides. */
  readonly problems: { readonly lock?: PycError; readonly start?: PycError; readonly preset?: PycError };
}

/** Looks at a project as a build would before it opens the base. @throws ProjectError, PyprojectError */
export async function surveyProject(config: ResolvedConfig, session: Session): Promise<Survey> {
  const project = await findProject(config.directory, session.signal, session.memory);
  const found = await attempt(() => findLock(project, config.lock, session));
  const lock = found.value;
  const want = { extras: config.extras, groups: config.groups };
  const platforms = config.platforms.map(parsePlatform);
  const base = await defaultBase(project, lock, want, platforms);
  const version = /^python:(\d+\.\d+)/.exec(base)?.[1] ?? '';
  const selected = await attempt(
    async () => lock?.select(targetOf(version, platforms[0]!), want).chosen ?? [],
  );
  const applied = await attempt(() =>
    applyPreset(config, { project, distributions: selected.value ?? [] }, session),
  );
  const { entrypoint, cmd } = applied.value?.config ?? {};
  const isStarted = entrypoint !== undefined || cmd !== undefined;
  return {
    project,
    files: await listSources(config, session),
    lock: lock === undefined ? undefined : { path: lock.path, format: lock.format },
    base,
    preset: applied.value?.report ?? null,
    start: isStarted
      ? { ...(entrypoint === undefined ? {} : { entrypoint }), ...(cmd === undefined ? {} : { cmd }) }
      : undefined,
    problems: {
      ...(found.error === undefined ? {} : { lock: found.error }),
      ...(applied.error === undefined ? {} : { start: applied.error }),
      ...(applied.value?.problem === undefined ? {} : { preset: applied.value.problem }),
    },
  };
}

/** What is meant for the user is kept; anything else is thrown on. */
async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly value?: T; readonly error?: PycError }> {
  try {
    return { value: await work() };
  } catch (thrown) {
    if (!isPycError(thrown)) throw thrown;
    return { error: thrown };
  }
}
