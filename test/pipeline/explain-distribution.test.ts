import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { explain } from 'pycontainer';
import { describe, expect, it } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { pathsTo } from '../../core/pipeline/distribution-explanation.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { makeSample, PYTHON, type Sample, writeFiles } from '../samples/sample.ts';

const HASH = `{ sha256 = "${'a'.repeat(64)}" }`;
const wheel = (name: string, size?: number) =>
  `{ name = "${name}", url = "https://user:secret@example.org/${name}", hashes = ${HASH}${size === undefined ? '' : `, size = ${size}`} }`;
const beta = (platform: string) => wheel(`beta-2.0-cp312-cp312-${platform}.whl`, 2_000_000);

const LOCK = `lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "alpha"
version = "1.0"
dependencies = [{ name = "beta" }, { name = "preset" }]
wheels = [${wheel('alpha-1.0-py3-none-any.whl', 1000)}]
[[packages]]
name = "beta"
version = "2.0"
wheels = [${['manylinux_2_17_x86_64', 'manylinux_2_17_aarch64', 'manylinux_2_39_x86_64', 'win_amd64'].map(beta).join(', ')}, ${wheel('beta-2.0-py3-none-any.whl')}]
sdist = ${wheel('beta-2.0.tar.gz')}
[[packages]]
name = "only-arm"
version = "1.0"
marker = "platform_machine == 'aarch64'"
wheels = [${wheel('only_arm-1.0-py3-none-any.whl')}]
[[packages]]
name = "preset"
version = "3.0"
dependencies = [{ name = "beta" }]
wheels = [${wheel('preset-3.0-py3-none-any.whl')}]
[[packages]]
name = "shop"
directory = { path = "." }
dependencies = [{ name = "alpha" }]
`;

async function locked(): Promise<Sample> {
  const sample = await makeSample();
  await writeFiles(sample.directory, { 'pylock.toml': LOCK });
  return sample;
}

const commandLine = (platforms = ['linux/amd64']) => ({
  values: { base: 'scratch', python: PYTHON, platforms, preset: false as const },
  flags: {},
  set: [],
});

const ARGUMENTS = [
  ...['--platform', 'linux/amd64', '--base', 'scratch', '--python', '3.12.7', '--libc', 'glibc-2.36'],
];

describe('`pyc explain NAME`', () => {
  it('tells the ways from the project, the file that was taken and why no other', async () => {
    const { directory, cache } = await locked();
    const ask = (distribution: string, platforms?: string[]) =>
      explain({
        cwd: directory,
        env: { PYC_CACHE_DIR: cache },
        commandLine: commandLine(platforms),
        distribution,
      });
    const report = await ask('Beta');
    expect(report.error).toBeNull();
    expect(report.explanations).toEqual([
      {
        image: 'shop',
        platform: 'linux/amd64',
        python: 'cp312, glibc 2.36',
        name: 'beta',
        version: '2.0',
        source: 'wheel',
        paths: [
          ['shop', 'alpha', 'beta'],
          ['shop', 'alpha', 'preset', 'beta'],
        ],
        needs: [],
        file: {
          name: 'beta-2.0-cp312-cp312-manylinux_2_17_x86_64.whl',
          tag: 'cp312-cp312-manylinux_2_17_x86_64',
          size: 2_000_000,
          hash: `sha256:${'a'.repeat(64)}`,
          url: expect.not.stringContaining('secret') as string,
        },
        passedOver: expect.any(Array) as unknown[],
      },
    ]);
    expect(report.explanations?.[0]?.passedOver?.map(({ name, kind }) => [name.slice(9), kind])).toEqual([
      ['cp312-cp312-manylinux_2_17_aarch64.whl', 'architecture'],
      ['cp312-cp312-manylinux_2_39_x86_64.whl', 'libc'],
      ['cp312-cp312-win_amd64.whl', 'operating-system'],
      ['py3-none-any.whl', 'outranked'],
      ['tar.gz', 'not-a-wheel'],
    ]);
    expect((await ask('alpha')).explanations?.[0]?.needs).toEqual(['beta', 'preset']);
    const both = await ask('only-arm', ['linux/amd64', 'linux/arm64']);
    expect(both.explanations?.map(({ platform }) => platform)).toEqual(['linux/arm64']);
    const unknown = await Promise.all(['alpa', 'only-arm', 'shop', 'nothing-of-it'].map((name) => ask(name)));
    expect(unknown.map(({ error }) => [error?.code, error?.exitCode])).toEqual(
      Array(4).fill(['PYC_DISTRIBUTION_UNKNOWN', 2]),
    );
    expect(unknown[0]?.error?.hint).toContain('`pyc explain alpha`');
    expect(unknown[1]?.error?.message).toContain('pylock.toml');
  });

  it('asks the index for the other files where the lock names none, and the store for sizes', async () => {
    const native = { name: 'beta', version: '2.0', tag: 'cp312-cp312-manylinux_2_17_aarch64' };
    const sample = await makeSample({ wheels: [{ name: 'beta', version: '2.0' }, native] });
    const ask = () =>
      explain({
        cwd: sample.directory,
        env: { PYC_CACHE_DIR: sample.cache },
        commandLine: commandLine(),
        distribution: 'beta',
      });
    await sample.lock([{ name: 'beta', version: '2.0' }]);
    const sizes = async () => (await ask()).images[0]?.distributions.map(({ fileSize }) => fileSize);
    expect(await sizes()).toEqual([null]);
    await sample.build();
    expect(await sizes()).toEqual([expect.any(Number)]);
    await rm(join(sample.directory, 'pylock.toml'));
    await writeFiles(sample.directory, {
      'requirements.txt': `--index-url ${sample.index.url}\nbeta==2.0\n`,
    });
    const report = await ask();
    expect(report.error).toBeNull();
    expect(report.explanations).toMatchObject([
      { paths: [], file: { name: 'beta-2.0-py3-none-any.whl' }, passedOver: [{ kind: 'architecture' }] },
    ]);
  });

  it('asks every image, and fails where none has it', async () => {
    const { directory, cache } = await locked();
    await writeFiles(directory, {
      'other/pyproject.toml': '[project]\nname = "other"\nversion = "1.0"\ndependencies = []\n',
      'pycontainer.config.mjs': "export default [{ name: 'other', project: 'other' }, { name: 'shop' }];\n",
    });
    const ask = (distribution: string) =>
      explain({ cwd: directory, env: { PYC_CACHE_DIR: cache }, commandLine: commandLine(), distribution });
    const found = await ask('beta');
    expect(found.error).toBeNull();
    expect(found.explanations?.map(({ image }) => image)).toEqual(['shop']);
    const io = fakeIo({ cwd: directory, env: { PYC_CACHE_DIR: cache } });
    expect(await main(['explain', 'beta', ...ARGUMENTS], io)).toBe(0);
    expect(io.out()).toContain('shop: beta 2.0 for linux/amd64');
    expect(io.out()).toContain('not in other for linux/amd64');
    const unknown = await ask('nothing-of-it');
    expect([unknown.ok, unknown.error?.code]).toEqual([false, 'PYC_DISTRIBUTION_UNKNOWN']);
    expect(unknown.error?.message).toContain('2 images');
  });

  it('finds its way through graphs that have no beginning or go round', () => {
    const graph = (edges: Readonly<Record<string, readonly string[]>>) =>
      Object.entries(edges).map(([name, requestedBy]) => ({ name, requestedBy }));
    const ways = (edges: Readonly<Record<string, readonly string[]>>, name: string) => {
      const all = graph(edges);
      return pathsTo(all.find((one) => one.name === name)!, all, 'shop');
    };
    expect(ways({ a: [] }, 'a')).toEqual([]);
    expect(ways({ a: ['-r dev.in'] }, 'a')).toEqual([['-r dev.in', 'a']]);
    expect(ways({ a: ['b'], b: ['a'] }, 'a')).toEqual([['b', 'a']]);
    expect(ways({ a: ['shop', 'b'], b: ['a'] }, 'a')).toEqual([['shop', 'a']]);
    expect(ways({ shop: ['b'], b: ['shop'], a: ['b'] }, 'a')).toEqual([['shop', 'b', 'a']]);
  });
});

describe('the command line', () => {
  it('asks for a distribution, for one whose name is taken, or for all', async () => {
    const { directory, cache } = await locked();
    const say = async (...words: string[]) => {
      const io = fakeIo({ cwd: directory, env: { PYC_CACHE_DIR: cache } });
      const code = await main(['explain', ...words, ...ARGUMENTS], io);
      return { code, out: io.out(), err: io.err() };
    };
    const one = await say('beta');
    expect(one.code).toBe(0);
    expect(one.out).toContain('shop > alpha > beta');
    expect(one.out).toContain('manylinux_2_39_x86_64.whl: needs glibc 2.39; the base has glibc 2.36');
    const tree = await say('--tree');
    expect(tree.out).toBe(`shop for linux/amd64: 3 distributions, 2.0 MB of the 2 whose size is known
└── alpha 1.0  1.0 kB
    ├── beta 2.0  2.0 MB
    └── preset 3.0
        └── beta 2.0  2.0 MB
`);
    expect((await say('preset')).out).toContain('base = "scratch"');
    expect((await say('--distribution', 'preset', '.')).out).toMatch(/^preset 3\.0 for linux\/amd64/);
    const json = await say('beta', '--json');
    expect((JSON.parse(json.out) as { explanations: unknown[] }).explanations).toHaveLength(1);
    expect((await say('beta', '.')).code).toBe(0);
  });

  it('refuses what is no question, or two', async () => {
    const { directory } = await locked();
    const codes: [number, string | undefined][] = [];
    for (const words of [[], ['services/api'], ['--tree', '--distribution', 'beta'], ['beta', '.', 'x']]) {
      const io = fakeIo({ cwd: directory, env: {} });
      codes.push([await main(['explain', ...words], io), /\[(PYC_\w+)\]/.exec(io.err())?.[1]]);
    }
    expect(codes).toEqual(Array(4).fill([2, 'PYC_USAGE']));
  });
});
