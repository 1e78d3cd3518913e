/** What of Django's settings decides over static files, followed through the sources. */
import { createSourceTree } from 'pycontainer/python';
import { describe, expect, it } from 'vitest';
import { planStatic, type StaticPlan } from '../../presets/django/static/plan.ts';

const APPS = 'INSTALLED_APPS = ["django.contrib.staticfiles"]\n';
const PATHS = 'from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n';

interface Sources {
  readonly env?: Readonly<Record<string, string>>;
  readonly django?: string;
  readonly others?: Readonly<Record<string, string>>;
}

async function plan(
  settings: string,
  { env = {}, django = '5.2.1', others = {} }: Sources = {},
): Promise<StaticPlan> {
  const files: Record<string, string> = { 'conf/__init__.py': '', 'conf/settings.py': settings, ...others };
  const tree = createSourceTree({ paths: Object.keys(files), read: async (path) => files[path]! });
  const fileOf = (path: string): string => `/app/${path}`;
  return (await planStatic(tree, 'conf.settings', django, { env, folder: '/app', fileOf })) as StaticPlan;
}

/** What stops it: code, place and a word of the reason. */
async function stopOf(settings: string, sources?: Sources): Promise<string> {
  try {
    const found = await plan(settings, sources);
    return 'why' in found ? `nothing: ${String(found.why)}` : 'planned';
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code} ${/\((\S+:\d+)\)/.exec(message)?.[1] ?? '-'} ${message.slice(message.lastIndexOf(': ') + 2)}`;
  }
}

async function hintOf(settings: string): Promise<string> {
  try {
    await plan(settings);
    return '';
  } catch (error) {
    return (error as { hint: string }).hint;
  }
}

describe('STATIC_ROOT', () => {
  it('is computed as Python would', async () => {
    const cases: Record<string, string> = {
      'STATIC_ROOT = BASE_DIR / "static"': '/app/static',
      'STATIC_ROOT = str(BASE_DIR / "a" / ".." / "b")': '/app/b',
      'STATIC_ROOT = BASE_DIR.joinpath("x", "y")': '/app/x/y',
      'STATIC_ROOT = Path(__file__).resolve(strict=True).parents[1] / "p"': '/app/p',
      'STATIC_ROOT = BASE_DIR.parent / "srv"': '/srv',
      'STATIC_ROOT = "/var/www/" + "static"': '/var/www/static',
      'STATIC_ROOT = "relative"': '/app/relative',
      'N = "n"\nSTATIC_ROOT = f"{BASE_DIR}/{{x}}" f"/{ N }" "/y"': '/app/{x}/n/y',
      'STATIC_ROOT = BASE_DIR / "/abs"': '/abs',
      'import os\nB = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\nSTATIC_ROOT = os.path.join(B, "s")':
        '/app/s',
      'from os.path import dirname as d, join\nSTATIC_ROOT = join(d(d(__file__)), "t/")': '/app/t',
      'DEBUG = True\nif DEBUG:\n  STATIC_ROOT = "dev"\nelse:\n  STATIC_ROOT = "prod"': '/app/dev',
      'import sys\nSTATIC_ROOT = "b" if "test" in sys.argv else "a"': '/app/a',
      'X = {"root": "c"}\nX["root"] = "d"\nSTATIC_ROOT = X["root"]': '/app/d',
      'A, STATIC_ROOT = 1, "e"': '/app/e',
    };
    const found: Record<string, string> = {};
    for (const source of Object.keys(cases)) found[source] = (await plan(`${PATHS}${APPS}${source}\n`)).root;
    expect(found).toEqual(cases);
  });

  it('is followed through modules', async () => {
    const others = {
      'conf/base.py': `${PATHS}ROOT = BASE_DIR / "out"\nAPPS = ["django.contrib.staticfiles"]\n__hidden = 1\n`,
      'conf/paths.py': 'from .base import ROOT as R\nimport conf.base as base\n',
    };
    const sources = [
      'from .base import *\nSTATIC_ROOT = ROOT\nINSTALLED_APPS = APPS\n',
      'from conf.paths import R\nfrom conf import base\nSTATIC_ROOT = R\nINSTALLED_APPS = base.APPS + ["x"]\n',
      'from .paths import base as b\nSTATIC_ROOT = b.ROOT\nINSTALLED_APPS = [*b.APPS]\n',
      'from .base import *\ntry:\n  from .local import *\nexcept ImportError:\n  pass\nSTATIC_ROOT = ROOT\nINSTALLED_APPS = APPS\n',
    ];
    for (const source of sources) expect((await plan(source, { others })).root).toBe('/app/out');
  });

  it('may depend on variables that the configuration states, and on no others', async () => {
    const source = `import os\n${APPS}DEBUG = os.environ.get("DEBUG", "") == "1"\nSTATIC_ROOT = "a"\nif DEBUG:\n    STATIC_ROOT = "b"\n`;
    expect((await plan(source, { env: { DEBUG: '0' } })).root).toBe('/app/a');
    expect((await plan(source, { env: { DEBUG: '1' } })).root).toBe('/app/b');
    expect(await stopOf(source)).toBe(
      'PYC_DJANGO_STATIC_UNREADABLE conf/settings.py:5 it depends on the environment variable `DEBUG`',
    );
  });

  it('says which variable is to be stated', async () => {
    const hints = [];
    for (const source of [
      'STATIC_ROOT = os.environ["ROOT"]',
      'if os.getenv("PROD"):\n  STATIC_ROOT = "x"',
      'STATIC_ROOT = f()',
    ]) {
      const stop = await hintOf(`import os\n${APPS}${source}\n`);
      hints.push(/env\.(\w+)/.exec(stop)?.[1]);
    }
    expect(hints).toEqual(['ROOT', 'PROD', undefined]);
  });

  it('that is not set, or staticfiles that is not installed, is nothing to collect', async () => {
    expect(await stopOf(APPS)).toBe('nothing: `STATIC_ROOT` is not set');
    expect(await stopOf(`${APPS}STATIC_ROOT = None\n`)).toBe('nothing: `STATIC_ROOT` is not set');
    expect(await stopOf('INSTALLED_APPS = ["shop"]\nSTATIC_ROOT = "x"\n')).toMatch(
      /^nothing: .*not installed/,
    );
  });
});

describe('applications, folders, finders and storages', () => {
  it('are put together from statement to statement', async () => {
    const source = `${PATHS}STATIC_ROOT = "r"
LOCAL = ("shop",)
INSTALLED_APPS = ["a", *LOCAL] + ["django.contrib.staticfiles"]
INSTALLED_APPS += ["b"]
INSTALLED_APPS.append("c")
INSTALLED_APPS.insert(0, "first")
INSTALLED_APPS.insert(INSTALLED_APPS.index("shop") + 0, "d") if False else None
INSTALLED_APPS.remove("a")
if "runserver" in []:
    INSTALLED_APPS.append("never")
STATICFILES_DIRS = [BASE_DIR / "assets", ("pre", "other")]
STATICFILES_FINDERS = ("django.contrib.staticfiles.finders.AppDirectoriesFinder",)
STORAGES = {"default": {}, **{}} if False else {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
STATIC_URL = "s/"
FORCE_SCRIPT_NAME = "/app"
WHITENOISE_KEEP_ONLY_HASHED_FILES = not False
`;
    const found = await plan(source);
    expect(found).toMatchObject({
      finders: ['applications'],
      locations: [
        { prefix: '', folder: '/app/assets' },
        { prefix: 'pre', folder: '/app/other' },
      ],
      storage: { hasManifest: true, compresses: true },
      release: '5.2',
      keepsOnlyHashed: true,
    });
    expect(found.applications.map(({ text }) => text).join()).toBe(
      'first,shop,django.contrib.staticfiles,b,c',
    );
    expect(found.staticUrl()).toBe('/app/s/');
  });

  it('are as each release of Django reads them', async () => {
    const old = `${APPS}STATIC_ROOT = "r"\nSTATICFILES_STORAGE = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"\n`;
    expect((await plan(old, { django: '4.2.30' })).release).toBe('4.2');
    expect((await plan(old, { django: '5.0.14' })).storage.hasManifest).toBe(true);
    expect((await plan(old, { django: '5.1' })).storage.hasManifest).toBe(false);
    expect(await stopOf(old, { django: '4.1.7' })).toMatch(/^PYC_DJANGO_STATIC_UNREADABLE .*Django 4\.1\.7$/);
    const manifest = old
      .replace('STATICFILES_STORAGE = ', 'STORAGES = {"staticfiles": {"BACKEND": ')
      .concat('}}');
    expect(await stopOf(manifest, { django: '7.0' })).toMatch(/^PYC_DJANGO_STATIC_UNREADABLE .*Django 7\.0$/);
    expect(await stopOf(`${APPS}STATIC_ROOT = "r"\n`, { django: '7.0' })).toBe('planned');
  });

  it("may be a project's own storage that changes nothing of what is written", async () => {
    const settings = `${APPS}STATIC_ROOT = "r"\nSTORAGES = {"staticfiles": {"BACKEND": "conf.storage.Own"}}\n`;
    const storage = (body: string): Record<string, string> => ({
      'conf/lax.py':
        'from whitenoise import storage\n\nclass Lax(storage.CompressedManifestStaticFilesStorage):\n    "It says."\n    manifest_strict = False\n',
      'conf/storage.py': `from .lax import Lax as Base\n\nclass Own(Base):\n    ${body}\n`,
    });
    expect((await plan(settings, { others: storage('pass') })).storage).toEqual({
      name: 'conf.storage.Own',
      hasManifest: true,
      compresses: true,
    });
    for (const body of ['manifest_name = "x.json"', 'def url(self, name): return name']) {
      expect(await stopOf(settings, { others: storage(body) })).toBe(
        'PYC_DJANGO_STATIC_UNREADABLE conf/settings.py:3 only Python knows what `conf.storage.Own` writes',
      );
    }
  });

  it('that only Python knows stop with file and line', async () => {
    const head = `import os, environ\nfrom decouple import config\n${APPS}STATIC_ROOT = "r"\n`;
    const cases: Record<string, string> = {
      'STATIC_ROOT = config("ROOT")': '5 a call of `config` decides it',
      'STATIC_ROOT = os.environ["ROOT"]': '5 it depends on the environment variable `ROOT`',
      'STATIC_ROOT = os.getenv("ROOT", "x")': '5 it depends on the environment variable `ROOT`',
      'STATIC_ROOT = f"{x!r}/y"': '5 this expression is not read',
      'INSTALLED_APPS += config("APPS")': '5 a call of `config` decides it',
      'if config("DEBUG"):\n  INSTALLED_APPS += ["debug_toolbar"]': '5 a call of `config` decides it',
      'for app in ["x"]:\n  INSTALLED_APPS.append(app)': '6 it stands in a loop or a handler',
      'INSTALLED_APPS.append(environ.Env()("APP"))': '5 a call of `environ.Env` decides it',
      'extend(INSTALLED_APPS)': '5 it is changed here',
      'environ.setup(locals())': '5 what is called here may set anything',
      'globals()["STATIC_ROOT"] = config("X")': '5 a call of `config` decides it',
      'from django_defaults import *': "5 `django_defaults` is not the project's, and may set it",
      'STATICFILES_FINDERS = ["sass_processor.finders.CssFinder"]':
        '5 only Python knows what `sass_processor.finders.CssFinder` finds',
      'STATICFILES_DIRS = [config("DIR")]': '5 a call of `config` decides it',
      'STORAGES = {"staticfiles": {"BACKEND": "storages.backends.s3.S3Storage"}}':
        '5 only Python knows what `storages.backends.s3.S3Storage` writes',
      'STORAGES = {"staticfiles": {"BACKEND": "x", "OPTIONS": {"location": "y"}}}':
        '5 the storage has options',
    };
    const found: Record<string, string> = {};
    for (const source of Object.keys(cases)) found[source] = await stopOf(`${head}${source}\n`);
    const expected = Object.entries(cases).map(([source, rest]) => [
      source,
      `PYC_DJANGO_STATIC_UNREADABLE conf/settings.py:${rest}`,
    ]);
    expect(found).toEqual(Object.fromEntries(expected));
  });

  it('are not taken for known where code changes them out of sight', async () => {
    const head = `import os\n${APPS}STATIC_ROOT = "r"\n`;
    const add = 'def add():\n  INSTALLED_APPS.append("x")\n';
    const cases: Record<string, string> = {
      [`${add}add()`]: '6 `conf.settings.add` may set it',
      [`${add}X = add()`]: '6 `conf.settings.add` may set it',
      'def move():\n  global STATIC_ROOT\n  STATIC_ROOT = "s"\nmove()': '7 `conf.settings.move` may set it',
      'from .more import more\nmore()': 'planned',
      'del INSTALLED_APPS[0]': '4 it is changed here',
      'X = INSTALLED_APPS.pop()': '4 it is changed here',
      'os.getenv("D") or INSTALLED_APPS.append("x")': '4 it depends on the environment variable `D`',
      'INSTALLED_APPS.append("x") if os.getenv("D") else None':
        '4 it depends on the environment variable `D`',
      'del STATIC_ROOT': 'nothing: `STATIC_ROOT` is not set',
      'if os.getenv("D"):\n  del STATIC_ROOT': '4 it depends on the environment variable `D`',
      'def own():\n  INSTALLED_APPS = []\n  INSTALLED_APPS.append("x")\nown()': 'planned',
    };
    const others = { 'conf/more.py': `APPS = []\ndef more():\n  APPS.append("x")\n` };
    const found: Record<string, string> = {};
    for (const source of Object.keys(cases))
      found[source] = (await stopOf(`${head}${source}\n`, { others })).replace(
        'PYC_DJANGO_STATIC_UNREADABLE conf/settings.py:',
        '',
      );
    expect(found).toEqual(cases);
    const shared = 'from .base import *\nSTATIC_ROOT = "r"\nadd()\n';
    const base = { 'conf/base.py': `${APPS}${add}` };
    expect(await stopOf(shared, { others: base })).toMatch(/settings\.py:3 `conf\.base\.add` may set it$/);
  });

  it('are followed through short circuits and variables that they set themselves', async () => {
    const source = `import os
${APPS}os.environ["ROOT"] = "own"
STATIC_ROOT = os.environ["ROOT"]
DEBUG = False
DEBUG or INSTALLED_APPS.append("a")
DEBUG and INSTALLED_APPS.append("b")
INSTALLED_APPS.append("c") if not DEBUG else None
`;
    const found = await plan(source, { env: { ROOT: 'stated' } });
    expect(found.root).toBe('/app/own');
    expect(found.applications.map(({ text }) => text).join()).toBe('django.contrib.staticfiles,a,c');
  });

  it('that Django refuses are refused', async () => {
    const cases = [
      'STATIC_ROOT = "/"',
      'STATIC_ROOT = "x"\nSTATICFILES_DIRS = ["/app/x"]',
      'STATIC_ROOT = "x"\nSTATICFILES_DIRS = [("p/", "y")]',
      'STATIC_ROOT = "x"\nSTORAGES = {}',
    ];
    for (const source of cases)
      expect(await stopOf(`${APPS}${source}\n`)).toMatch(/^PYC_DJANGO_STATIC_INVALID/);
  });
});
