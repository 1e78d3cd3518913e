import { join } from 'node:path';
import {
  type FakeRegistry,
  type ImageRecipe,
  makeImage,
  putImage,
  startFakeRegistry,
  writeImage,
} from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { type RebaseReport, rebaseImage } from '../../core/images.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { temporaryFolder } from '../oci/temporary.ts';
import { makeElf } from '../python/elf-maker.ts';
import { makeSample, type Sample } from '../samples/sample.ts';
import { errorOf, options } from './places.ts';

const WHEELS = [{ name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } }];

interface BaseTraits {
  readonly version?: string;
  readonly debian?: string;
  readonly env?: readonly string[];
  readonly platform?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly patch?: string;
  readonly stop?: string;
}

/** As the official images are: what names Python is in the configuration, the system at the beginning of the lowest layer. */
function official({
  version = '3.12.7',
  debian = '12.5',
  env = [],
  patch = '',
  ...rest
}: BaseTraits = {}): ReturnType<typeof makeImage> {
  const [major, minor] = version.split('.');
  const recipe: ImageRecipe = {
    files: { 'etc/': '', 'etc/debian_version': `${debian}\n`, 'usr/lib/patched': patch },
    layers: [{ 'usr/local/bin/python3': { symlink: `python${major}.${minor}` }, 'usr/local/lib/x': version }],
    ...(rest.platform === undefined ? {} : { platform: rest.platform }),
    config: {
      Env: [
        'PATH=/usr/local/bin:/usr/bin:/bin',
        ...env,
        `PYTHON_VERSION=${version}`,
        `PYTHON_SHA256=${'a'.repeat(64)}`,
      ],
      Volumes: { '/data': {} },
      ...(rest.labels === undefined ? {} : { Labels: rest.labels }),
      ...(rest.stop === undefined ? {} : { StopSignal: rest.stop }),
    },
  };
  return makeImage(recipe);
}

async function registry(): Promise<FakeRegistry> {
  const started = await startFakeRegistry();
  onTestFinished(() => started.close());
  return started;
}

const CONFIG = {
  python: {},
  push: true,
  sbom: true,
  env: { GREETING: 'hello', LANG: 'C' },
  labels: { team: 'us' },
  ports: [8000],
} as const;

interface Built {
  readonly server: FakeRegistry;
  readonly sample: Sample;
  readonly image: string;
}

async function built(first: BaseTraits = {}, platforms = ['linux/amd64']): Promise<Built> {
  const server = await registry();
  putImage(server, 'python', imagesOf(first, platforms), '3.12');
  const sample = await makeSample({ wheels: WHEELS });
  const image = `${server.host}/shop:1`;
  const report = await sample.build({
    ...CONFIG,
    base: `${server.host}/python:3.12`,
    platforms,
    tags: [image],
  });
  expect(report.error).toBeNull();
  return { server, sample, image };
}

function imagesOf(
  traits: BaseTraits,
  platforms: readonly string[],
): ReturnType<typeof official>[] | ReturnType<typeof official> {
  const all = platforms.map((platform) => official({ ...traits, platform }));
  return all.length === 1 ? all[0]! : all;
}

async function rebase(image: string, base: string, ...destinations: string[]): Promise<RebaseReport> {
  return await rebaseImage({ ...(await options()), image, base, destinations });
}

describe('rebasing', () => {
  it('gives what a build on the new base gives, and sends documents alone', async () => {
    const next: BaseTraits = {
      version: '3.12.9',
      debian: '12.9',
      env: ['LANG=C.UTF-8', 'NEW=1'],
      patch: 'patched',
      labels: { vendor: 'them' },
      stop: 'SIGINT',
    };
    const platforms = ['linux/amd64', 'linux/arm64'];
    const { server, sample, image } = await built(
      { env: ['LANG=C.UTF-8', 'OLD=1'], labels: { vendor: 'others', gone: 'yes' } },
      platforms,
    );
    putImage(server, 'python', imagesOf(next, platforms), '3.12');
    server.requests.length = 0;
    const target = `${server.host}/shop:patched`;
    const report = await rebase(image, `${server.host}/python:3.12`, target);
    expect(errorOf(report)).toBeNull();
    expect(report.images.map(({ platform, python, layers }) => [platform, python, layers.kept])).toEqual(
      platforms.map((platform) => [platform, { old: '3.12.7', new: '3.12.9' }, 3]),
    );
    const layersRead = server.requests.filter(
      ({ method, path, headers }) =>
        method === 'GET' && /\/shop\/blobs\//.test(path) && headers.range === undefined,
    );
    // Configurations, SBOMs, and the layer of the environment.
    expect(layersRead.length).toBeLessThanOrEqual(6);

    const again = await sample.build({
      ...CONFIG,
      base: `${server.host}/python:3.12`,
      platforms,
      tags: [`${server.host}/whole:1`],
    });
    expect(again.error).toBeNull();
    expect(report.images.map(({ digest }) => digest)).toEqual(again.images.map(({ digest }) => digest));
    expect(report.digest).toBe(again.index?.digest);
    expect(server.repository('shop').tags.get('patched')).toBe(report.digest);
    expect(report.outputs[0]?.bytesUploaded).toBeLessThan(20_000);
  });
});
