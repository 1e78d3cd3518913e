/** podman with runc and a storage of this run's own. Containers have no network, and no more than they need. */
import { join } from 'node:path';
import { attempt, type Command, type Ended, run, until } from './processes.ts';
import { WORK } from './workspace.ts';

/** With the storage of this run. */
export const PODMAN: Command = [
  'podman',
  ...['--root', join(WORK, 'podman/root'), '--runroot', join(WORK, 'podman/run')],
  ...['--tmpdir', join(WORK, 'podman/tmp'), '--storage-driver', 'overlay', '--runtime', 'runc'],
];

/** Nested containers may not raise these limits. */
const LIMITS = ['--ulimit', 'nofile=1000:1000', '--ulimit', 'nproc=1000:1000'];

/** A read-only root, no capability, no network. */
const LOCKED_DOWN = ['--read-only', '--cap-drop=all', '--network=none'];

/** How an image is started, or made to start, in this run's storage. */
export function podmanCommand(verb: 'run'): Command {
  return [...PODMAN, verb, ...LIMITS];
}

export function podman(...args: string[]): Promise<string> {
  return run([...PODMAN, ...args]);
}

/** The same for a user with a home, certificates and log-ins of their own. */
export function podmanAs(env: Readonly<Record<string, string>>, ...args: string[]): Promise<string> {
  return run([...PODMAN, ...args], { env });
}

/** `podman run --rm` to its end. */
export function runContainer(
  image: string,
  args: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<Ended> {
  return attempt([...podmanCommand('run'), '--rm', ...LOCKED_DOWN, ...flags, image, ...args]);
}

export interface Container {
  readonly id: string;
  /** Runs a program inside; gives its output. */
  exec(...command: string[]): Promise<string>;
  /** Asks the server inside, with Python's own client. */
  get(path: string, options?: { port?: number }): Promise<{ status: number; body: string }>;
  logs(): Promise<string>;
  /** Sends the stop signal and waits as `podman stop` does; gives the exit code and how long it took. */
  stop(): Promise<{ code: number; milliseconds: number }>;
  remove(): Promise<void>;
}

const CLIENT = `
import json, sys, urllib.request, urllib.error
try:
    with urllib.request.urlopen(sys.argv[1], timeout=5) as answer:
        print(json.dumps({"status": answer.status, "body": answer.read().decode()}))
except urllib.error.HTTPError as error:
    print(json.dumps({"status": error.code, "body": error.read().decode()}))
`;

/** Starts a container that stays. @param flags - with a `--network=` in place of none */
export async function startContainer(
  image: string,
  flags: readonly string[] = [],
  args: readonly string[] = [],
): Promise<Container> {
  const hasNetwork = flags.some((flag) => flag.startsWith('--network='));
  const lockedDown = LOCKED_DOWN.filter((flag) => !(hasNetwork && flag.startsWith('--network=')));
  return containerOf(await podman('run', '--detach', ...LIMITS, ...lockedDown, ...flags, image, ...args));
}

/** The flag that starts another command of an image. */
export function startingWith(command: readonly string[] | undefined): string {
  return `--entrypoint=${JSON.stringify(command ?? [])}`;
}

/** A container that runs already. */
export function containerOf(id: string): Container {
  const container: Container = {
    id,
    exec: (...command) => podman('exec', id, ...command),
    get: async (path, { port = 8000 } = {}) =>
      JSON.parse(await container.exec('python', '-c', CLIENT, `http://127.0.0.1:${port}${path}`)) as {
        status: number;
        body: string;
      },
    logs: async () => {
      const { stdout, stderr } = await attempt([...PODMAN, 'logs', id]);
      return stdout + stderr;
    },
    stop: async () => {
      const started = Date.now();
      await podman('stop', '--time', '20', id);
      const milliseconds = Date.now() - started;
      return { code: Number(await podman('inspect', '--format', '{{.State.ExitCode}}', id)), milliseconds };
    },
    remove: async () => {
      await podman('rm', '--force', '--time', '0', '--ignore', id);
    },
  };
  return container;
}

/** Waits until the server inside answers a path with 200. */
export async function ready(container: Container, path: string, port = 8000): Promise<void> {
  try {
    await until(`a server answers ${path}`, async () => (await container.get(path, { port })).status === 200);
  } catch (cause) {
    throw new Error(`the container did not answer:\n${await container.logs()}`, { cause });
  }
}
