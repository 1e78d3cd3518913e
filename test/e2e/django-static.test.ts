/** Django's static files: what a build puts into the image is what `collectstatic` writes there, and pages find it. */
import { afterEach, describe, expect, test } from 'vitest';
import { compareWithDjango, siteImage, siteProject } from './harness/django-site.ts';
import { type Container, ready, startContainer } from './harness/podman.ts';
import { buildInVain } from './harness/pyc.ts';

const STORAGES = [
  'django.contrib.staticfiles.storage.StaticFilesStorage',
  'django.contrib.staticfiles.storage.ManifestStaticFilesStorage',
  'whitenoise.storage.CompressedManifestStaticFilesStorage',
];

describe.each(STORAGES)('static files of %s', (storage) => {
  const running: Container[] = [];

  afterEach(async () => {
    for (const container of running.splice(0)) await container.remove();
  });

  test('are those that Django collects, and are served', async () => {
    const image = await siteImage({ django: '~=5.2.0', storage });
    const { files, different } = await compareWithDjango(image);
    expect(different).toEqual([]);
    expect(files).toBeGreaterThan(200);
    const container = await startContainer(image.reference);
    running.push(container);
    await ready(container, '/');
    const page = await container.get('/');
    for (const path of page.body.split(' ')) {
      expect(path).toMatch(
        storage.includes('Manifest') ? /\.[0-9a-f]{12}\.css$/ : /^\/static\/.*[a-z]\.css$/,
      );
      expect(await container.get(path)).toMatchObject({ status: 200, body: expect.stringMatching(/./) });
    }
  });
});

describe("the host's Python", () => {
  /** A storage of the project's own, which only Python knows. */
  const own = {
    django: '~=5.2.0',
    base: 'bookworm',
    storage: 'site_.storage.OwnStorage',
    files: {
      'site_/storage.py':
        'from django.contrib.staticfiles.storage import ManifestStaticFilesStorage\n\nclass OwnStorage(ManifestStaticFilesStorage):\n    keep_intermediate_files = True\n',
    },
  };

  test('collects what cannot be read, once, and says why it fails', async () => {
    const { error } = await buildInVain([await siteProject(own), '--base', 'apt:bookworm']);
    expect(error.code).toBe('PYC_DJANGO_STATIC_UNREADABLE');
    const settings = 'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n';
    const refused = await siteProject({ ...own, settings, preset: '{ collectstatic = "host" }' });
    const failed = await buildInVain([refused, '--base', 'apt:bookworm'], { env: { PATH: '/usr/bin:/bin' } });
    expect(failed.error).toMatchObject({ code: 'PYC_DJANGO_COLLECTSTATIC_FAILED' });
    const preset = '{ collectstatic = "host", environment = { SECRET_KEY = "only to collect" } }';
    const image = await siteImage({ ...own, settings, preset });
    expect((await compareWithDjango(image, { SECRET_KEY: 'x' })).different).toEqual([]);
    expect(image.image.layers.map(({ name }) => name)).toContain('static files');
  });
});
