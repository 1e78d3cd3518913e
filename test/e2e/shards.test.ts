/** Several machines: shards of one build that meet in a registry, and layers that one machine makes for all. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildReport } from 'pycontainer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { run, succeeded } from './harness/processes.ts';
import { makeProject, pyprojectOf } from './harness/projects.ts';
import { build, pyc } from './harness/pyc.ts';
import { startWebCache, type WebCache } from './harness/web-cache.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

let registry: DockerRegistry;
let web: WebCache;

beforeAll(async () => {
  registry = await startRegistry();
  web = await startWebCache();
});

afterAll(async () => {
  await registry?.stop();
  await web?.stop();
});

/** Nothing of it has to be fetched, and the example's lock has wheels for its Python. */
const BASE = ['--base', 'scratch', '--python', '3.13.1', '--libc', 'glibc-2.41'];
const INTERPRETER = ['--set', 'python.interpreter=/usr/bin/python3.13'];

/** Two images of two platforms each. */
function twoImages(): string {
  const image = (name: string): string => `{
    name: '${name}',
    base: 'scratch',
    python: { version: '3.13.1', libc: 'glibc-2.41', interpreter: '/usr/bin/python3.13' },
    platforms: ['linux/amd64', 'linux/arm64'],
    entrypoint: ['python', '-m', 'shop.${name}'],
    tags: ['${name}:1.0'],
    push: true,
  }`;
  return makeProject('two-images', {
    'pyproject.toml': pyprojectOf('shop', []),
    'shop/api.py': 'print("api")\n',
    'shop/worker.py': 'print("worker")\n',
    'pycontainer.config.ts': `import { defineConfig } from 'pycontainer';
export default defineConfig([${image('api')}, ${image('worker')}]);
`,
  });
}

async function rawManifest(reference: string): Promise<string> {
  return run(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${reference}`]);
}

describe('four shards as four processes', () => {
  test('joined by their reports are the indexes of one process', async () => {
    const project = twoImages();
    const at = (prefix: string): string[] => ['--registry', `${registry.address}/${prefix}`];
    const planned = succeeded(['pyc', 'plan'], await pyc(['plan', project, ...at('team'), '--shards', '4']));
    const again = await pyc(['plan', project, ...at('team'), '--shards', '4'], { store: newFolder('store') });
    expect(again.stdout).toBe(planned.stdout);
    const { units } = JSON.parse(planned.stdout) as Pick<BuildReport, 'units'>;
    expect(units?.map(({ shard }) => shard)).toEqual(['1/4', '2/4', '3/4', '4/4']);

    const shards = units!.map(({ shard }) => shard!);
    const reports = await Promise.all(
      shards.map(async (shard) => {
        const ended = await pyc(['build', project, ...at('team'), '--json', '--shard', shard], {
          store: newFolder('store'),
        });
        return JSON.parse(succeeded(['pyc', 'build', shard], ended).stdout) as BuildReport;
      }),
    );
    const whole = await build([project, ...at('whole')], { store: newFolder('store') });
    expect(whole.report.shard).toBeNull();

    const folder = newFolder('reports');
    const files = reports.map((report, index) => {
      writeFileSync(join(folder, `shard-${index}.json`), JSON.stringify(report));
      return `shard-${index}.json`;
    });
    const command = ['index', 'create', '--reports', ...files.reverse()];
    const missing = await pyc(command.slice(0, -1), { cwd: folder });
    expect([missing.code, missing.stdout]).toEqual([1, '']);
    const joined = succeeded(['pyc', ...command], await pyc(command, { cwd: folder }));
    expect(joined.stdout.split('\n').filter(Boolean)).toHaveLength(2);
    for (const name of ['api', 'worker']) {
      const mine = await rawManifest(`${registry.address}/team/${name}:1.0`);
      expect(mine).toBe(await rawManifest(`${registry.address}/whole/${name}:1.0`));
      expect(JSON.parse(mine).manifests).toHaveLength(2);
    }
  });
});

/** The same on every machine. */
const MACHINE = ['--platform', 'linux/amd64', ...BASE, ...INTERPRETER];

/** Whether a store has wheels, which are zip archives: 0 or more. */
async function wheelsIn(store: string): Promise<number> {
  const script = 'find "$0/blobs" -type f -exec head -c 2 {} \\; | grep -c PK || true';
  return Number(await run(['sh', '-c', script, store]));
}

describe('a cache of layers', () => {
  test('in a registry saves the next machine every wheel, and it mounts what is there', async () => {
    const project = copyExample('fastapi');
    // Wheels with SBOMs of their own are opened for the image's SBOM.
    const cache = ['--cache', `registry:${registry.address}/caches/layers`, '--sbom', 'none'];
    const tag = (name: string): string[] => ['--tag', `${registry.address}/cached/${name}:1.0`, '--push'];
    const full = newFolder('store');
    const first = await build([project, ...MACHINE, ...cache, '--cache-write', ...tag('first')], {
      store: full,
    });
    expect(first.report.warnings).toEqual([]);
    expect(await wheelsIn(full)).toBeGreaterThan(0);
    const before = registry.blobs();
    const store = newFolder('store');
    const second = await build([project, ...MACHINE, ...cache, ...tag('second')], { store });
    expect(second.report.warnings).toEqual([]);
    expect(second.digest).toBe(first.digest);
    expect(new Set(second.image.layers.map(({ origin }) => origin))).toEqual(new Set(['cached']));
    expect(second.report.outputs[0]).toMatchObject({ blobsMounted: second.image.layers.length });
    expect([...registry.blobs().keys()].filter((digest) => !before.has(digest))).toEqual([]);
    expect(await wheelsIn(store)).toBe(0);
  });

  test("of Bazel's kind is nginx with PUT; what is damaged there is made anew", async () => {
    const project = copyExample('fastapi');
    const args = [project, ...MACHINE, '--cache', web.address, '--sbom', 'none'];
    const first = await build([...args, '--cache-write'], { store: newFolder('store') });
    expect(first.report.warnings).toEqual([]);
    const store = newFolder('store');
    const second = await build(args, { store });
    expect(second.report.warnings).toEqual([]);
    expect(second.digest).toBe(first.digest);
    expect(new Set(second.image.layers.map(({ origin }) => origin))).toEqual(new Set(['cached']));
    expect(await wheelsIn(store)).toBe(0);

    for (const file of web.files().filter((name) => name.startsWith('cas/')))
      writeFileSync(join(web.folder, file), 'damaged');
    const third = await build(args, { store: newFolder('store') });
    expect(third.report.warnings.map(({ code }) => code)).toEqual(['PYC_CACHE_ENTRY_DAMAGED']);
    expect(third.digest).toBe(first.digest);
  });
});
