import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definePlugin, type Plugin } from 'pycontainer';
import { buildInMemory } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { codeOf } from '../codes.ts';

const ALPHA = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } };

const motd = definePlugin({
  name: 'motd',
  apply(hooks, api) {
    hooks.collect.tapPromise('motd', async (collected) =>
      api.addPart(collected, api.filesPart('motd', { 'etc/motd': { bytes: 'hello\n', mode: 0o755 } })),
    );
    hooks.label.tapPromise('motd', async (image) => ({
      ...image,
      labels: { ...image.labels, greeting: 'hello' },
      annotations: { ...image.annotations, greeting: 'hi' },
    }));
    hooks.sbom.tapPromise('motd', async (input) => ({
      ...input,
      attachments: [
        ...input.attachments,
        {
          artifactType: 'text/x-notes',
          mediaType: 'text/plain',
          bytes: Buffer.from('notes'),
          annotations: { of: 'motd' },
          subject: 'linux/amd64',
        },
      ],
    }));
  },
});

/** A folder that takes the place of the host's temporary one, to see what is left there. */
async function ownTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pyc-in-memory-'));
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

describe('a build in memory', () => {
  it('gives the image whole, with what plugins did to it, and leaves nothing behind', async () => {
    const folder = await ownTemporaryFolder();
    const { image, report, attachments, written, requests } = await buildInMemory(
      { wheels: [ALPHA] },
      { plugins: [motd], entrypoint: ['python', '-m', 'shop'], env: { COLOUR: 'blue' }, workdir: '/app' },
    );
    expect(report.ok).toBe(true);
    const motdFile = image.files.get('etc/motd');
    expect([motdFile?.type, motdFile?.mode, motdFile?.text()]).toEqual(['file', 0o755, 'hello\n']);
    expect(image.layers[motdFile?.layer ?? -1]).toMatchObject({ name: 'motd', paths: ['etc/motd'] });
    const site = 'opt/venv/lib/python3.12/site-packages';
    expect(image.files.get(`${site}/alpha/__init__.py`)?.text()).toBe('A = 1\n');
    expect(image.files.get('app/shop/__init__.py')?.text()).toBe('print("hello")\n');
    expect(image.files.get('opt/venv/bin/python')).toMatchObject({
      type: 'symlink',
      target: '/usr/local/bin/python3.12',
    });
    expect(image.files.get('opt/venv')).toMatchObject({ type: 'directory', mode: 0o755, uid: 0, gid: 0 });
    expect([...image.files.keys()]).toEqual([...image.files.keys()].sort());
    expect(image).toMatchObject({
      name: 'shop',
      platform: 'linux/amd64',
      digest: report.images[0]?.digest,
      labels: { greeting: 'hello', 'org.opencontainers.image.title': 'shop' },
      annotations: { greeting: 'hi' },
      env: { COLOUR: 'blue', VIRTUAL_ENV: '/opt/venv' },
      entrypoint: ['python', '-m', 'shop'],
      cmd: [],
      workdir: '/app',
      user: '65532:65532',
      distributions: [{ name: 'alpha', version: '1.0', source: 'wheel' }],
      config: { architecture: 'amd64', os: 'linux' },
    });
    expect(
      attachments.map(({ type, mediaType, annotations, text }) => [type, mediaType, annotations, text()]),
    ).toEqual([['text/x-notes', 'text/plain', { of: 'motd' }, 'notes']]);
    expect(image.attachments).toEqual(attachments);
    expect(written.size).toBe(0);
    expect(requests.map(({ method }) => method)).toEqual(['GET']);
    expect(await readdir(folder)).toEqual([]);
  });

  it('gives the same image again, in another folder', async () => {
    const [first, second] = [
      await buildInMemory({ wheels: [ALPHA] }),
      await buildInMemory({ wheels: [ALPHA] }),
    ];
    // Where the index listened is in the lock and the report, not in the image.
    expect(first.image.digest).toBe(second.image.digest);
  });

  it('says of one that failed why, and leaves nothing behind', async () => {
    const folder = await ownTemporaryFolder();
    const thrower: Plugin = {
      name: 'thrower',
      apply: (hooks) => hooks.layer.tapPromise('thrower', () => Promise.reject(new Error('oops'))),
    };
    const built = await buildInMemory({ wheels: [ALPHA] }, { plugins: [thrower] });
    expect(built.report.error?.code).toBe('PYC_PLUGIN_FAILED');
    expect(built.images).toEqual([]);
    expect(() => built.image).toThrow(/PYC_PLUGIN_FAILED/);
    expect(Object.keys(built)).not.toContain('image');
    expect(await readdir(folder)).toEqual([]);
  });

  it('ends when its signal says so, at whichever time, and leaves nothing behind', async () => {
    const folder = await ownTemporaryFolder();
    for (const hook of ['collect', 'published'] as const) {
      const controller = new AbortController();
      const hanging: Plugin = {
        name: 'waiter',
        apply: (hooks) =>
          hooks[hook].tapPromise('waiter', () => {
            controller.abort();
            return new Promise<never>(() => {});
          }),
      };
      const built = await buildInMemory({}, { plugins: [hanging] }, { signal: controller.signal });
      expect(built.report.error?.code).toBe('PYC_INTERRUPTED');
      expect(built.images).toHaveLength(hook === 'published' ? 1 : 0);
      expect(await readdir(folder)).toEqual([]);
    }
  });

  it('reports what is wrong with a configuration', async () => {
    const { report } = await buildInMemory({}, { ports: [1], workdirr: '/' } as object);
    expect(report.error).toMatchObject({ code: 'PYC_CONFIG_INVALID', details: [{ path: 'workdirr' }] });
  });

  it('takes a configuration from the project’s files, weaker than the stated one', async () => {
    const { images, attachments } = await buildInMemory(
      {
        files: {
          'pycontainer.config.mjs': `export default [
            { name: 'api', labels: { from: 'file' }, platforms: ['linux/amd64', 'linux/arm64'], sbom: true },
            { name: 'worker', labels: { from: 'file' }, env: { A: 'b' }, python: { version: '3.13.1' } },
          ];`,
        },
      },
      { labels: { from: 'test' } },
    );
    const facts = images.map(({ name, platform, labels, python, config, attachments: { length } }) => [
      `${name} ${platform} ${labels.from} ${python.version} ${config.architecture}`,
      length,
    ]);
    expect(facts).toEqual([
      ['api linux/amd64 test 3.12.7 amd64', 1],
      ['api linux/arm64 test 3.12.7 arm64', 1],
      ['worker linux/amd64 test 3.13.1 amd64', 0],
    ]);
    expect(attachments).toHaveLength(3);
    expect(images[2]?.env.A).toBe('b');
  });

  it('tells images without a name apart', async () => {
    const config = (letter: string) =>
      `{ labels: { letter: '${letter}' }, outputs: ['layout:${letter}'], platforms: ['linux/amd64', 'linux/arm64'] }`;
    const text = `export default [${config('a')}, ${config('b')}];`;
    const { images, written } = await buildInMemory({ files: { 'pycontainer.config.mjs': text } });
    expect(images.map(({ labels }) => labels.letter)).toEqual(['a', 'a', 'b', 'b']);
    expect([...written.keys()]).toEqual(expect.arrayContaining(['a/index.json', 'b/index.json']));
  });

  it('gives what a destination wrote into the project’s folder', async () => {
    const lister: Plugin = {
      name: 'lister',
      apply(hooks, api) {
        hooks.destination.tapPromise('lister', async ({ spec, scheme, location }) => {
          if (scheme !== 'listing') return undefined;
          return {
            name: spec,
            async publish({ name, images: [image] }) {
              const { digest } = image!.manifest.descriptor;
              await writeFile(join(api.config.directory, location), name);
              const none = { bytesUploaded: 0, blobsUploaded: 0, blobsMounted: 0, blobsPresent: 0 };
              return { destination: spec, reference: location, digest, ...none };
            },
          };
        });
      },
    };
    const { written, report, images } = await buildInMemory(
      {},
      { plugins: [lister], outputs: ['listing:names.txt', 'archive:shop.tar'] },
    );
    expect(report.error).toBeNull();
    expect([...written.keys()]).toEqual(['names.txt', 'shop.tar']);
    expect(written.get('names.txt')?.toString()).toBe('shop');
    expect(images).toHaveLength(1);
  });

  it('plans alone in a dry run', async () => {
    const { report, images } = await buildInMemory({ wheels: [ALPHA] }, {}, { dryRun: true });
    expect([report.ok, report.dryRun, images]).toEqual([true, true, []]);
    expect(report.images[0]?.distributions).toHaveLength(1);
  });

  it('finds in a store that is kept what an earlier one made', async () => {
    const cacheDirectory = await ownTemporaryFolder();
    await buildInMemory({ wheels: [ALPHA] }, {}, { cacheDirectory });
    const { image, requests } = await buildInMemory({ wheels: [ALPHA] }, {}, { cacheDirectory });
    expect(new Set(image.layers.map(({ origin }) => origin))).toEqual(new Set(['cached']));
    expect(requests).toEqual([]);
  });

  it('refuses a plugin’s image that is none', async () => {
    const liar: Plugin = {
      name: 'liar',
      apply: (hooks) => hooks.label.tapPromise('liar', async (image) => ({ ...image, created: 'yesterday' })),
    };
    expect(await codeOf(() => buildInMemory({}, { plugins: [liar] }))).toBe('PYC_IMAGE_INVALID');
  });

  it('refuses what cannot be a project', async () => {
    const both = buildInMemory({ wheels: [ALPHA], files: { 'pylock.toml': '' } });
    await expect(both).rejects.toThrow(RangeError);
    expect(await codeOf(() => buildInMemory({ files: { '../outside': '' } }))).toBe('PYC_PATH_UNSAFE');
  });
});
