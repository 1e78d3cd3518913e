// Pushing, copying and rebuilding against a docker-registry on loopback, beside crane, skopeo and oras: the same image, turn by
// turn. The image is a FastAPI application on a base of its own repository. Run by `micro.mjs registry`; needs root the first time.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pushBase } from './base.mjs';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { run } from './processes.mjs';
import { copyProject } from './projects.mjs';
import { startRegistry } from './registry.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));

/** Each contender's commands: an image from a layout to a registry, and from one of its repositories to another. */
const CONTENDERS = [
  {
    name: 'pyc',
    push: (layout, to) => [
      process.execPath,
      OWN_PROGRAM,
      'copy',
      `layout:${layout}:latest`,
      to,
      '--progress',
      'none',
    ],
    copy: (from, to) => [process.execPath, OWN_PROGRAM, 'copy', from, to, '--progress', 'none'],
  },
  {
    name: 'crane',
    push: (layout, to) => ['crane', 'push', '--insecure', layout, to],
    copy: (from, to) => ['crane', 'copy', '--insecure', from, to],
  },
  {
    name: 'skopeo',
    push: (layout, to) => [
      'skopeo',
      'copy',
      '-q',
      '--dest-tls-verify=false',
      `oci:${layout}:latest`,
      `docker://${to}`,
    ],
    copy: (from, to) => [
      ...['skopeo', 'copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false'],
      `docker://${from}`,
      `docker://${to}`,
    ],
  },
  {
    name: 'oras',
    push: (layout, to) => ['oras', 'cp', '--from-oci-layout', '--to-plain-http', `${layout}:latest`, to],
    copy: (from, to) => ['oras', 'cp', '--from-plain-http', '--to-plain-http', from, to],
  },
];

/**
 * @param {number} rounds
 * @returns {Promise<{ what: string, by: string, times: number[], sent: number }[]>} milliseconds, and bytes that came anew into the registry's storage
 */
export async function registryTimes(rounds) {
  const work = process.env.PYC_BENCH_WORK ?? '/var/tmp/pycontainer-bench';
  const peers = process.env.PYC_BENCH_PEERS ?? join(work, 'peers');
  process.env.PATH = `${join(peers, 'bin')}:${process.env.PATH}`;
  mkdirSync(work, { recursive: true });
  execFileSync('bash', [join(HERE, 'install-peers.sh')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PYC_BENCH_PEERS: peers },
  });
  const registry = await startRegistry(join(work, 'registry-times'));
  const folder = mkdtempSync(join(work, 'registry-project-'));
  const rows = [];
  const timed = async (what, by, command) => {
    const before = registry.blobs();
    const { milliseconds } = await run(command);
    const fresh = [...registry.blobs()].filter(([digest]) => !before.has(digest));
    const sent = fresh.reduce((sum, [, size]) => sum + size, 0);
    const row = rows.find((one) => one.what === what && one.by === by) ?? { what, by, times: [], sent };
    if (row.times.length === 0) rows.push(row);
    row.times.push(milliseconds);
  };
  try {
    const base = await pushBase({ work, registry: registry.address });
    registry.save();
    const project = copyProject('fastapi', join(folder, 'shop'));
    const layout = join(folder, 'image');
    const cache = ['--cache-dir', join(folder, 'cache'), '--progress', 'none'];
    const build = [
      process.execPath,
      OWN_PROGRAM,
      'build',
      project.directory,
      '--base',
      base,
      '--sbom',
      'none',
      ...cache,
    ];
    await run([...build, '--output', `layout:${layout}`]);
    for (let round = 0; round < rounds; round++) {
      for (const { name, push, copy } of CONTENDERS) {
        registry.reset();
        const [first, second] = [
          `${registry.address}/one/shop:${name}`,
          `${registry.address}/two/shop:${name}`,
        ];
        await timed('a new image', name, push(layout, first));
        await timed('to another repository', name, copy(first, second));
      }
      registry.reset();
      const tagged = [...build, '--tag', `${registry.address}/one/shop:1`, '--push'];
      await run(tagged);
      project.changeLine(`round ${round}`);
      await timed('one line, with the build', 'pyc', tagged);
    }
  } finally {
    await registry.stop();
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
