/** A project's own files: which belong to it, and what they become in the tree. */
import { resolve } from 'node:path';
import type { Log } from '../../primitives/log.ts';
import type { Store } from '../../store/store.ts';
import type { ResolvedConfig } from '../settings.ts';
import { type WalkOptions, walkSources } from './source-walk.ts';

export { type CollectOptions, collectSources } from './collect-sources.ts';
export { SourceFileError, SourceLinkError } from './errors.ts';
export { type FoundSource, type WalkOptions, walkSources } from './source-walk.ts';

/** What of a run matters to walking a project's folder. */
export interface SourceSession {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly store: Pick<Store, 'directory'>;
}

/** The rules that a configuration states; its outputs, its wheelhouse and its store below the project are no sources. */
export function walkOptionsOf(config: ResolvedConfig, session: SourceSession): WalkOptions {
  return {
    ...(config.include === undefined ? {} : { include: config.include }),
    ...(config.exclude === undefined ? {} : { exclude: config.exclude }),
    never: [
      // Its mark is written while the sources are walked.
      session.store.directory,
      ...(config.wheelhouse === undefined ? [] : [config.wheelhouse]),
      // What a registry's output names is no path.
      ...['layout:build/image', ...config.outputs]
        .filter((spec) => !spec.startsWith('registry:'))
        .map((spec) => resolve(config.directory, spec.slice(spec.indexOf(':') + 1))),
    ],
    log: session.log,
    signal: session.signal,
  };
}

/** The paths of a project's files, relative to its folder, sorted; links are left out. */
export async function listSources(
  config: ResolvedConfig,
  session: SourceSession,
): Promise<readonly string[]> {
  const found = await walkSources(config.directory, walkOptionsOf(config, session));
  return found.flatMap(({ path, type }) => (type === 'file' ? [path] : []));
}
