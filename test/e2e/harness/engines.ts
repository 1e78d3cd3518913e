/** Engines that images are loaded into: their daemons on sockets of a run's own, without networks of theirs. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from './authority.ts';
import { PODMAN, podmanCommand } from './podman.ts';
import { type Command, freePort, run, type Server, startServer, until } from './processes.ts';
import { newFolder, PEERS } from './workspace.ts';

/** An engine and what a user sets to reach it. */
export interface RunningEngine {
  readonly env: Readonly<Record<string, string>>;
  /** Starts an image that serves on the host's network. Gives what ends it. */
  serve(image: string): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

export interface RunningDocker extends RunningEngine {
  readonly socket: string;
  /** As a client of another machine sets it, with certificates. */
  readonly tls: Readonly<Record<string, string>>;
}

/** Sockets have short paths. */
function socketFolder(name: string): string {
  const folder = join('/run', `pycontainer-${process.pid}-${name}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Debian's `dockerd`, or that of a newer suite, which keeps images in containerd. */
export async function startDocker(store: 'own' | 'containerd' = 'own'): Promise<RunningDocker> {
  const folder = newFolder('docker');
  const sockets = socketFolder(`docker-${store}`);
  const socket = join(sockets, 'docker.sock');
  const authority = await createAuthority();
  const server = await authority.issue('server');
  const client = await authority.issue('client');
  const certificates = newFolder('docker-certificates');
  await run(['cp', authority.certificate, join(certificates, 'ca.pem')]);
  await run(['cp', client.certificate, join(certificates, 'cert.pem')]);
  await run(['cp', client.key, join(certificates, 'key.pem')]);
  const port = await freePort();
  const own = join(PEERS, 'docker/usr');
  const path = store === 'own' ? process.env.PATH : `${own}/sbin:${own}/bin:${process.env.PATH}`;
  const storage =
    store === 'own'
      ? ['--storage-driver=vfs']
      : ['--feature', 'containerd-snapshotter=true', '--storage-driver=native'];
  const daemon = startServer(
    [
      ...(['dockerd', '--iptables=false', '--ip6tables=false', '--bridge=none', ...storage] as Command),
      ...['--data-root', join(folder, 'data'), '--exec-root', join(sockets, 'exec')],
      ...[
        '--pidfile',
        join(folder, 'pid'),
        '--host',
        `unix://${socket}`,
        '--host',
        `tcp://127.0.0.1:${port}`,
      ],
      ...['--tlsverify', '--tlscacert', authority.certificate],
      ...['--tlscert', server.certificate, '--tlskey', server.key],
    ],
    { env: { PATH: path } },
  );
  const env = { DOCKER_HOST: `unix://${socket}` };
  await answers(daemon, ['docker', 'version'], env);
  return {
    socket,
    env,
    tls: {
      DOCKER_HOST: `tcp://localhost:${port}`,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: certificates,
    },
    async serve(image) {
      const id = await run(['docker', 'run', '--detach', '--network=host', image], { env });
      return async () => void (await run(['docker', 'rm', '--force', id], { env }));
    },
    stop: () => stopped(daemon, sockets),
  };
}

/** `podman system service` over this run's own storage. */
export async function startPodmanService(): Promise<RunningEngine> {
  const sockets = socketFolder('podman');
  const socket = join(sockets, 'podman.sock');
  const daemon = startServer([...PODMAN, 'system', 'service', '--time=0', `unix://${socket}`]);
  const env = { CONTAINER_HOST: `unix://${socket}` };
  await answers(daemon, ['curl', '--fail', '--silent', '--unix-socket', socket, 'http://podman/_ping'], {});
  return {
    env,
    async serve(image) {
      const id = await run([...podmanCommand('run'), '--detach', '--network=host', image]);
      return async () => void (await run([...PODMAN, 'rm', '--force', '--time', '0', id]));
    },
    stop: () => stopped(daemon, sockets),
  };
}

/** Debian's containerd. */
export async function startContainerd(): Promise<RunningEngine> {
  const folder = newFolder('containerd');
  const sockets = socketFolder('containerd');
  const address = join(sockets, 'containerd.sock');
  const configuration = join(folder, 'config.toml');
  writeFileSync(configuration, 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n');
  const daemon = startServer([
    ...(['containerd', '--config', configuration, '--address', address] as Command),
    ...['--root', join(folder, 'root'), '--state', join(sockets, 'state')],
  ]);
  const env = { CONTAINERD_ADDRESS: address };
  await answers(daemon, ['ctr', 'version'], env);
  const ctr = ['ctr', '--namespace', 'k8s.io'] as const;
  return {
    env,
    async serve(image) {
      await run([...ctr, 'run', '--detach', '--net-host', image, 'served'], { env });
      return async () => {
        await run([...ctr, 'task', 'rm', '--force', 'served'], { env });
        await run([...ctr, 'container', 'rm', 'served'], { env });
      };
    },
    stop: () => stopped(daemon, sockets),
  };
}

/** OpenSSH on loopback, for this user by a key of its own; `ssh` of the folder `bin` uses it. */
export async function startSshServer(env: Readonly<Record<string, string>>): Promise<{
  readonly port: number;
  readonly bin: string;
  stop(): Promise<void>;
}> {
  const folder = newFolder('ssh');
  const bin = newFolder('ssh-bin');
  for (const key of ['host', 'user'])
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  const port = await freePort();
  const set = Object.entries({ PATH: process.env.PATH ?? '', ...env }).map(
    ([name, value]) => `${name}=${value}`,
  );
  writeFileSync(
    join(folder, 'config'),
    [
      ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${folder}/host`, 'PidFile none', 'UsePAM no'],
      ...[`AuthorizedKeysFile ${folder}/user.pub`, 'StrictModes no', 'PermitRootLogin yes'],
      `SetEnv ${set.join(' ')}\n`,
    ].join('\n'),
  );
  // The folder that sshd separates its privileges in.
  mkdirSync('/run/sshd', { recursive: true });
  const server = startServer(['/usr/sbin/sshd', '-D', '-e', '-f', join(folder, 'config')]);
  const trust = ['-o', `UserKnownHostsFile=${folder}/known`, '-o', 'StrictHostKeyChecking=accept-new'];
  const options = ['-i', join(folder, 'user'), '-o', 'BatchMode=yes', ...trust];
  writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh ${options.join(' ')} "$@"\n`, {
    mode: 0o755,
  });
  await answers(server, [join(bin, 'ssh'), '-p', String(port), '127.0.0.1', 'true'], {});
  return { port, bin, stop: () => server.stop() };
}

async function answers(
  server: Server,
  command: Command,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    await until(`\`${command.join(' ')}\` answers`, async () => {
      await run(command, { env });
      return true;
    });
  } catch (cause) {
    throw new Error(`the engine did not start:\n${server.output().slice(-3000)}`, { cause });
  }
}

async function stopped(daemon: Server, sockets: string): Promise<void> {
  await daemon.stop();
  // Docker leaves its namespace of the network mounted.
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  for (const line of mounts) {
    const [, point = ''] = line.split(' ');
    if (point.startsWith(`${sockets}/`)) await run(['umount', point]);
  }
  rmSync(sockets, { recursive: true, force: true });
}
