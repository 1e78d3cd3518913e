// buildah with overlay storage, `--layers` and chroot isolation. Its images and layers go by removing its storage,
// uv's cache mount stays.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerfile } from '../dockerfile.mjs';
import { run } from '../processes.mjs';

/**
 * @param {{ work: string, base: string, uv: string, stages: 'one' | 'two', bytecode: boolean }} options - `uv` is the
 *   folder of uv's program
 * @returns {import('../contender.mjs').Contender}
 */
export function buildahContender({ work, base, uv, stages, bytecode }) {
  const folder = join(work, 'buildah');
  // buildah keeps the cache mounts below the folder for temporary files.
  const temporary = join(folder, 'tmp');
  const buildah = [
    ...['env', `TMPDIR=${temporary}`, 'buildah'],
    ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'overlay'],
  ];
  const build = (directory, reference, offline) => {
    const file = join(folder, `Dockerfile.${offline ? 'offline' : 'online'}`);
    mkdirSync(temporary, { recursive: true });
    writeFileSync(file, dockerfile({ base, stages, bytecode, bindLock: false, offline }));
    return [
      ...[...buildah, 'build', '-q', '--layers', '--isolation', 'chroot', '--tls-verify=false'],
      ...['--build-context', `uv=${uv}`, '-f', file, '-t', reference, directory],
    ];
  };
  return {
    name: `buildah${stages === 'one' ? ', one stage' : ''}${bytecode ? ', bytecode' : ''}`,
    async start() {
      mkdirSync(temporary, { recursive: true });
    },
    async stop() {},
    processes: () => [],
    prime: (directory) => [build(directory, 'primed', false)],
    async reset() {
      if (!existsSync(join(folder, 'root'))) return;
      await run([...buildah, 'rm', '--all']);
      await run([...buildah, 'rmi', '--all', '--force']);
    },
    build: (directory, reference) => [
      build(directory, reference, true),
      [...buildah, 'push', '-q', '--tls-verify=false', reference, `docker://${reference}`],
    ],
  };
}
