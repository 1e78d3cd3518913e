/** What our own taps do: the plugin `pycontainer`, which is asked last, so that any other plugin's answer comes first. */
import { resolve } from 'node:path';
import type { BaseFileReader } from '../base-files.ts';
import type { Plugin } from '../plugin.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Project } from '../values.ts';
import { ownBase } from './base.ts';
import { ownDestination } from './destinations.ts';
import { findLock } from './lock.ts';
import { findProject } from './project.ts';
import { findPython } from './python.ts';
import { createRegistries, ownKeychain, type Registries } from './registries.ts';
import { findWheel } from './wheel.ts';

/** Taps `project`, `lock`, `base`, `credentials`, `python`, `wheel` and `destination`. */
export function corePlugin(config: ResolvedConfig, session: Session, base: BaseFileReader): Plugin {
  const { memory } = session;
  const keychain = memory.get('keychain', () => ownKeychain(session));
  const locks = memory.get(
    `locks ${JSON.stringify([config.lock ?? null, config.package ?? null, config.extras, config.groups])}`,
    () => new WeakMap<Project, ReturnType<typeof findLock>>(),
  );
  const wheelhouse =
    config.wheelhouse === undefined ? undefined : resolve(config.directory, config.wheelhouse);
  // Only where a lock is missing is loaded what makes one. A member of a workspace has its lock there.
  const makeLock = (project: Project) => async (boundary: string) => {
    if (config.package !== undefined) return undefined;
    const { lockByHost } = await import('./lock-by-host.ts');
    return lockByHost(project, config, boundary, session);
  };
  return {
    name: 'pycontainer',
    apply(hooks) {
      const { name } = this;
      // Images whose plugins know no credentials share their clients, and so the tokens.
      const isShared = hooks.credentials.taps.length === 0;
      const open = (): Registries =>
        createRegistries(session, (host, repository) =>
          hooks.credentials.promise({ host, repository }, { signal: session.signal, config }),
        );
      const registries = isShared ? memory.get('registries', open) : open();
      hooks.project.tapPromise(name, async ({ directory }) =>
        memory.get(`project ${directory}`, () => findProject(directory, session.signal)),
      );
      hooks.lock.tapPromise(name, async ({ project }) => {
        const found = locks.get(project) ?? findLock(project, config.lock, session, makeLock(project));
        locks.set(project, found);
        return found;
      });
      hooks.base.tapPromise(name, async ({ reference }) => ownBase(reference, registries, memory));
      hooks.credentials.tapPromise(name, async ({ host, repository }) =>
        keychain(host, repository, session.signal),
      );
      hooks.python.tapPromise(name, async (request) => findPython(request, config, session, base));
      hooks.wheel.tapPromise(name, async ({ distribution }) =>
        distribution.source === 'wheel'
          ? findWheel(distribution, { wheelhouse, user: config }, session)
          : undefined,
      );
      hooks.destination.tapPromise(name, async (request) =>
        ownDestination(request, config, session, registries),
      );
    },
  };
}
