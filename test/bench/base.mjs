// The base image that both sides build on: like `python:3.11-slim`, made of Debian's packages, since the benchmark
// must not depend on a registry of the world. It is made once, kept as an OCI layout, and pushed to each run's registry.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.mjs';

const PACKAGES = ['python3', 'python3-venv', 'ca-certificates'];
/** What slim images leave out too. */
const LEFT_OUT = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/info/*', '/usr/share/locale/*'];
const EMPTIED = ['/var/lib/apt/lists', '/var/cache/apt', '/var/log'];

/**
 * Pushes the base to a registry.
 *
 * @param {{ work: string, registry: string }} options - `registry` is an address on loopback
 * @returns {Promise<string>} the base's reference
 */
export async function pushBase({ work, registry }) {
  const layout = join(work, 'base');
  if (!existsSync(layout)) await makeBase(work, layout);
  const reference = `${registry}/bench/base:3.11-slim`;
  const buildah = ['buildah', ...storage(work)];
  const image = (await run([...buildah, 'pull', '-q', `oci:${layout}`])).stdout.trim();
  await run([...buildah, 'push', '--tls-verify=false', image, `docker://${reference}`]);
  await run([...buildah, 'rmi', image]);
  return reference;
}

async function makeBase(work, layout) {
  const tar = join(work, 'base.tar');
  await run([
    ...['mmdebstrap', '--variant=minbase', `--include=${PACKAGES.join(',')}`],
    ...LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`),
    ...EMPTIED.map((path) => `--customize-hook=find "$1${path}" -type f -delete`),
    ...['bookworm', tar],
  ]);
  const buildah = ['buildah', ...storage(work)];
  const container = (await run([...buildah, 'from', 'scratch'])).stdout.trim();
  await run([...buildah, 'add', '-q', container, tar, '/']);
  await run([...buildah, 'config', '--cmd', '["python3"]', '--env', 'LANG=C.UTF-8', container]);
  await run([...buildah, 'commit', '-q', '--rm', container, 'pycontainer-bench-base']);
  const draft = `${layout}.tmp`;
  rmSync(draft, { recursive: true, force: true });
  await run([...buildah, 'push', '-q', 'pycontainer-bench-base', `oci:${draft}:latest`]);
  renameSync(draft, layout);
  await run([...buildah, 'rmi', 'pycontainer-bench-base']);
  rmSync(tar, { force: true });
}

function storage(work) {
  return [
    '--root',
    join(work, 'base-storage'),
    '--runroot',
    join(work, 'base-run'),
    '--storage-driver',
    'overlay',
  ];
}
