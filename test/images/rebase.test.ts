import { readFile } from 'node:fs/promises';
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
import { copyImage, inspectImage, type RebaseReport, rebaseImage } from '../../core/images.ts';
import { validateLayout } from '../../core/oci/validate/validate-layout.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { makeSample, type Sample } from '../samples/sample.ts';
import { errorOf, options } from './places.ts';

const WHEELS = [{ name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } }];

const STATUS = 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\n';

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
    files: {
      'etc/': '',
      'etc/debian_version': `${debian}\n`,
      'usr/lib/patched': patch,
      'var/lib/dpkg/status': STATUS,
    },
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

  it('makes its SBOM the one of that build, and says what stays with the old image', async () => {
    const { server, sample, image } = await built({ env: ['OLD=1'] });
    const before = await inspectImage({ ...(await options()), image });
    const subject = before.images[0]!.digest;
    const config = {
      ...server.addBlob('shop', Buffer.from('{}')),
      mediaType: 'application/vnd.oci.empty.v1+json',
    };
    const { mediaType } = before;
    const signature = {
      schemaVersion: 2,
      mediaType,
      artifactType: 'application/x-sig',
      config,
      layers: [config],
    };
    const size = Buffer.from(server.repository('shop').manifests.get(subject)!.bytes).length;
    server.addManifest('shop', { ...signature, subject: { mediaType, digest: subject, size } }, mediaType!);
    putImage(server, 'python', official({ version: '3.12.9', debian: '12.9' }), '3.12');
    const patched = `${server.host}/shop:patched`;
    const report = await rebase(image, `${server.host}/python:3.12`, patched);
    expect(errorOf(report)).toBeNull();
    expect(report.warnings.map(({ code }) => code)).toEqual(['PYC_REBASE_REFERRERS_LEFT']);
    const whole = `${server.host}/whole:1`;
    await sample.build({ ...CONFIG, base: `${server.host}/python:3.12`, tags: [whole] });
    const [ours, theirs] = await Promise.all([patched, whole].map((one) => billOf(one)));
    expect(ours).toEqual(theirs);
    const after = await inspectImage({ ...(await options()), image: patched });
    expect(after.images[0]).toMatchObject({ python: { version: '3.12.9' }, packagesFrom: 'sbom' });
  });

  it('mounts what the registry has, and moves the tag of the image itself by the command line', async () => {
    const { server, image } = await built();
    putImage(server, 'python', official({ version: '3.12.9', debian: '12.9' }), 'next');
    const env = { HOME: (await options()).cwd };
    const before = server.repository('shop').tags.get('1');
    const dry = fakeIo({ env });
    expect(await main(['rebase', image, '--base', `${server.host}/python:next`], dry)).toBe(0);
    expect(dry.out()).toBe('');
    expect(dry.err()).toContain('nothing written');
    expect(server.repository('shop').tags.get('1')).toBe(before);
    const io = fakeIo({ env });
    expect(
      await main(['rebase', image, '--base', `${server.host}/python:next`, '--push', '--json'], io),
    ).toBe(0);
    const report = JSON.parse(io.out()) as RebaseReport;
    // The layers of the new base; the image's own are there.
    expect(report.outputs[0]).toMatchObject({ blobsMounted: 2 });
    expect(server.repository('shop').tags.get('1')).toBe(report.digest);
    const elsewhere = fakeIo({ env });
    const to = ['--push', '--tag', `${server.host}/other:1`];
    expect(await main(['rebase', image, '--base', `${server.host}/python:3.12`, ...to], elsewhere)).toBe(0);
    expect(elsewhere.out()).toBe(`${server.host}/other@${server.repository('other').tags.get('1')}\n`);
    for (const args of [[image], [image, '--base', 'x', '--tag', 'y']]) {
      await expect(main(['rebase', ...args], fakeIo({ env }))).resolves.toBe(2);
    }
  });

  it('from and to places on this host is that of a build there', async () => {
    const folder = (await options()).cwd!;
    const [first, next] = [join(folder, 'first'), join(folder, 'next')];
    await writeImage(first, official());
    await writeImage(next, official({ version: '3.12.9', patch: 'patched' }));
    const sample = await makeSample({ wheels: WHEELS });
    const [image, whole] = [join(folder, 'image'), join(folder, 'whole')];
    const config = { ...CONFIG, push: false, python: {}, gzipMembers: 'single' } as const;
    await sample.build({ ...config, base: `layout:${first}`, outputs: [`layout:${image}`] });
    const expected = await sample.build({ ...config, base: `layout:${next}`, outputs: [`layout:${whole}`] });
    const run = await options();
    const unknown = await rebaseImage({ ...run, image: `layout:${image}`, base: `layout:${next}` });
    expect(unknown.error?.code).toBe('PYC_REBASE_SOURCE');
    const wrong = await rebaseImage({
      ...run,
      image: `layout:${image}`,
      base: `layout:${next}`,
      oldBase: `layout:${next}`,
    });
    expect(wrong.error?.code).toBe('PYC_REBASE_SOURCE');
    const report = await rebaseImage({
      ...run,
      image: `layout:${image}`,
      base: `layout:${next}`,
      oldBase: `layout:${first}`,
      destinations: [`layout:${image}:patched`, `archive:${join(folder, 'image.tar')}`],
    });
    expect(errorOf(report)).toBeNull();
    expect(report.digest).toBe(expected.images[0]?.digest);
    expect(report.warnings.map(({ code }) => code)).toContain('PYC_REBASE_SBOM_CUT');
    expect(report.outputs.map(({ digest }) => digest)).toEqual([report.digest, report.digest]);
    expect(await validateLayout(image)).toEqual([]);
    // On the base that it has already, nothing changes.
    const same = await rebaseImage({ ...run, image: `layout:${image}:patched`, base: `layout:${next}` });
    expect(same.digest).toBe(report.digest);
  });

  it('finds the old base beside the new one where its own place is gone, and believes no label', async () => {
    const { server, image } = await built();
    for (const [tag, digest] of server.repository('python').tags)
      server.repository('mirror').tags.set(tag, digest);
    putImage(server, 'mirror', official(), 'old');
    putImage(server, 'mirror', official({ version: '3.12.9' }), 'next');
    for (const digest of [...server.repository('python').manifests.keys()])
      server.repository('python').manifests.delete(digest);
    const found = await rebase(image, `${server.host}/mirror:next`);
    expect(errorOf(found)).toBeNull();
    for (const digest of [...server.repository('mirror').manifests.keys()]) {
      if (digest !== server.repository('mirror').tags.get('next'))
        server.repository('mirror').manifests.delete(digest);
    }
    const gone = await rebaseImage({ ...(await options()), image, base: `${server.host}/mirror:next` });
    expect(gone.error).toMatchObject({ code: 'PYC_REBASE_SOURCE' });
    expect(gone.error?.details).toHaveLength(2);
  });

  it('is refused where the image would not run, before anything is written', async () => {
    const { server, image } = await built();
    const bases: [string, BaseTraits][] = [
      ['minor', { version: '3.13.1' }],
      ['older', { debian: '11.9' }],
      ['other', { platform: 'linux/arm64' }],
    ];
    const codes: unknown[] = [];
    for (const [tag, traits] of bases) {
      putImage(server, 'python', official(traits), tag);
      const report = await rebase(image, `${server.host}/python:${tag}`, `${server.host}/shop:never`);
      codes.push([report.error?.code, report.error?.details?.length ?? 0]);
    }
    expect(codes).toEqual([
      // The version, the ABI, and where the interpreter lies.
      ['PYC_REBASE_UNFIT', 3],
      ['PYC_REBASE_UNFIT', 1],
      ['PYC_REGISTRY_PLATFORM', 1],
    ]);
    const strange = await rebase(`${server.host}/python:3.12`, `${server.host}/python:minor`);
    expect(strange.error?.code).toBe('PYC_REBASE_SOURCE');
    expect(server.repository('shop').tags.has('never')).toBe(false);
  });
});

/** The SBOM of an image, without what names the document itself. */
async function billOf(image: string): Promise<unknown> {
  const folder = join((await options()).cwd!, 'layout');
  await copyImage({ ...(await options()), source: image, destination: `layout:${folder}` });
  const entries = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as {
    manifests: { digest: string; artifactType?: string }[];
  };
  const read = async (digest: string): Promise<Bill> =>
    JSON.parse(await readFile(join(folder, 'blobs/sha256', digest.slice('sha256:'.length)), 'utf8')) as Bill;
  const listed = entries.manifests.find(({ artifactType }) => artifactType?.includes('cyclonedx'));
  const bill = await read((await read(listed!.digest)).layers[0]!.digest);
  const byRef = (a: { 'bom-ref'?: string; ref?: string }, b: typeof a): number =>
    (a['bom-ref'] ?? a.ref ?? '') < (b['bom-ref'] ?? b.ref ?? '') ? -1 : 1;
  return {
    ...bill,
    serialNumber: '',
    components: bill.components.sort(byRef),
    dependencies: bill.dependencies.map((one) => ({ ...one, dependsOn: one.dependsOn?.sort() })).sort(byRef),
  };
}

interface Bill {
  layers: { digest: string }[];
  components: { 'bom-ref': string }[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}
