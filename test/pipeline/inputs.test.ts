import { spawnSync } from 'node:child_process';
import { chmod, cp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { type BaseSource, type BuildReport, digestOf, lock, type Plugin, parseTreePath } from 'pycontainer';
import { buildInMemory, startFakeRegistry, type WheelRecipe } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import '../build-matchers.ts';
import { filesBelow, makeSample, PYTHON, writeFiles } from '../samples/sample.ts';

/** Enough of it to be spliced. */
const TEXT = Array.from({ length: 4000 }, (_, index) => String((index * index * 7919) % 100_003)).join('\n');
const ALPHA: WheelRecipe = {
  name: 'alpha',
  version: '1.0',
  files: { 'alpha/__init__.py': 'A = 1\n', 'alpha/data.txt': TEXT },
};

/** Does something to the project between the moment when it was read and the moment when it is written. */
const meanwhile = (work: () => Promise<void>): Plugin => ({
  name: 'meanwhile',
  apply: (hooks) => hooks.collected.tapPromise('meanwhile', work),
});

describe('a project', () => {
  it('that changes while it is built is an error that names the file, and nothing is written', async () => {
    const changes: Record<string, (file: string) => Promise<void>> = {
      PYC_LAYER_CONTENT_CHANGED: (file) => writeFile(file, 'print("HELLO")\n'),
      PYC_LAYER_SOURCE_UNREADABLE: (file) => rm(file),
    };
    for (const [code, change] of Object.entries(changes)) {
      const sample = await makeSample({ wheels: [ALPHA] });
      const file = join(sample.directory, 'shop/__init__.py');
      const { error } = await sample.build({}, { plugins: [meanwhile(() => change(file))] });
      expect(error).toMatchObject({
        code,
        exitCode: 1,
        message: expect.stringContaining('shop/__init__.py'),
      });
      expect(error?.hint).not.toBeNull();
      expect(await filesBelow(join(sample.directory, 'build'))).toEqual([]);
      expect((await filesBelow(sample.cache)).filter((path) => path.startsWith('tmp/'))).toEqual([]);
    }
  });

  it('whose file is cut short while it is built is not padded', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    const file = join(sample.directory, 'shop/data.bin');
    await writeFile(file, Buffer.alloc(9_000_000, 1));
    const { error } = await sample.build({}, { plugins: [meanwhile(() => truncate(file, 5_000_000))] });
    expect(error).toMatchObject({
      code: 'PYC_LAYER_SOURCE_UNREADABLE',
      message: expect.stringContaining('shop/data.bin'),
    });
  });

  it('with a link to what is outside of it is refused', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    await symlink('/etc/passwd', join(sample.directory, 'shop/key'));
    expect((await sample.build()).error?.code).toBe('PYC_SOURCE_LINK_OUTSIDE');
  });

  it('with a name that is no UTF-8 is refused for that', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    // Deno puts names into UTF-8 before it makes files, so another program makes this one. Not every file system keeps it.
    const { status } = spawnSync('sh', ['-c', `: > "$(printf 'caf\\351')"`], { cwd: sample.directory });
    if (status !== 0) return;
    const { error } = await sample.build();
    expect(error).toMatchObject({
      code: 'PYC_SOURCE_FILE_UNREADABLE',
      message: expect.stringContaining('UTF-8'),
    });
  });

  it('that holds the store does not have it among its sources', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    const env = { PYC_CACHE_DIR: join(sample.directory, 'kept'), HOME: sample.directory };
    const first = await sample.build({}, { env });
    const again = await sample.build({}, { env });
    expect([first.error, again.images[0]?.digest]).toEqual([null, first.images[0]?.digest]);
    const elsewhere = await sample.build({ exclude: ['kept/'] });
    expect(elsewhere.images[0]?.digest).toBe(first.images[0]?.digest);
  });

  it('may need distributions that are called as parts of ours are', async () => {
    const names = ['environment', 'project', 'base', 'app'];
    const built = await buildInMemory({ wheels: names.map((name) => ({ name, version: '1.0' })) });
    for (const name of names) expect(built).toHaveDistribution(name, '1.0');
  });

  it('has a path as long as a tar can hold, and no longer', async () => {
    const deep = Array.from({ length: 12 }, (_, index) => `${index}`.repeat(200).slice(0, 200)).join('/');
    expect(await buildInMemory({ files: { [`${deep}/end.txt`]: 'deep' } })).toHaveFile(
      `app/${deep}/end.txt`,
      'deep',
    );
  });
});

describe('what changes bytes changes keys', () => {
  it('for times, members of gzip files, Pythons and files, in whichever order they come', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    const env = (epoch?: string) => ({
      PYC_CACHE_DIR: sample.cache,
      HOME: sample.directory,
      ...(epoch === undefined ? {} : { SOURCE_DATE_EPOCH: epoch }),
    });
    const older = { version: '3.11.9', libc: 'glibc-2.36', interpreter: '/usr/bin/python3.11' };
    const elsewhere = { ...PYTHON, interpreter: '/opt/python/bin/python3.12' };
    const ways = [
      () => sample.build({}, { env: env() }),
      () => sample.build({}, { env: env('1700000000') }),
      () => sample.build({ gzipMembers: 'single' }, { env: env() }),
      () => sample.build({ python: older }, { env: env() }),
      () => sample.build({ python: elsewhere }, { env: env() }),
      () => sample.build({ exclude: ['shop/'] }, { env: env() }),
    ];
    const warm: (string | null | undefined)[] = [];
    for (const way of ways) warm.push((await way()).images[0]?.digest);
    expect(new Set(warm).size).toBe(ways.length);
    const other: (string | null | undefined)[] = [];
    for (const way of [...ways].reverse()) {
      await rm(sample.cache, { recursive: true });
      other.unshift((await way()).images[0]?.digest);
    }
    expect(other).toEqual(warm);
  });

  it('for the layers of a base that is made here', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    const base: BaseSource = {
      reference: 'made',
      async open(platform, signal, context) {
        const content = { size: TEXT.length, open: () => Readable.from([Buffer.from(TEXT.repeat(20))]) };
        const big = { ...content, size: TEXT.length * 20 };
        const file = { type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, content: big } as const;
        const items = [[parseTreePath('etc/text'), file] as const];
        const layer = await context.writeLayer('etc', digestOf('etc'), items, signal);
        const config = { ...platform, rootfs: { type: 'layers' as const, diff_ids: [layer.diffId] } };
        return { platform, config, layers: [layer] };
      },
    };
    const digests: unknown[] = [];
    for (const gzipMembers of ['multiple', 'single', 'multiple', 'single'] as const) {
      const { error, images } = await sample.build({ base, gzipMembers });
      expect(error).toBeNull();
      digests.push(images[0]?.layers[0]?.digest);
    }
    expect(digests.slice(2)).toEqual(digests.slice(0, 2));
    expect(digests[0]).not.toBe(digests[1]);
  });

  it('for modes: an executable file is another one', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    const first = await sample.build();
    await chmod(join(sample.directory, 'shop/__init__.py'), 0o755);
    expect((await sample.build()).images[0]?.digest).not.toBe(first.images[0]?.digest);
  });
});

describe('a base', () => {
  it('that lies on this host is not named in the image, so that its place changes nothing', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    await sample.build({ outputs: ['layout:base'], sbom: false });
    // What a command line names lies below the working directory.
    const path = join(sample.directory, '../base');
    await cp(path, join(sample.directory, '../elsewhere/base'), { recursive: true });
    const one = await sample.build({ base: 'layout:base' });
    const other = await sample.build({ base: 'layout:elsewhere/base' });
    const said = ({ images, attachments }: BuildReport) => [images[0]?.digest, attachments];
    expect([one.error, said(other)]).toEqual([null, said(one)]);
    const output = join(sample.directory, 'build/image');
    for (const file of await filesBelow(output))
      expect((await readFile(join(output, file))).includes(dirname(path))).toBe(false);
  });

  it('is pinned anew together with those of the other images of a configuration', async () => {
    const registry = await startFakeRegistry();
    onTestFinished(() => registry.close());
    const { host } = new URL(registry.origin);
    const sample = await makeSample({ wheels: [ALPHA] });
    for (const tag of ['one', 'two']) {
      const pushed = { tags: [`${host}/base:${tag}`], push: true, sbom: false, labels: { tag } };
      expect((await sample.build(pushed)).error).toBeNull();
    }
    const image = (tag: string) =>
      `{ name: '${tag}', base: '${host}/base:${tag}', python: ${JSON.stringify(PYTHON)}, platforms: ['linux/amd64'] }`;
    await writeFiles(sample.directory, {
      'pycontainer.config.mjs': `export default [${image('one')}, ${image('two')}];\n`,
    });
    for (const updateBase of [false, true, true]) {
      const report = await lock({ cwd: sample.directory, env: { PYC_CACHE_DIR: sample.cache }, updateBase });
      expect(report.error).toBeNull();
      const { bases } = JSON.parse(await readFile(join(sample.directory, 'pycontainer.lock'), 'utf8'));
      expect(Object.keys(bases)).toEqual([`${host}/base:one`, `${host}/base:two`]);
    }
  });
});

describe('outputs', () => {
  it('of two builds at once keep each other’s images', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    const reports = await Promise.all(
      ['a', 'b', 'c'].map((tag) => sample.build({ tags: [`shop:${tag}`], labels: { tag } })),
    );
    expect(reports.map(({ error }) => error)).toEqual([null, null, null]);
    const index = JSON.parse(await readFile(join(sample.directory, 'build/image/index.json'), 'utf8'));
    const tags = index.manifests.flatMap(
      ({ annotations }: { annotations?: Record<string, string> }) =>
        annotations?.['org.opencontainers.image.ref.name'] ?? [],
    );
    expect(tags.sort()).toEqual(['a', 'b', 'c']);
  });
});
