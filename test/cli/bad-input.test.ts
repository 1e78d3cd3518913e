import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildReport } from 'pycontainer';
import { startFakeRegistry, type WheelRecipe } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { filesBelow, makeSample, type Sample, type SampleRecipe, writeFiles } from '../samples/sample.ts';
import { fakeIo } from './fake-io.ts';

const WHEELS: readonly WheelRecipe[] = [{ name: 'alpha', version: '1.0' }];
const PYTHON = [
  '--base',
  'scratch',
  '--python',
  '3.12.7',
  '--libc',
  'glibc-2.36',
  '--platform',
  'linux/amd64',
];
const NEEDS = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["alpha>=1.5"]\n';

interface Case {
  readonly what: string;
  readonly code: string;
  readonly exitCode?: 1 | 2;
  /** What the message must name. */
  readonly named: string;
  readonly project?: SampleRecipe;
  readonly prepare?: (sample: Sample) => Promise<void>;
  readonly args?: readonly string[] | ((sample: Sample) => readonly string[]);
}

interface Outcome {
  readonly exitCode: number;
  readonly error: BuildReport['error'];
  readonly said: string;
}

async function run(sample: Sample, args: readonly string[]): Promise<Outcome> {
  const io = fakeIo({
    cwd: sample.directory,
    env: { PYC_CACHE_DIR: sample.cache, HOME: sample.directory, PATH: process.env.PATH },
  });
  const exitCode = await main(['build', '--json', ...PYTHON, ...args], io);
  return { exitCode, said: io.err(), ...(JSON.parse(io.out()) as Pick<Outcome, 'error'>) };
}

/** What is there that no failed build may leave: outputs, drafts, layers without a build. */
async function leftIn(sample: Sample, before: readonly string[]): Promise<string[]> {
  const now = await filesBelow(sample.directory);
  const drafts = (await filesBelow(sample.cache)).filter(
    (path) => path.startsWith('tmp/') || path.startsWith('locks/'),
  );
  return [...now.filter((path) => !before.includes(path)), ...drafts];
}

async function check(one: Case): Promise<unknown> {
  const sample = await makeSample({ wheels: WHEELS, ...one.project });
  await one.prepare?.(sample);
  const before = await filesBelow(sample.directory);
  const args = typeof one.args === 'function' ? one.args(sample) : (one.args ?? []);
  const { exitCode, error, said } = await run(sample, args);
  const text = [error?.message, JSON.stringify(error?.details)].join('\n');
  const left = await leftIn(sample, before);
  const isRight =
    error?.code === one.code &&
    exitCode === (one.exitCode ?? 1) &&
    text.includes(one.named) &&
    error.hint !== null &&
    !error.hint.includes('\n') &&
    said.includes(`[${one.code}]`) &&
    said.includes('hint:') &&
    left.length === 0;
  return isRight ? undefined : { what: one.what, exitCode, error, left };
}

async function surprises(cases: readonly Case[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const one of cases) found.push((await check(one)) ?? []);
  return found.flat();
}

describe('bad input is an error with a code, a name and one hint, and leaves nothing', () => {
  it('where the lock is missing, stale, unknown or damaged', async () => {
    expect(
      await surprises([
        {
          what: 'no lock',
          code: 'PYC_LOCK_MISSING',
          named: 'project',
          project: { files: { 'pyproject.toml': `${NEEDS}[tool.pdm]\ndistribution = false\n` }, wheels: [] },
          prepare: (sample) => rm(join(sample.directory, 'pylock.toml')),
        },
        {
          what: 'a stale lock',
          code: 'PYC_LOCK_STALE',
          named: 'alpha 1.0',
          project: { files: { 'pyproject.toml': NEEDS } },
        },
        {
          what: 'a stale uv.lock',
          code: 'PYC_LOCK_STALE',
          named: 'uv.lock',
          project: {
            files: {
              'pyproject.toml': NEEDS,
              'uv.lock':
                'version = 1\nrevision = 3\nrequires-python = ">=3.12"\n\n[[package]]\nname = "shop"\nversion = "1"\nsource = { virtual = "." }\n',
            },
          },
        },
        {
          what: 'an unknown version of uv.lock',
          code: 'PYC_LOCK_VERSION_UNSUPPORTED',
          named: '2',
          project: { files: { 'uv.lock': 'version = 2\nrequires-python = ">=3.12"\n' } },
        },
        {
          what: 'an unknown version of pylock.toml',
          code: 'PYC_LOCK_VERSION_UNSUPPORTED',
          named: '2.0',
          prepare: (sample) =>
            writeFiles(sample.directory, { 'pylock.toml': 'lock-version = "2.0"\ncreated-by = "x"\n' }),
        },
        {
          what: 'a lock that is no TOML',
          code: 'PYC_LOCK_MALFORMED',
          named: 'pylock.toml',
          prepare: (sample) => writeFiles(sample.directory, { 'pylock.toml': '[[packages' }),
        },
        {
          what: 'a lock that is a folder',
          code: 'PYC_LOCK_UNREADABLE',
          named: 'uv.lock',
          prepare: (sample) => mkdir(join(sample.directory, 'uv.lock')).then(() => undefined),
        },
        {
          what: 'a distribution without wheels',
          code: 'PYC_NO_WHEEL',
          named: 'native 1.0',
          project: { wheels: [{ name: 'native', version: '1.0', tag: 'cp311-cp311-manylinux_2_17_x86_64' }] },
        },
        {
          what: 'a pyproject.toml that is none',
          code: 'PYC_PYPROJECT_INVALID',
          named: 'pyproject.toml',
          project: { files: { 'pyproject.toml': '[project]\nname = "a b"\n' } },
        },
        {
          what: 'a wheel that is gone',
          code: 'PYC_HTTP_STATUS',
          named: '404',
          prepare: async (sample) => {
            const file = join(sample.directory, 'pylock.toml');
            await writeFile(file, (await readFile(file, 'utf8')).replace('/files/', '/gone/'));
          },
        },
        {
          what: 'a wheel that should lie here',
          code: 'PYC_WHEEL_NOT_FOUND',
          named: 'alpha-1.0-py3-none-any.whl',
          prepare: async (sample) => {
            const file = join(sample.directory, 'pylock.toml');
            await writeFile(
              file,
              (await readFile(file, 'utf8')).replace(
                /url = "[^"]*"/,
                'path = "wheels/alpha-1.0-py3-none-any.whl"',
              ),
            );
          },
        },
      ]),
    ).toEqual([]);
  });

  it('where an output cannot be written', async () => {
    expect(
      await surprises([
        {
          what: 'a folder that cannot be made',
          code: 'PYC_LAYOUT_UNWRITABLE',
          named: 'pyproject.toml/image',
          args: ['--output', 'layout:pyproject.toml/image'],
        },
        {
          what: 'a file in the way',
          code: 'PYC_LAYOUT_UNWRITABLE',
          named: 'pyproject.toml',
          args: ['--output', 'layout:pyproject.toml'],
        },
        {
          what: 'a folder that holds something else',
          code: 'PYC_LAYOUT_INVALID',
          named: 'shop',
          args: ['--output', 'layout:shop'],
        },
        {
          what: 'an archive in a folder that cannot be made',
          code: 'PYC_ARCHIVE_UNWRITABLE',
          named: 'pyproject.toml/image.tar',
          args: ['--output', 'archive:pyproject.toml/image.tar'],
        },
        {
          what: 'an archive where a folder is',
          code: 'PYC_ARCHIVE_UNWRITABLE',
          named: 'shop',
          args: ['--output', 'docker-archive:shop'],
        },
        {
          what: 'a link in the layout that leads elsewhere',
          code: 'PYC_LAYOUT_INVALID',
          named: 'index.json',
          prepare: async (sample) => {
            await mkdir(join(sample.directory, 'out'));
            await symlink('/etc/passwd', join(sample.directory, 'out/index.json'));
            await writeFile(join(sample.directory, 'out/oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
          },
          args: ['--output', 'layout:out'],
        },
        {
          what: 'a store that cannot be written',
          code: 'PYC_STORE_UNWRITABLE',
          named: 'pyproject.toml',
          args: (sample) => ['--cache-dir', join(sample.directory, 'pyproject.toml')],
        },
        {
          what: 'a tag that is none',
          code: 'PYC_REFERENCE_INVALID',
          exitCode: 2,
          named: 'shop:a/b:c',
          args: ['--tag', 'shop:a/b:c'],
        },
        {
          what: 'an output that nobody knows',
          code: 'PYC_OUTPUT_UNKNOWN',
          exitCode: 2,
          named: 'lay:out',
          args: ['--output', 'lay:out'],
        },
      ]),
    ).toEqual([]);
  });

  it('where a registry is dead, refuses, or has no such image', async () => {
    const registry = await startFakeRegistry();
    onTestFinished(() => registry.close());
    const alive = new URL(registry.origin).host;
    const gone = await startFakeRegistry();
    const dead = new URL(gone.origin).host;
    await gone.close();
    expect(
      await surprises([
        {
          what: 'a dead registry to push to',
          code: 'PYC_HTTP_UNREACHABLE',
          named: dead,
          args: ['--tag', `${dead}/shop:1`, '--push'],
        },
        {
          what: 'a dead registry to pull from',
          code: 'PYC_HTTP_UNREACHABLE',
          named: dead,
          args: ['--base', `${dead}/base:1`],
        },
        {
          what: 'a base that does not exist',
          code: 'PYC_REGISTRY_NOT_FOUND',
          named: `${alive}/base`,
          args: ['--base', `${alive}/base:1`],
        },
        {
          what: 'a layout that does not exist',
          code: 'PYC_LAYOUT_INVALID',
          named: 'nowhere',
          args: ['--base', 'layout:nowhere'],
        },
        {
          what: 'an archive that does not exist',
          code: 'PYC_ARCHIVE_INVALID',
          named: 'nowhere.tar',
          args: ['--base', 'archive:nowhere.tar'],
        },
        {
          what: 'no network allowed',
          code: 'PYC_OFFLINE',
          named: '127.0.0.1',
          args: ['--offline'],
        },
      ]),
    ).toEqual([]);
  });

  it('where the configuration is missing, exports nothing or is wrong', async () => {
    const config = (text: string): SampleRecipe => ({ files: { 'pycontainer.config.mjs': text } });
    expect(
      await surprises([
        {
          what: 'no default export',
          code: 'PYC_CONFIG_NO_EXPORT',
          exitCode: 2,
          named: 'pycontainer.config.mjs',
          project: config('export const config = {};\n'),
        },
        {
          what: 'a configuration that throws',
          code: 'PYC_CONFIG_FAILED',
          exitCode: 2,
          named: 'pycontainer.config.mjs',
          project: config('throw new Error("boom");\n'),
        },
        {
          what: 'an unknown key',
          code: 'PYC_CONFIG_INVALID',
          exitCode: 2,
          named: 'tgas',
          project: config('export default { tgas: [] };\n'),
        },
        {
          what: 'a configuration that does not exist',
          code: 'PYC_CONFIG_NOT_FOUND',
          exitCode: 2,
          named: 'none.json',
          args: ['--config', 'none.json'],
        },
        {
          what: 'a folder that does not exist',
          code: 'PYC_DIRECTORY_NOT_FOUND',
          exitCode: 2,
          named: 'nowhere',
          args: ['nowhere'],
        },
      ]),
    ).toEqual([]);
  });
});
