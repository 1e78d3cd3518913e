/** Django's static files through a whole build, with applications from wheels and from the project. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildReport, type Config, explain } from 'pycontainer';
import type { WheelRecipe } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import { readLayer } from '../pipeline/layers-of.ts';
import { makeSample, PYTHON, type Sample, writeFiles } from '../samples/sample.ts';

const APPS =
  'from django.apps import AppConfig\n\nclass AdminConfig(AppConfig):\n    name = "django.contrib.admin"\n    default = True\n';
const DJANGO: WheelRecipe = {
  name: 'django',
  version: '5.2.19',
  files: {
    'django/__init__.py': '',
    'django/contrib/__init__.py': '',
    'django/contrib/admin/__init__.py': '',
    'django/contrib/admin/apps.py': APPS,
    'django/contrib/admin/static/admin/base.css': '.a{background:url(icon.svg)}\n',
    'django/contrib/admin/static/admin/icon.svg': '<svg/>\n',
    'django/contrib/staticfiles/__init__.py': '',
  },
};
const GUNICORN: WheelRecipe = { name: 'gunicorn', version: '27.0.1' };
const SETTINGS = `from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.staticfiles", "shop.apps.ShopConfig"]
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES = {}
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "collected"
STATICFILES_DIRS = [BASE_DIR / "assets"]
`;
const MANIFEST = `STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}\n`;
const FILES: Readonly<Record<string, string>> = {
  'manage.py': 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
  'shop/__init__.py': '',
  'shop/wsgi.py': 'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n',
  'shop/apps.py':
    'from django.contrib.admin import apps\nfrom django.apps import AppConfig as Base\n\nclass Common(Base):\n    default = False\n\nclass ShopConfig(Common):\n    name = "shop"\n',
  'shop/settings.py': SETTINGS,
  'shop/static/shop.js': 'shop()\n',
  'shop/static/site.css': 'hidden\n',
  'shop/static/.keep': 'ignored\n',
  'shop/static/CVS/x': 'ignored\n',
  'assets/site.css': '@import "admin/base.css";\n',
};

const PLAIN = ['admin/base.css', 'admin/icon.svg', 'shop.js', 'site.css'];

async function site(files: Readonly<Record<string, string>> = {}): Promise<Sample> {
  return makeSample({ files: { ...FILES, ...files }, wheels: [DJANGO, GUNICORN] });
}

/** The files below STATIC_ROOT, of the layer that holds static files. */
async function staticFiles(sample: Sample, report: BuildReport): Promise<Readonly<Record<string, string>>> {
  expect(report.error).toBeNull();
  const layer = report.images[0]!.layers.find(({ name }) => name === 'static files');
  if (layer === undefined) return {};
  const files = await readLayer(join(sample.directory, 'build/image'), layer.digest!);
  const inside = Object.entries(files).filter(
    ([path]) => path.startsWith('app/collected/') && !path.endsWith('/'),
  );
  return Object.fromEntries(inside.map(([path, text]) => [path.slice('app/collected/'.length), text]));
}

describe('static files of Django', () => {
  it('are collected from folders and applications, the first of a name', async () => {
    const sample = await site();
    const report = await sample.build();
    const files = await staticFiles(sample, report);
    expect(Object.keys(files).sort()).toEqual(PLAIN);
    expect(files['site.css']).toBe('@import "admin/base.css";\n');
    expect(report.preset?.reasons).toContainEqual(
      expect.objectContaining({ file: 'shop/settings.py', line: 7 }),
    );
  });

  it('get names with hashes and a manifest where the storage has one', async () => {
    const sample = await site({ 'shop/settings.py': SETTINGS + MANIFEST });
    const files = await staticFiles(sample, await sample.build());
    const { paths } = JSON.parse(files['staticfiles.json']!) as { paths: Record<string, string> };
    expect(Object.keys(paths).sort()).toEqual(PLAIN);
    expect(files[paths['site.css']!]).toBe(`@import url("${paths['admin/base.css']}");\n`);
    expect(files[paths['admin/base.css']!]).toBe(
      `.a{background:url("${paths['admin/icon.svg']!.replace('admin/', '')}")}\n`,
    );
  });

  it('replace those that an earlier run left in the sources, with their compressed copies', async () => {
    const sample = await site({
      'collected/site.css': 'stale\n',
      'collected/site.css.gz': 'stale\n',
      'collected/own.txt': 'own\n',
    });
    const report = await sample.build();
    expect((await staticFiles(sample, report))['site.css']).not.toBe('stale\n');
    const project = report.images[0]!.layers.find(({ role }) => role === 'project');
    const files = await readLayer(join(sample.directory, 'build/image'), project!.digest!);
    const left = Object.keys(files).filter(
      (path) => path.startsWith('app/collected/') && !path.endsWith('/'),
    );
    expect(left).toEqual(['app/collected/own.txt']);
  });

  it('need neither wheels nor index where nothing changed, and keep their layer where only code did', async () => {
    const sample = await site({ 'shop/settings.py': SETTINGS + MANIFEST });
    const digests = (report: BuildReport): readonly (string | null)[] =>
      report.images[0]!.layers.map(({ digest }) => digest);
    const first = await sample.build();
    for (const { hash } of first.images[0]!.distributions) {
      await rm(join(sample.cache, 'blobs/sha256', hash!.slice('sha256:'.length)));
    }
    const second = await sample.build({}, { offline: true });
    expect(second.error).toBeNull();
    expect(digests(second)).toEqual(digests(first));
    await writeFiles(sample.directory, { 'shop/views.py': 'pass\n' });
    const third = await sample.build();
    expect(digests(third).map((digest, index) => digest === digests(first)[index])).toEqual([
      ...digests(first)
        .slice(1)
        .map(() => true),
      false,
    ]);
    await writeFiles(sample.directory, { 'assets/more.txt': 'more\n' });
    expect(Object.keys(await staticFiles(sample, await sample.build()))).toContain('more.txt');
  });

  it('are read where a package and a base folder outside of the sources put them', async () => {
    const sample = await site({
      'shop/settings.py': SETTINGS.replace('BASE_DIR / "collected"', '"/srv/static"'),
    });
    const report = await sample.build();
    const layer = report.images[0]!.layers.find(({ name }) => name === 'static files');
    const files = await readLayer(join(sample.directory, 'build/image'), layer!.digest!);
    expect(Object.keys(files).sort()).toEqual([
      'srv/static/',
      'srv/static/admin/',
      ...PLAIN.map((name) => `srv/static/${name}`),
    ]);
  });

  it('are left out where the preset is told so, and where there is nothing to collect', async () => {
    const sample = await site();
    const without: Config = { preset: ['django', { collectstatic: false }] };
    expect(await staticFiles(sample, await sample.build(without))).toEqual({});
    const none = await site({ 'shop/settings.py': SETTINGS.replace(/^STATIC_ROOT.*$/m, '') });
    expect(await staticFiles(none, await none.build())).toEqual({});
  });

  it('stop the build where they cannot be read, at once in a dry run as well', async () => {
    const codes: Record<string, (string | undefined)[]> = {};
    const cases: Record<string, Readonly<Record<string, string>>> = {
      environment: { 'shop/settings.py': `import os\n${SETTINGS}STATIC_ROOT = os.environ["ROOT"]\n` },
      'application elsewhere': { 'shop/settings.py': `${SETTINGS}INSTALLED_APPS += ["elsewhere"]\n` },
      'path of its own': { 'shop/apps.py': `${FILES['shop/apps.py']}    path = "/elsewhere"\n` },
      'missing reference': {
        'shop/settings.py': SETTINGS + MANIFEST,
        'assets/site.css': '.a{background:url(missing.png)}',
      },
    };
    for (const [name, files] of Object.entries(cases)) {
      const sample = await site(files);
      const [dry, whole] = [await sample.build({}, { dryRun: true }), await sample.build()];
      codes[name] = [dry.error?.code, whole.error?.code];
    }
    expect(codes).toEqual({
      environment: ['PYC_DJANGO_STATIC_UNREADABLE', 'PYC_DJANGO_STATIC_UNREADABLE'],
      'application elsewhere': [undefined, 'PYC_DJANGO_STATIC_UNREADABLE'],
      'path of its own': [undefined, 'PYC_DJANGO_STATIC_UNREADABLE'],
      'missing reference': [undefined, 'PYC_DJANGO_STATIC_INVALID'],
    });
  });

  it('that cannot be read are told by an explanation, beside all else', async () => {
    const sample = await site({ 'shop/settings.py': `${SETTINGS}STATIC_ROOT = unknown()\n` });
    const report = await explain({
      directory: sample.directory,
      env: { PYC_CACHE_DIR: sample.cache },
      commandLine: { values: { base: 'scratch', python: PYTHON }, flags: {}, set: [] },
    });
    expect([report.error, report.images[0]?.command[2]]).toEqual([null, 'gunicorn']);
    expect(report.preset?.reasons.map(({ message }) => message).join()).toContain('shop/settings.py:9');
  });

  it("are asked of the host's Python where the user says so, which must be the image's", async () => {
    const sample = await site();
    const host: Config = { preset: ['django', { collectstatic: 'host' }] };
    const { error } = await sample.build(host, { env: { PYC_CACHE_DIR: sample.cache, PATH: '/nowhere' } });
    expect(error?.code).toBe('PYC_DJANGO_COLLECTSTATIC_FAILED');
  });

  it('take options that are checked', async () => {
    const { error } = await (await site()).build({ preset: ['django', { collectstatic: 'perhaps' }] });
    expect(error?.exitCode).toBe(2);
  });
});
