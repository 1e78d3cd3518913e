/** What our own taps do: the plugin `pycontainer`, which is asked last, so that any other plugin's answer comes first. */
import { resolve } from 'node:path';
import type { BaseFileReader } from '../base-files.ts';
import type { Plugin } from '../plugin.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import { ownBase } from './base.ts';
import { ownDestination } from './destinations.ts';
import { findProject } from './project.ts';
import { lockOfProject } from './project-lock.ts';
import { findPython } from './python.ts';
import { createRegistries, ownKeychain, type Registries } from './registries.ts';
import { findWheel } from './wheel.ts';

/** Taps `project`, `lock`, `base`, `credentials`, `python`, `wheel` and `destination`. */
export function corePlugin(config: ResolvedConfig, session: Session, base: BaseFileReader): Plugin {
  const { memory } = session;
  const keychain = memory.get('keychain', () => ownKeychain(session));
  const wheelhouse =
    config.wheelhouse === undefined ? undefined : resolve(config.directory, config.wheelhouse);
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
        memory.get(`project ${directory}`, () => findProject(directory, session.signal, session.memory)),
      );
      hooks.lock.tapPromise(name, async ({ project }) => lockOfProject(project, config, session));
      hooks.base.tapPromise(name, async ({ reference }) => ownBase(reference, registries, memory));
      hooks.credentials.tapPromise(name, async ({ host, repository }) =>
        keychain(host, repository, session.signal),
      );
      hooks.python.tapPromise(name, async (request) => findPython(request, config, session, base));
      hooks.wheel.tapPromise(name, async ({ distribution }, { signal }) =>
        distribution.source === 'wheel'
          ? findWheel(distribution, { wheelhouse, user: config }, { ...session, signal })
          : undefined,
      );
      hooks.destination.tapPromise(name, async (request) =>
        ownDestination(request, config, session, registries),
      );
    },
  };
}
