/** gunicorn's command, which the tables of ASGI and WSGI servers share. */
import { isAtLeast, PORT, type Start } from './locked.ts';

/**
 * It listens on all interfaces only where PORT is set.
 *
 * @param worker - the arguments that choose another kind of worker
 */
export function startGunicorn(
  target: string,
  factory: boolean,
  version: string,
  worker: readonly string[] = [],
): Pick<Start, 'entrypoint' | 'env'> {
  const application = factory ? `${target}()` : target;
  return {
    entrypoint: ['python', '-m', 'gunicorn', application, ...worker, ...containerArguments(version)],
    env: { PORT: String(PORT) },
  };
}

/**
 * What gunicorn of a version needs where nothing but `/dev/shm` can be written: its heartbeat files must not lie on a
 * disk, and from 25.1 on it has a control socket below the home folder, which no container needs.
 */
export function containerArguments(version: string): readonly string[] {
  return ['--worker-tmp-dir', '/dev/shm', ...(isAtLeast(version, '25.1') ? ['--no-control-socket'] : [])];
}
