/**
 * A Django site whose static files hold what storages stumble over, built into an image, and what Django's own
 * `collectstatic` writes for it inside of that image.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runContainer, startingWith } from './podman.ts';
import { succeeded } from './processes.ts';
import { makeProject, pyprojectOf } from './projects.ts';
import { type Built, build } from './pyc.ts';
import { uv } from './uv.ts';
import { newFolder } from './workspace.ts';

export interface SiteOptions {
  /** A specifier, as in `~=5.2.0`. */
  readonly django: string;
  /** The dotted name of a storage. */
  readonly storage: string;
  /** A suite of Debian. */
  readonly base?: string;
  /** Options of the preset, as TOML. */
  readonly preset?: string;
  /** More lines of settings. */
  readonly settings?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Further distributions. */
  readonly dependencies?: readonly string[];
}

export interface SiteImage extends Built {
  /** As podman addresses it. */
  readonly reference: string;
}

/** The Python of each suite, which is what is locked for. */
const PYTHON: Readonly<Record<string, string>> = { bookworm: '3.11', trixie: '3.13' };

const SETTINGS = `
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "only for tests"
DEBUG = False
ALLOWED_HOSTS = ["*"]
DJANGO_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles",
]
INSTALLED_APPS = [*DJANGO_APPS, "rest_framework", "debug_toolbar.apps.DebugToolbarConfig"]
INSTALLED_APPS += ["core.apps.CoreConfig", "flat"]
MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]
ROOT_URLCONF = "site_.urls"
WSGI_APPLICATION = "site_.wsgi.application"
DATABASES = {}
USE_TZ = True
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "collected"
STATICFILES_DIRS = [BASE_DIR / "assets", ("pre", str(BASE_DIR / "extra"))]
SILENCED_SYSTEM_CHECKS = ["admin", "debug_toolbar"]
`;

const URLS = `
from django.http import HttpResponse
from django.template import engines
from django.urls import path

TEMPLATE = '{% load static %}{% static "main.css" %} {% static "core/core.css" %} {% static "admin/css/base.css" %}'
urlpatterns = [path("", lambda request: HttpResponse(engines["django"].from_string(TEMPLATE).render()))]
`;

/** In two pieces, since test runners look for source maps of this file. */
const MAP = ['source', 'MappingURL'].join('');

const MAIN = `@charset "utf-8";
@import "css/b.css";
@import 'css/a.css' screen;
@IMPORT  "css/c.css";
@import url(css/c.css) print;
.a{background:url(img/a.png)} .b{background: URL( img/a.png)} .c{background:url("img/a b.png")} .d{background:url(img/a%20b.png)}
.e{background:url(data:image/png;base64,AAAA)} .f{background:url("data:image/svg+xml;utf8,<svg xmlns='http://x'/>")}
.g{background:url(#frag)} .h{filter:url("#frag")} .i{background:url(http://x.org/a.png)}
.j{background:url(/static/img/a.png)} .k{background:url(/media/img/a.png)} .l{background:url(/static/img/a.png?x=1#y)}
@font-face{src:url(fonts/f.eot);src:url(fonts/f.eot?#iefix) format("eot"),url('fonts/f.eot?v=1#iefix'),url('img/sp.svg#a/b')}
.m{background:url()} .n{background:url("")} .o{background:url(img/)} .p{background:url('./img/../img/a.png')} .q{background:url(img)}
.r{background:url(img/\u00fcber.png)} .s{background:url(img/%C3%BCber.png)} .t{background:url(img/two.dots.tar.gz)}
.u{background:url(
 img/a.png)} .v{background:url("img/a.png"
)} .w{background:url('
img/a.png')} .x{background:url("a;p.css")}
`;

const FILES: Readonly<Record<string, string>> = {
  'manage.py': `import os, sys
from django.core.management import execute_from_command_line
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
execute_from_command_line(sys.argv)
`,
  'site_/__init__.py': '',
  'site_/urls.py': URLS,
  'site_/wsgi.py':
    'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n',
  'core/__init__.py': '',
  'core/apps.py': 'from django.apps import AppConfig\n\nclass CoreConfig(AppConfig):\n    name = "core"\n',
  'core/static/core/core.css': '.a{background:url(../admin/img/search.svg)}\n',
  'core/static/main.css': 'hidden by the first one\n',
  'flat/__init__.py': '',
  'flat/static/flat.txt': 'flat\n',
  'flat/static/CVS/entry': 'ignored\n',
  'assets/main.css': MAIN,
  'assets/empty.css': '',
  'assets/empty.js': '',
  'assets/img/a.png': 'not really one\n',
  'assets/img/a b.png': 'blank\n',
  'assets/img/\u00fcber.png': 'umlaut\n',
  'assets/img/sp.svg': '<svg/>\n',
  'assets/img/two.dots.tar.gz': 'dots\n',
  'assets/img/.hidden': 'ignored\n',
  'assets/fonts/f.eot': 'eot\n',
  'assets/\u{1f600}.txt': 'astral\n',
  'assets/\uffee.txt': 'behind it\n',
  'assets/a;p.css': '.a{}\n',
  'assets/UPPER.CSS': '.a{background:url(nope.png)}\n',
  'assets/css/a.css': `@import "b.css"; .a{background:url(../img/a.png)}\n/*# ${MAP}=a.css.map */\n`,
  'assets/css/a.css.map': '{"version":3}\n',
  'assets/css/b.css': `@import "c.css";\n.b{background:url("./../img/sp.svg#q")}\n/*# ${MAP}=data:application/json;base64,AA== */`,
  'assets/css/c.css': `.c{}\r\n/*# ${MAP}=a.css.map*/\r\n/*#\t${MAP}=a.css.map   */`,
  'assets/css/deep/d.css': '@import "../a.css"; .d{background:url("/static/css/b.css")}\n',
  'assets/css/deep/e.css': '@import "d.css";\n',
  'assets/css/comments.css': `/* url(../img/a.png) */ .a{content:"url(../img/a.png)"; x:'a \\' url(../img/a.png)'; background:url(../img/a.png)}
.b{content:"\\"; url(../img/a.png)"} /* unterminated url(../img/a.png)
/*# ${MAP}=a.css.map */
.c{content:'x
url(../img/a.png)'; y: \\url(../img/a.png)}
`,
  'assets/js/app.js': `console.log("url(x)");\nimport x from "./mod.js";\n//# ${MAP}=app.js.map\n`,
  'assets/js/app.js.map': '{}\n',
  'assets/js/crlf.js': `var a;\r\n//# ${MAP}=app.js.map\r\n//# ${MAP}=data:xx,yy\r\n var c; //# ${MAP}=nope.map`,
  'assets/js/block.js': `/*\n//# ${MAP}=app.js.map\n*/ \`\n//# ${MAP}=app.js.map\n\` // "\n//# ${MAP}=app.js.map`,
  'extra/p.txt': 'p\n',
  'extra/sub/q.css': '.q{background:url(../p.txt)}\n',
  // What an earlier run left: one that is written again, with its compressed copy, and one that is not.
  'collected/main.css': 'stale\n',
  'collected/main.css.gz': 'stale\n',
  'collected/kept.txt': 'kept\n',
};

const DEPENDENCIES = ['djangorestframework', 'django-debug-toolbar', 'whitenoise', 'gunicorn'];

/** Builds the site on Debian's packages. */
export async function siteImage(options: SiteOptions): Promise<SiteImage> {
  const { base = 'trixie' } = options;
  const project = await siteProject(options);
  const layout = newFolder('site');
  const built = await build([project, '--base', `apt:${base}`, '--output', `layout:${layout}`]);
  return { ...built, reference: `oci:${layout}:latest` };
}

/** The site as a user has it, locked. */
export async function siteProject({
  django,
  storage,
  base = 'trixie',
  ...options
}: SiteOptions): Promise<string> {
  const project = makeProject('site', {
    ...FILES,
    'pyproject.toml': `${pyprojectOf('site', [])}${options.preset === undefined ? '' : `\n[tool.pycontainer]\npreset = ["django", ${options.preset}]\n`}`,
    'site_/settings.py': `${SETTINGS}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "${storage}"},
}
${options.settings ?? ''}`,
    ...options.files,
  });
  const input = join(newFolder('requirements'), 'requirements.in');
  writeFileSync(input, [`django${django}`, ...DEPENDENCIES, ...(options.dependencies ?? []), ''].join('\n'));
  const flags = ['--quiet', '--generate-hashes', '--python-version', PYTHON[base]!];
  await uv(['pip', 'compile', ...flags, '--output-file', join(project, 'requirements.txt'), input]);
  return project;
}

/** Runs `collectstatic` and tells how what it wrote differs from what the image has. Compressed copies do not count. */
const COMPARE = `
import json, pathlib
import django
from django.conf import settings
from django.core.management import call_command

def files(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in pathlib.Path(root).rglob("*") if path.is_file()}

ours = files(settings.STATIC_ROOT)
settings.STATIC_ROOT = "/tmp/collected"
django.setup()
call_command("collectstatic", interactive=False, verbosity=0)
theirs = {name: data for name, data in files("/tmp/collected").items() if not name.endswith((".gz", ".br"))}
theirs["kept.txt"] = b"kept\\n"
if pathlib.Path("/tmp/collected/img/two.dots.tar.gz").exists():
    theirs["img/two.dots.tar.gz"] = b"dots\\n"

def shape(name, data):
    # Before 6.0 the order is that of the folder on the disk.
    if name != "staticfiles.json" or django.VERSION >= (6, 0):
        return data
    return [json.loads(data), len(data)]

names = set(ours) | set(theirs)
hashed = {name for name in names if name.startswith("img/two.dots.tar.") and name != "img/two.dots.tar.gz"}
different = [
    [name, str(ours.get(name))[:2000], str(theirs.get(name))[:2000]]
    for name in sorted(names - hashed)
    if name not in ours or name not in theirs or shape(name, ours[name]) != shape(name, theirs[name])
]
print(json.dumps({"django": django.get_version(), "files": len(ours), "different": different}))
`;

export interface Comparison {
  readonly django: string;
  readonly files: number;
  readonly different: readonly unknown[];
}

/** How the image's static files differ from what Django collects in it. */
export async function compareWithDjango(
  { reference }: SiteImage,
  env: Readonly<Record<string, string>> = {},
): Promise<Comparison> {
  const variables = Object.entries(env).map(([name, value]) => `--env=${name}=${value}`);
  const flags = [startingWith(['python', '-W', 'ignore', '-c', COMPARE]), ...variables];
  const ended = await runContainer(reference, [], flags);
  return JSON.parse(succeeded(['podman', 'run', 'collectstatic'], ended).stdout) as Comparison;
}
