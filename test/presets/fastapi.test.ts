import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Detection, PresetInput } from '../../core/pipeline/preset.ts';
import { walkSources } from '../../core/pipeline/sources/index.ts';
import type { Project } from '../../core/pipeline/values.ts';
import { parsePyproject } from '../../core/python/pyproject.ts';
import fastapi from '../../presets/fastapi.ts';

interface Sample {
  readonly files: Readonly<Record<string, string>>;
  readonly project?: Partial<Project>;
  readonly locked?: readonly string[];
  readonly explicit?: boolean;
}

function inputOf({ files, project, locked, explicit }: Sample): PresetInput {
  return {
    directory: '/project',
    project: { directory: '/project', name: 'shop', isPackage: false, ...project },
    files: Object.keys(files).sort(),
    distributions: (locked ?? ['fastapi 0.121.0', 'uvicorn 0.38.0']).map((text) => {
      const [name, version] = text.split(' ');
      return { name: name!, version: version!, source: 'wheel', requestedBy: [] };
    }),
    read: async (path) => Buffer.from(files[path] ?? ''),
    explicit: explicit ?? false,
  };
}

const detect = (sample: Sample): Promise<Detection | undefined> => fastapi.detect(inputOf(sample));
const files = (sources: Readonly<Record<string, string>>): Sample => ({ files: sources });

/** What uvicorn is told to serve; else the code of the error. */
async function served(sample: Sample): Promise<string> {
  try {
    const found = await detect(sample);
    const command = found?.config.entrypoint;
    if (command === undefined) return 'nothing';
    return command.slice(3).join(' ').replace(' --host 0.0.0.0', '');
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const APP = 'from fastapi import FastAPI\n\napp = FastAPI()\n';
const AMBIGUOUS = 'PYC_PRESET_AMBIGUOUS';

describe('which object is the application', () => {
  it('follows the order of FastAPI where its usual modules have one', async () => {
    const cases: [string, Record<string, string>][] = [
      ['main:app', { 'main.py': APP, 'api.py': APP, 'zebra.py': APP }],
      ['app.main:app', { 'app/__init__.py': '', 'app/main.py': APP, 'app/other.py': APP }],
      ['api:app', { 'main.py': 'print()\n', 'api.py': APP }],
      [
        'main:app',
        { 'main.py': 'from fastapi import FastAPI\nadmin = FastAPI()\napi = FastAPI()\napp = FastAPI()\n' },
      ],
      ['main:api', { 'main.py': 'from fastapi import FastAPI\nadmin = FastAPI()\napi = FastAPI()\n' }],
      ['main:service', { 'main.py': 'import fastapi as f\nservice: f.FastAPI = f.FastAPI(title="x")\n' }],
      [
        'main:app',
        {
          'main.py': 'from shop.web import application as app\n',
          'shop/web.py': APP.replace('app =', 'application ='),
        },
      ],
      ['main:app', { 'main.py': `${APP}app = CORS(app)\n` }],
      [
        'main:root',
        {
          'main.py':
            'from fastapi import FastAPI\nroot = FastAPI()\nsub = FastAPI()\nroot.mount("/sub", sub)\n',
        },
      ],
      [
        'main:create_app --factory',
        { 'main.py': 'from fastapi import FastAPI\ndef create_app(settings=None):\n    return FastAPI()\n' },
      ],
    ];
    const found = await Promise.all(cases.map(([, sources]) => served(files(sources))));
    expect(found).toEqual(cases.map(([target]) => target));
  });

  it('finds a sole object anywhere else, however it is called', async () => {
    const cases: [string, Record<string, string>][] = [
      [
        'shop.web.server:application',
        { 'shop/web/server.py': 'from fastapi import FastAPI as F\napplication = F()\n' },
      ],
      [
        'server:service',
        {
          'server.py': 'from shop.lib import API\nservice = API()\n',
          'shop/lib.py': 'import fastapi\nclass API(fastapi.FastAPI): ...\n',
        },
      ],
      [
        'server:app',
        {
          'server.py': 'from factory import make\napp = make()\n',
          'factory.py': 'from fastapi import FastAPI\ndef make() -> FastAPI: ...\n',
        },
      ],
      [
        'core:app',
        {
          'core.py': APP,
          'again.py': 'from core import app\nalias = app\n',
          'tests/test_x.py': APP,
          'docs/y.py': APP,
        },
      ],
      [
        'shop.app:build --factory',
        { 'shop/app.py': 'from fastapi import FastAPI\ndef build() -> "FastAPI":\n    return FastAPI()\n' },
      ],
      [
        'one:app',
        {
          'one.py': `${APP}from two import sub\napp.mount("/sub", app=sub)\n`,
          'two.py': APP.replace('app =', 'sub ='),
        },
      ],
      ['core:app', { 'core.py': APP, 'template.py': '{% if x %}' }],
    ];
    const found = await Promise.all(cases.map(([, sources]) => served(files(sources))));
    expect(found).toEqual(cases.map(([target]) => target));
  });

  it('refuses to guess and lists the candidates with file and line', async () => {
    const sources = { 'shop/public.py': APP, 'shop/admin.py': `\n${APP}` };
    await expect(detect(files(sources))).rejects.toMatchObject({
      code: AMBIGUOUS,
      details: [
        { target: 'shop.admin:app', file: 'shop/admin.py', line: 4 },
        { target: 'shop.public:app', file: 'shop/public.py', line: 3 },
      ],
      hint: expect.stringContaining('shop.admin:app') as string,
    });
    expect(
      await served(files({ 'main.py': 'from fastapi import FastAPI\na = FastAPI()\nb = FastAPI()\n' })),
    ).toBe(AMBIGUOUS);
    expect(await served(files({ 'core.py': APP, 'broken.py': 'x = FastAPI((\n' }))).toBe(
      'PYC_SOURCE_UNREADABLE',
    );
  });

  it('finds nothing where nothing is, and says so only when asked', async () => {
    const sources = {
      'main.py': 'if __name__ == "__main__":\n    from fastapi import FastAPI\n    app = FastAPI()\n',
      'f.py': 'async def create_app(): ...\n',
    };
    expect(await served(files(sources))).toBe('nothing');
    expect(await served({ files: sources, explicit: true })).toBe('PYC_PRESET_NO_APPLICATION');
    expect(await served({ files: { 'main.py': APP }, locked: ['flask 3.0'] })).toBe('nothing');
  });

  it('takes a package from where it is installed, and sources from where they lie', async () => {
    const sources = { 'main.py': APP, 'src/shop/__init__.py': '', 'src/shop/web.py': APP };
    expect(await served({ files: sources, project: { isPackage: true } })).toBe('shop.web:app');
    const loose = await detect(files({ 'src/main.py': APP }));
    expect(loose?.config).toMatchObject({ env: { PYTHONPATH: '/app/src' } });
    expect(loose?.config.entrypoint).toContain('main:app');
    const installed = await detect({ files: { 'src/shop/main.py': APP }, project: { isPackage: true } });
    expect(installed?.config.env).not.toHaveProperty('PYTHONPATH');
  });
});

describe('a stated entry point', () => {
  const stated = (entrypoint: unknown, sources: Record<string, string>): Sample => {
    const text = `[tool.fastapi]\n\nentrypoint = ${JSON.stringify(entrypoint)}\n`;
    return { files: { ...sources, 'pyproject.toml': text }, project: { pyproject: parsePyproject(text) } };
  };

  it('comes first and is checked against the sources', async () => {
    const sources = { 'main.py': APP, 'shop/web.py': `${APP}def make() -> FastAPI: ...\n` };
    expect(await served(stated('shop.web:app', sources))).toBe('shop.web:app');
    expect(await served(stated('shop.web:make', sources))).toBe('shop.web:make --factory');
    expect(await served(stated('installed.elsewhere:app', sources))).toBe('installed.elsewhere:app');
    const wrong = ['shop.web:missing', 'shop.missing:app', 'shop.web', 'shop.web:app; rm -rf', 3];
    const codes = await Promise.all(wrong.map((entrypoint) => served(stated(entrypoint, sources))));
    expect(codes).toEqual(wrong.map(() => 'PYC_PRESET_ENTRYPOINT_INVALID'));
  });

  it('is given as the reason, with its line', async () => {
    const found = await detect(stated('main:app', { 'main.py': APP }));
    expect(found?.reasons.map(({ file, line }) => [file, line])).toEqual([
      ['pyproject.toml', 3],
      ['main.py', 3],
      [undefined, undefined],
    ]);
  });
});

describe('how it is started', () => {
  const start = async (...locked: string[]): Promise<unknown> => {
    const sample = { files: { 'main.py': APP }, locked: ['fastapi 0.121.0', ...locked] };
    return detect(sample).then(
      (found) => found?.config,
      (error: { code: string }) => error.code,
    );
  };
  const env = { PYTHONUNBUFFERED: '1', PYTHONFAULTHANDLER: '1' };
  const common = { ports: [8000], stopSignal: 'SIGTERM' };

  it('with the server that is locked', async () => {
    const python = ['python', '-m'];
    expect(await start('gunicorn 27.0.1', 'uvicorn 0.38.0')).toEqual({
      ...common,
      entrypoint: [...python, 'uvicorn', 'main:app', '--host', '0.0.0.0'],
      env,
    });
    const gunicorn = [...python, 'gunicorn', 'main:app', '-k', 'asgi', '--worker-tmp-dir', '/dev/shm'];
    expect(await start('gunicorn 27.0.1')).toEqual({
      ...common,
      entrypoint: [...gunicorn, '--no-control-socket'],
      env: { ...env, PORT: '8000' },
    });
    expect(await start('gunicorn 25.0.0')).toMatchObject({ entrypoint: gunicorn });
    expect(await start('granian 2.5.0')).toMatchObject({
      entrypoint: [...python, 'granian', '--interface', 'asgi', '--host', '0.0.0.0', 'main:app'],
    });
    expect(await start('hypercorn 0.17.3')).toMatchObject({
      entrypoint: ['sh', '-c', `exec python -m hypercorn 'main:app' --bind "0.0.0.0:\${PORT:-8000}"`],
    });
  });

  it('fails where no server that can is locked', async () => {
    expect([await start(), await start('gunicorn 23.0.0')]).toEqual([
      'PYC_PRESET_NO_SERVER',
      'PYC_PRESET_NO_SERVER',
    ]);
  });
});

it('finds the application of the example project', async () => {
  const directory = join(import.meta.dirname, '../../docs/examples/fastapi');
  const paths = (await walkSources(directory)).map(({ path }) => path);
  expect(paths).toEqual([
    'pyproject.toml',
    'shop/__init__.py',
    'shop/catalogue.py',
    'shop/service.py',
    'shop/settings.py',
    'shop/templates/catalogue.html',
  ]);
  const found = await fastapi.detect({
    ...inputOf({ files: {} }),
    files: paths,
    read: (path) => readFile(join(directory, path)),
  });
  expect(found?.config.entrypoint).toContain('shop.service:service');
});
