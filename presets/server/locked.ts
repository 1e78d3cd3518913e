/** Which of several servers is locked, and what it is told to start. Which servers there are is the other files' knowledge. */
import { compareVersions, Version } from 'pycontainer/python';

/** A distribution of the lock. */
export interface Locked {
  readonly name: string;
  readonly version: string;
}

/** How an image starts. */
export interface Start {
  readonly server: string;
  readonly version: string;
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
}

/** A server that takes `module:name` and serves it on all interfaces, in the foreground. */
export interface Server {
  readonly name: string;
  /** The first version that can. */
  readonly since?: string;
  /** False: it takes objects alone, no functions that make them. */
  readonly takesFactories?: false;
  /** Default SIGTERM. */
  readonly stopSignal?: 'SIGINT';
  start(target: string, factory: boolean, version: string): Pick<Start, 'entrypoint' | 'env'>;
}

/** The port where the platform names none. */
export const PORT = 8000;

/** The first server that is locked and can; undefined where none is. */
export function startWith(
  servers: readonly Server[],
  distributions: readonly Locked[],
  target: string,
  factory: boolean,
): Start | undefined {
  for (const server of servers) {
    const locked = distributions.find(({ name }) => name === server.name);
    if (locked === undefined || (factory && server.takesFactories === false)) continue;
    const { version } = locked;
    if (server.since !== undefined && !isAtLeast(version, server.since)) continue;
    return {
      server: server.name,
      version,
      stopSignal: server.stopSignal ?? 'SIGTERM',
      ...server.start(target, factory, version),
    };
  }
  return undefined;
}

/** Names for messages, as in "`uvicorn`, `gunicorn`". */
export function namesOf(servers: readonly Server[]): string {
  return servers.map(({ name }) => `\`${name}\``).join(', ');
}

/** True for a version that is this one or later. */
export function isAtLeast(version: string, minimum: string): boolean {
  return compareVersions(Version.parse(version), Version.parse(minimum)) >= 0;
}
