/** The releases of Django whose rules are known: static files of each are those that it collects itself. */
import { describe, expect, test } from 'vitest';
import { compareWithDjango, siteImage } from '../harness/django-site.ts';

/** The suite has a Python that the release supports. */
const RELEASES = [
  ['4.2', 'bookworm'],
  ['5.0', 'bookworm'],
  ['5.1', 'bookworm'],
  ['5.2', 'bookworm'],
  ['6.0', 'trixie'],
  ['6.1', 'trixie'],
] as const;
const STORAGES = [
  'django.contrib.staticfiles.storage.StaticFilesStorage',
  'django.contrib.staticfiles.storage.ManifestStaticFilesStorage',
  'whitenoise.storage.CompressedStaticFilesStorage',
  'whitenoise.storage.CompressedManifestStaticFilesStorage',
];

describe.each(RELEASES)('Django %s', (release, base) => {
  test.each(STORAGES)('with %s', async (storage) => {
    const image = await siteImage({ django: `~=${release}.0`, storage, base });
    const { django, different } = await compareWithDjango(image);
    expect([django.startsWith(`${release}.`), different]).toEqual([true, []]);
  });

  test('with names with hashes alone', async () => {
    const storage = 'whitenoise.storage.CompressedManifestStaticFilesStorage';
    // A reference to a folder, as the site's own has, is more than WhiteNoise takes here.
    const files = { 'assets/main.css': '@import "css/a.css";\n' };
    const settings = 'WHITENOISE_KEEP_ONLY_HASHED_FILES = True\n';
    const image = await siteImage({ django: `~=${release}.0`, storage, base, settings, files });
    expect((await compareWithDjango(image)).different).toEqual([]);
  });
});

/** What real sites install, each with static files and configurations of applications in its own way. */
const APPLICATIONS = `
INSTALLED_APPS = [
    "unfold", "unfold.contrib.filters", "wagtail.contrib.forms", "wagtail.contrib.redirects", "wagtail.embeds",
    "wagtail.sites", "wagtail.users", "wagtail.snippets", "wagtail.documents", "wagtail.images", "wagtail.search",
    "wagtail.admin", "wagtail", "modelcluster", "taggit", "django_filters", "import_export", "crispy_forms",
    "django_ckeditor_5", "django_extensions", "django_celery_beat", "drf_spectacular",
    "drf_spectacular_sidecar",
] + INSTALLED_APPS
TIME_ZONE = "UTC"
CELERY_BROKER_URL = "memory://"
`;
const DISTRIBUTIONS = [
  'django-unfold',
  'wagtail',
  'django-filter',
  'django-import-export',
  'django-crispy-forms',
  'django-ckeditor-5',
  'django-extensions',
  'django-celery-beat',
  'drf-spectacular[sidecar]',
];

test.each(STORAGES.slice(0, 2))('a site with many applications, with %s', async (storage) => {
  const image = await siteImage({
    django: '~=5.2.0',
    storage,
    settings: APPLICATIONS,
    dependencies: DISTRIBUTIONS,
  });
  const { files, different } = await compareWithDjango(image);
  expect(different).toEqual([]);
  expect(files).toBeGreaterThan(400);
});
