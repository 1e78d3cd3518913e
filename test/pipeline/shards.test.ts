import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildReport, createIndex, joinShards, plan } from 'pycontainer';
import { type FakeRegistry, startFakeRegistry } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OCI_INDEX } from '../../core/oci/media-types.ts';
import { makeSample, PYTHON, type Sample, writeFiles } from '../samples/sample.ts';

const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/ppc64le', 'linux/s390x'] as const;
const WHEELS = [{ name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } }] as const;

async function registry(): Promise<FakeRegistry> {
  const server = await startFakeRegistry();
  onTestFinished(() => server.close());
  return server;
}

const planned = (sample: Sample, config = {}, options = {}) =>
  plan({
    cwd: sample.directory,
    env: { PYC_CACHE_DIR: sample.cache, PATH: process.env.PATH, HOME: sample.directory },
    commandLine: {
      values: { base: 'scratch', python: PYTHON, platforms: PLATFORMS, ...config },
      flags: {},
      set: [],
    },
    ...options,
  });

describe('a plan', () => {
  it('lists each platform with what it is made of, and says the same again', async () => {
    const sample = await makeSample({ wheels: WHEELS });
    const config = { tags: ['ghcr.io/me/shop:1.0'], push: true };
    const first = await planned(sample, config, { shards: 2 });
    expect(first.error).toBeNull();
    expect(first.units).toMatchObject(
      PLATFORMS.map((platform, position) => ({
        image: 'shop',
        platform,
        tags: ['ghcr.io/me/shop:1.0'],
        outputs: ['registry:ghcr.io/me/shop:1.0'],
        shard: `${(position % 2) + 1}/2`,
      })),
    );
    expect((await planned(sample, config, { shards: 2 })).units).toEqual(first.units);
    expect(new Set(first.units?.map(({ inputs }) => inputs)).size).toBe(PLATFORMS.length);
    expect(sample.index.requests.filter(({ path }) => path.endsWith('.whl'))).toEqual([]);
  });

  it('changes with whatever changes the image, and with nothing else', async () => {
    const sample = await makeSample({ wheels: WHEELS });
    const one = { platforms: ['linux/amd64'] };
    const inputs = async (config = {}): Promise<unknown> =>
      (await planned(sample, { ...one, ...config })).units?.[0]?.inputs;
    const before = await inputs();
    const same = [
      await inputs({ tags: ['other:2'] }),
      await inputs({ outputs: ['layout:elsewhere'] }),
      await inputs({ platforms: PLATFORMS }),
      await inputs({ cache: 'registry:127.0.0.1:1/cache' }),
    ];
    expect(new Set([before, ...same]).size).toBe(1);
    const others = [
      await inputs({ env: { A: '1' } }),
      await inputs({ python: { ...PYTHON, version: '3.13.1' } }),
      await inputs({ gzipMembers: 'single' }),
      await inputs({ exclude: ['shop/__init__.py'] }),
      await inputs({ labels: { a: 'b' } }),
    ];
    await writeFiles(sample.directory, { 'shop/__init__.py': 'print("goodbye")\n' });
    others.push(await inputs());
    await sample.lock([{ ...WHEELS[0], files: { 'alpha/__init__.py': 'A = 2\n' } }]);
    others.push(await inputs());
    expect(new Set([before, ...others]).size).toBe(others.length + 1);
  });

  it('knows sources in folders by what they hold, wherever they lie', async () => {
    const flit = (name: string): string =>
      `[build-system]\nrequires = ["flit_core"]\nbuild-backend = "flit_core.buildapi"\n[project]\nname = "${name}"\nversion = "1.0"\ndescription = "A package"\n`;
    const files = {
      'pyproject.toml': flit('shop'),
      'shop/__init__.py': 'SHOP = 1\n',
      'libs/alpha/pyproject.toml': flit('alpha'),
      'libs/alpha/alpha/__init__.py': 'ALPHA = 1\n',
      'pylock.toml':
        'lock-version = "1.0"\ncreated-by = "test"\n[[packages]]\nname = "alpha"\nversion = "1.0"\ndirectory = { path = "libs/alpha" }\n',
    };
    const inputs = async (sample: Sample): Promise<unknown> => {
      const { error, units } = await planned(sample, { platforms: ['linux/amd64'] });
      return error ?? units?.[0]?.inputs;
    };
    const one = await makeSample({ files });
    const other = await makeSample({ files });
    const before = await inputs(one);
    expect(before).toMatch(/^sha256:/);
    expect(await inputs(other)).toBe(before);
    await writeFiles(other.directory, { 'README.md': 'is in no wheel\n' });
    expect(await inputs(other)).toBe(before);
    await writeFiles(one.directory, { 'libs/alpha/alpha/more.py': 'MORE = 1\n' });
    await writeFiles(other.directory, { 'shop/more.py': 'MORE = 1\n' });
    expect(new Set([before, await inputs(one), await inputs(other)]).size).toBe(3);
  });
});

describe('a shard', () => {
  it('builds its share; the shares joined are the index that one machine makes', async () => {
    const server = await registry();
    const sample = await makeSample({ wheels: WHEELS });
    const config = { platforms: PLATFORMS, tags: [`${server.host}/team/shop:1`], push: true, sbom: true };
    const parts: BuildReport['outputs'][number][] = [];
    for (let index = 1; index <= 3; index += 1) {
      const report = await sample.build(config, { shard: `${index}/3` });
      expect(report).toMatchObject({ error: null, shard: { index, count: 3, units: 5 }, index: null });
      parts.push(...report.outputs);
    }
    const ordered = [...parts].sort((a, b) => a.unit! - b.unit!);
    expect(ordered.map(({ platform }) => platform)).toEqual(PLATFORMS);
    // Nobody sees a part under a name.
    const names = [...server.repository('team/shop').tags.keys()].filter((tag) => !tag.startsWith('sha256-'));
    expect(names).toEqual([]);

    const whole = await sample.build({ ...config, tags: [`${server.host}/team/whole:1`] });
    expect(whole.shard).toBeNull();
    const joined = await createIndex({
      cwd: sample.directory,
      env: { HOME: sample.directory, PYC_CACHE_DIR: sample.cache },
      destination: `${server.host}/team/shop:1`,
      sources: ordered.map(({ reference }) => reference),
    });
    expect(joined.error).toBeNull();
    expect(server.repository('team/shop').tags.get('1')).toBe(whole.index?.digest);
    expect(server.repository('team/shop').manifests.get(whole.index!.digest)?.mediaType).toBe(OCI_INDEX);
  });

  it('is joined by its report, if all the others are there', async () => {
    const server = await registry();
    const sample = await makeSample({ wheels: WHEELS });
    const tags = [`${server.host}/team/shop:1`, `${server.host}/team/shop:latest`, `${server.host}/b/shop:1`];
    const config = { platforms: PLATFORMS.slice(0, 3), tags, push: true };
    const files: string[] = [];
    const reports: BuildReport[] = [];
    // What finishes first does not matter.
    for (const index of [3, 1, 2]) {
      const report = await sample.build(config, { shard: `${index}/3` });
      reports.push(report);
      files.push(join(sample.cache, `shard-${index}.json`));
      await writeFile(files.at(-1)!, JSON.stringify(report));
    }
    const whole = await sample.build({ ...config, tags: [`${server.host}/team/whole:1`] });
    const joined = (names: readonly string[]) =>
      joinShards({ env: { HOME: sample.directory, PYC_CACHE_DIR: sample.cache }, reports: names });
    const done = await joined(files);
    expect(done.error).toBeNull();
    expect(done.joined).toHaveLength(3);
    for (const [repository, tag] of [
      ['team/shop', '1'],
      ['team/shop', 'latest'],
      ['b/shop', '1'],
    ] as const)
      expect(server.repository(repository).tags.get(tag)).toBe(whole.index?.digest);

    // Of four shards the last has nothing, and need not be run.
    const few: string[] = [];
    for (const index of [1, 2, 3]) {
      const report = await sample.build({ ...config, tags: [tags[2]!] }, { shard: `${index}/4` });
      few.push(join(sample.cache, `few-${index}.json`));
      await writeFile(few.at(-1)!, JSON.stringify(report));
    }
    expect((await joined(few)).error).toBeNull();

    const other = async (name: string, value: unknown): Promise<string> => {
      const file = join(sample.cache, name);
      await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value));
      return file;
    };
    const [first, second, third] = files as [string, string, string];
    const wrong = [
      [],
      [first, second],
      [first, second, third, third],
      [first, second, join(sample.cache, 'none')],
      [first, second, await other('text', 'no JSON')],
      [first, second, await other('null', null)],
      [first, second, await other('whole', whole)],
      [first, second, await other('failed', { ...reports[2], ok: false })],
      [first, second, await other('foreign', { ...reports[2], shard: { index: 2, count: 4, units: 3 } })],
      [first, second, await other('older', { ...reports[2], shard: { index: 2, count: 3, units: 4 } })],
      [first, second, await other('strange', { ...reports[2], outputs: [{ reference: 7 }] })],
    ];
    const codes: unknown[] = [];
    for (const names of wrong) codes.push((await joined(names)).error?.code);
    expect(codes).toEqual(wrong.map(() => 'PYC_SHARD_REPORTS'));
  });

  it('of whole images publishes them as ever, and one without any does nothing', async () => {
    const server = await registry();
    const sample = await makeSample();
    const config = { tags: [`${server.host}/shop:1`], push: true };
    const only = await sample.build(config, { shard: '1/2' });
    expect(only.error).toBeNull();
    expect(server.repository('shop').tags.get('1')).toBe(only.images[0]?.digest);
    const none = await sample.build(config, { shard: '2/2' });
    expect(none).toMatchObject({ ok: true, error: null, images: [], outputs: [], shard: { units: 1 } });
  });

  it('writes its part into a layout by its platform, and into no archive', async () => {
    const sample = await makeSample();
    const config = { platforms: ['linux/amd64', 'linux/arm64'] };
    for (const shard of ['1/2', '2/2']) {
      const report = await sample.build({ ...config, outputs: ['layout:out'] }, { shard });
      expect(report.error).toBeNull();
    }
    const last = await sample.build({ ...config, outputs: ['layout:out'] }, { shard: '2/2' });
    expect(last.outputs[0]?.reference).toMatch(/:latest-linux-arm64$/);
    const refused = await sample.build({ ...config, outputs: ['archive:out.tar'] }, { shard: '1/2' });
    expect(refused.error).toMatchObject({ code: 'PYC_SHARD_OUTPUT', exitCode: 2 });
  });

  it('is refused where it is none', async () => {
    const sample = await makeSample();
    const codes: unknown[] = [];
    for (const shard of ['', '0/2', '3/2', '1', '1/0', '1/2/3', '-1/2', '1/99999', ' 1/2'])
      codes.push((await sample.build({}, { shard })).error?.code);
    expect(new Set(codes)).toEqual(new Set(['PYC_SHARD_INVALID']));
  });
});
