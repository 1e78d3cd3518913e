/**
 * How each ASGI server is told to serve an application: on all interfaces, on port 8000 unless the platform
 * says otherwise, in the foreground. Which application that is is not known here.
 */
import { compareVersions, Version } from 'pycontainer/python';

/** A distribution of the lock. */
interface Locked {
  readonly name: string;
  readonly version: string;
}

/** How an image starts. */
export interface Start {
  readonly server: string;
  readonly version: string;
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Server {
  readonly name: string;
  /** The first version that can serve ASGI applications by itself. */
  readonly since?: string;
  start(target: string, factory: boolean, version: string): Pick<Start, 'entrypoint' | 'env'>;
}

/** The port where the platform names none. */
export const PORT = 8000;

/** The most usual first. */
const SERVERS: readonly Server[] = [
  {
    // Reads UVICORN_PORT, which an argument would override.
    name: 'uvicorn',
    start: (target, factory) => ({
      entrypoint: ['python', '-m', 'uvicorn', target, ...(factory ? ['--factory'] : []), '--host', '0.0.0.0'],
      env: {},
    }),
  },
  {
    // Listens on all interfaces only where PORT is set.
    name: 'gunicorn',
    since: '24',
    start: (target, factory, version) => ({
      entrypoint: [
        ...['python', '-m', 'gunicorn', factory ? `${target}()` : target, '-k', 'asgi'],
        ...['--worker-tmp-dir', '/dev/shm'],
        ...(isAtLeast(version, '25.1') ? ['--no-control-socket'] : []),
      ],
      env: { PORT: String(PORT) },
    }),
  },
  {
    // Reads GRANIAN_PORT.
    name: 'granian',
    start: (target, factory) => ({
      entrypoint: [
        ...['python', '-m', 'granian', '--interface', 'asgi', ...(factory ? ['--factory'] : [])],
        ...['--host', '0.0.0.0', target],
      ],
      env: {},
    }),
  },
  {
    // Reads no variable, so that a shell has to; `exec` keeps the server process 1.
    name: 'hypercorn',
    start: (target, factory) => ({
      entrypoint: [
        'sh',
        '-c',
        `exec python -m hypercorn '${factory ? `${target}()` : target}' --bind "0.0.0.0:\${PORT:-${PORT}}"`,
      ],
      env: {},
    }),
  },
];

/** Names of the servers that can be chosen, for messages. */
export const SERVER_NAMES: readonly string[] = SERVERS.map(({ name }) => name);

/** The first server that is locked; undefined where none is. */
export function startWith(
  distributions: readonly Locked[],
  target: string,
  factory: boolean,
): Start | undefined {
  for (const server of SERVERS) {
    const locked = distributions.find(({ name }) => name === server.name);
    if (locked === undefined) continue;
    const { version } = locked;
    if (server.since !== undefined && !isAtLeast(version, server.since)) continue;
    return { server: server.name, version, ...server.start(target, factory, version) };
  }
  return undefined;
}

function isAtLeast(version: string, minimum: string): boolean {
  return compareVersions(Version.parse(version), Version.parse(minimum)) >= 0;
}
