import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isPycError } from '../../core/primitives/errors.ts';
import { execForm } from '../../presets/procfile/shell.ts';
import { parseProcfile } from '../../presets/procfile.ts';
import { writeFiles } from '../samples/sample.ts';
import { applyTo, type Case } from './sample-project.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pyc-presets-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const FLASK = 'from flask import Flask\n\napp = Flask(__name__)\n';
const MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n';
const WSGI = 'from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n';
const CELERY = 'from celery import Celery\n\napp = Celery("x")\n';
const django = (
  settings: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> => ({
  'manage.py': MANAGE,
  'shop/__init__.py': '',
  'shop/settings.py': settings,
  'shop/wsgi.py': WSGI,
  ...more,
});
const DJANGO = ['django 5.2.19', 'gunicorn 27.0.1'];
const FLASKS = ['flask 3.1.3', 'gunicorn 27.0.1'];

const BRACED = ['$', '{PORT:-80}'].join('');

type Refusal = [what: string, files: Readonly<Record<string, string>>, sample: Partial<Case>, code: string];

const REFUSALS: readonly Refusal[] = [
  [
    'two applications',
    { 'one.py': FLASK, 'two.py': FLASK },
    { locked: FLASKS },
    'PYC_PRESET_AMBIGUOUS one.py:3',
  ],
  [
    'two services whose modules have the same names',
    Object.fromEntries(
      ['a', 'b'].flatMap((service) => [
        [`${service}/app/main.py`, `from app.web import make\n${FLASK}`],
        [`${service}/app/web.py`, 'def make(): ...\n'],
      ]),
    ),
    { locked: FLASKS },
    'PYC_PRESET_AMBIGUOUS a/app/main.py:4',
  ],
  [
    'none, asked for by name',
    { 'one.py': '' },
    { preset: 'flask', locked: FLASKS },
    'PYC_PRESET_NO_APPLICATION',
  ],
  ['no server', { 'app.py': FLASK }, { locked: ['flask 3.1.3'] }, 'PYC_PRESET_NO_SERVER'],
  [
    'a file that is no Python',
    { 'one.py': `${FLASK}x = (\n` },
    { locked: FLASKS },
    'PYC_SOURCE_UNREADABLE one.py:4',
  ],
  [
    'a FLASK_APP that is not there',
    { 'one.py': FLASK, '.flaskenv': 'FLASK_APP=two\n' },
    { locked: FLASKS },
    'PYC_PRESET_ENTRYPOINT_INVALID',
  ],
  [
    'a FLASK_APP that calls with arguments',
    { 'one.py': FLASK, '.flaskenv': 'FLASK_APP=one:make("dev")\n' },
    { locked: FLASKS },
    'PYC_PRESET_ENTRYPOINT_INVALID',
  ],
  [
    'settings that the environment chooses',
    {
      'manage.py': 'import os\nmode = "a"\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop." + mode)\n',
    },
    { locked: DJANGO },
    'PYC_PRESET_AMBIGUOUS manage.py:3',
  ],
  [
    'settings that are not there',
    { 'manage.py': MANAGE, 'shop/__init__.py': '' },
    { locked: DJANGO },
    'PYC_PRESET_NO_APPLICATION',
  ],
  [
    'an application that a branch chooses',
    django(
      'WSGI_APPLICATION = "shop.wsgi.application"\nif DEBUG:\n    WSGI_APPLICATION = "shop.dev.application"\n',
    ),
    { locked: DJANGO },
    'PYC_PRESET_AMBIGUOUS shop/settings.py:3',
  ],
  [
    'an application that is not there',
    django('WSGI_APPLICATION = "shop.server.application"\n'),
    { locked: DJANGO },
    'PYC_PRESET_ENTRYPOINT_INVALID',
  ],
  [
    'two sites',
    { 'a/manage.py': MANAGE, 'b/manage.py': MANAGE },
    { locked: DJANGO },
    'PYC_PRESET_AMBIGUOUS a/manage.py:1',
  ],
  [
    'no server for a site',
    django('WSGI_APPLICATION = "shop.wsgi.application"\n'),
    { locked: ['django 5.2.19'] },
    'PYC_PRESET_NO_SERVER',
  ],
  [
    'two Celery applications',
    { 'a.py': CELERY, 'b.py': CELERY },
    { locked: ['celery 5.7.0'] },
    'PYC_PRESET_AMBIGUOUS a.py:3',
  ],
  [
    'two Streamlit scripts',
    { 'a.py': 'import streamlit as st\nst.title("a")\n', 'b.py': 'import streamlit as st\nst.title("b")\n' },
    { locked: ['streamlit 1.67.0'] },
    'PYC_PRESET_AMBIGUOUS a.py:2',
  ],
  [
    'two console scripts',
    { 'pyproject.toml': '[project]\nname = "x"\nversion = "1"\n[project.scripts]\na = "x:a"\nb = "x:b"\n' },
    { isPackage: true },
    'PYC_PRESET_AMBIGUOUS pyproject.toml:5',
  ],
  [
    'two main modules',
    { 'a/__main__.py': '', 'b/__main__.py': '' },
    {},
    'PYC_PRESET_AMBIGUOUS a/__main__.py:1',
  ],
  [
    'a Procfile with a wrong line',
    { Procfile: 'web: a\n\nwhat is this\nweb: b\n' },
    {},
    'PYC_PROCFILE_INVALID Procfile:3',
  ],
  [
    'a Procfile that names no default',
    { Procfile: 'worker: a\nclock: b\n' },
    {},
    'PYC_PROCESS_DEFAULT_UNKNOWN',
  ],
];

it.each(REFUSALS.map(([what, ...rest], index) => [what, index, ...rest] as const))(
  'is an error that says where and what to write: %s',
  async (_, index, files, sample, expected) => {
    const project = join(root, String(index));
    await writeFiles(project, files);
    const error = await applyTo({ locked: [], ...sample, project }).catch((thrown: unknown) => thrown);
    if (!isPycError(error)) throw error;
    const [first] = (error.details ?? []) as readonly { readonly file?: string; readonly line?: number }[];
    const { path, line } = error as { readonly path?: unknown; readonly line?: unknown };
    const place =
      first === undefined ? path && `${String(path)}:${String(line)}` : `${first.file}:${first.line}`;
    expect([error.code, ...(place ? [place] : [])].join(' ')).toBe(expected);
    expect(error.hint).not.toBe(undefined);
  },
);

it.each([
  [
    'an application whose settings are literal in each branch',
    django(
      'W = 1\nif W:\n    WSGI_APPLICATION = "shop.wsgi.application"\nWSGI_APPLICATION = "shop.wsgi.application"\n',
    ),
    DJANGO,
    'gunicorn shop.wsgi:application',
  ],
  [
    'the only application where the settings name none',
    django('DEBUG = False\n'),
    DJANGO,
    'gunicorn shop.wsgi:application',
  ],
  [
    'a Python 3.14 syntax',
    { 'app.py': `${FLASK}try:\n    x = t"{app}"\nexcept A, B:\n    pass\n` },
    FLASKS,
    'gunicorn app:app',
  ],
  [
    'an application whose folder the build of the wheel states',
    {
      'pyproject.toml':
        '[project]\nname = "shop"\nversion = "1"\n[build-system]\nrequires = ["hatchling"]\n[tool.hatch.build.targets.wheel]\npackages = ["./src/py/shop"]\n',
      'src/py/shop/__init__.py': '',
      'src/py/shop/made.py': FLASK,
      'src/py/shop/web.py': 'from shop.made import app as site\nsite = site\n',
      'tools/server.py': FLASK,
    },
    FLASKS,
    'gunicorn shop.made:app',
    true,
  ],
  [
    'an application in a folder that its imports begin from',
    {
      'backend/api/main.py':
        'from fastapi import FastAPI\nfrom api.core.settings import (\n    TITLE,\n)\n\napp = FastAPI(title=TITLE)\n',
      'backend/api/core/settings.py': 'TITLE = "shop"\n',
      'frontend/build.py': 'from api.core import settings\n',
    },
    ['fastapi 0.121.0', 'uvicorn 0.54.0'],
    'uvicorn api.main:app',
  ],
  [
    'an application whose file imports what is beside it, below a folder that is no name',
    {
      'my-service/server.py':
        'from flask import Flask\nfrom tasks import queue\nfrom json import loads\n\napp = Flask(__name__)\n',
      'my-service/tasks.py': 'queue = []\n',
      'my-service/json.py': '',
    },
    FLASKS,
    'gunicorn server:app',
  ],
  [
    'an application beside a `manage.py` that is not Django’s',
    { 'manage.py': 'print("shop")\n', 'shop/manage.py': '', 'shop/__init__.py': '', 'shop/web.py': FLASK },
    [...FLASKS, ...DJANGO],
    'gunicorn shop.web:app',
  ],
  [
    'an application that another framework mounts',
    {
      'main.py':
        'from fastapi import FastAPI\nfrom legacy import site\napp = FastAPI()\napp.mount("/old", WSGIMiddleware(site))\n',
      'legacy.py': FLASK.replace('app =', 'site ='),
    },
    [...FLASKS, 'fastapi 0.121.0', 'uvicorn 0.54.0'],
    'uvicorn main:app',
  ],
  [
    'an application that is made far from where its framework is named',
    {
      'shop/__init__.py': '',
      'shop/base.py': 'import flask\n\n\nclass Base(flask.Flask):\n    pass\n',
      'shop/kit/__init__.py': 'from ..base import (\n    # ours\n    Base as Site,\n)\n',
      'shop/kit/maker.py': 'from . import Site\n\n\ndef make():\n    return Site(__name__)\n',
      'run/server.py': 'from shop.kit \\\n    import maker\n\nweb = maker.make()\n',
      'other.py': 'import os\n',
    },
    FLASKS,
    'gunicorn run.server:web',
  ],
] as [string, Record<string, string>, readonly string[], string, boolean?][])(
  'finds %s',
  async (_, files, locked, start, isPackage = false) => {
    const project = await mkdtemp(join(root, 'found-'));
    await writeFiles(project, files);
    const { config } = await applyTo({ project, locked, isPackage });
    expect(config.entrypoint?.join(' ')).toContain(start);
  },
);

it('turns shell text into a program that is process 1', () => {
  const cases: readonly [text: string, command: readonly string[], isDirect: boolean][] = [
    ['gunicorn app:app --workers 2', ['gunicorn', 'app:app', '--workers', '2'], true],
    ['uvicorn app:app --port $PORT', ['sh', '-c', 'exec uvicorn app:app --port $PORT'], true],
    ["echo 'a && b'", ['sh', '-c', "exec echo 'a && b'"], true],
    ['A=1 B="2 3" run', ['sh', '-c', 'exec env A=1 B="2 3" run'], true],
    ['cd web && npm ci; node x.js 2>&1', ['sh', '-c', 'cd web && npm ci; exec node x.js 2>&1'], true],
    ['exec run $X', ['sh', '-c', 'exec run $X'], true],
    ['run | tee log', ['sh', '-c', 'run | tee log'], false],
    ['a || b', ['sh', '-c', 'a || b'], false],
    ['a & b', ['sh', '-c', 'a & b'], false],
    ['if true; then run; fi', ['sh', '-c', 'if true; then run; fi'], false],
    ['run "unfinished', ['sh', '-c', 'run "unfinished'], false],
    [`run ${BRACED}`, ['sh', '-c', `exec run ${BRACED}`], true],
    ['(run)', ['sh', '-c', '(run)'], false],
  ];
  const found = cases.map(([text]) => execForm(text));
  expect(found).toEqual(cases.map(([, command, isDirect]) => ({ command, isDirect })));
});

it('reads a Procfile with comments, other line ends and every name that there can be', () => {
  expect(parseProcfile('\ufeff# a\r\n// b\r\nweb:run\r\nA-1_b: x: y\r\n')).toEqual([
    { name: 'web', text: 'run', line: 3 },
    { name: 'A-1_b', text: 'x: y', line: 4 },
  ]);
  expect(() => parseProcfile(`${'a'.repeat(64)}: x`)).toThrow();
});
