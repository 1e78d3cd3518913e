/** Django's static files: what a build puts into the image is what `collectstatic` writes there, and pages find it. */
import { afterEach, describe, expect, test } from 'vitest';
import { compareWithDjango, siteImage } from './harness/django-site.ts';
import { type Container, ready, startContainer } from './harness/podman.ts';

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
