// BuildKit: a daemon of its own with runc and overlayfs, asked by buildctl. Its cache of layers goes by pruning, uv's
// cache mount stays.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerfile } from '../dockerfile.mjs';
import { run, start, until } from '../processes.mjs';

/**
 * @param {{ work: string, base: string, registry: string, uv: string, stages: 'one' | 'two', bytecode: boolean }} options -
 *   `uv` is the folder of uv's program
 * @returns {import('../contender.mjs').Contender}
 */
export function buildkitContender({ work, base, registry, uv, stages, bytecode }) {
  const folder = join(work, 'buildkit');
  const socket = `unix://${join(folder, 'socket')}`;
  let daemon;
  const command = (directory, output, offline) => {
    const file = join(folder, offline ? 'offline' : 'online');
    mkdirSync(file, { recursive: true });
    writeFileSync(join(file, 'Dockerfile'), dockerfile({ base, stages, bytecode, bindLock: true, offline }));
    return [
      ...['buildctl', '--addr', socket, 'build', '--progress=plain', '--frontend', 'dockerfile.v0'],
      ...['--local', `context=${directory}`, '--local', `dockerfile=${file}`],
      ...['--local', `uv=${uv}`, '--opt', 'context:uv=local:uv'],
      ...(output === undefined ? [] : ['--output', output]),
    ];
  };
  return {
    name: `buildkit${stages === 'one' ? ', one stage' : ''}${bytecode ? ', bytecode' : ''}`,
    async start() {
      mkdirSync(folder, { recursive: true });
      const config = join(folder, 'buildkitd.toml');
      writeFileSync(
        config,
        [
          '[worker.oci]',
          'snapshotter = "overlayfs"',
          'networkMode = "host"',
          'gc = false',
          '[worker.containerd]',
          'enabled = false',
          `[registry."${registry}"]`,
          'http = true',
          '',
        ].join('\n'),
      );
      rmSync(join(folder, 'socket'), { force: true });
      daemon = start(['buildkitd', '--config', config, '--addr', socket, '--root', join(folder, 'root')]);
      await until(async () => {
        await run(['buildctl', '--addr', socket, 'debug', 'workers']);
        return true;
      }, 'buildkitd');
    },
    stop: async () => daemon?.stop(),
    processes: () => (daemon === undefined ? [] : [daemon.pid]),
    prime: (directory) => [command(directory, undefined, false)],
    async reset() {
      await run(['buildctl', '--addr', socket, 'prune', '--all', '--filter', 'type!=exec.cachemount']);
    },
    build: (directory, reference) => [command(directory, `type=image,name=${reference},push=true`, true)],
  };
}
