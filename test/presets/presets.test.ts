import { describe, expect, it } from 'vitest';
import { applyTo, type Case, startOf } from './sample-project.ts';

const PYTHON = { PYTHONUNBUFFERED: '1', PYTHONFAULTHANDLER: '1' };
const GUNICORN = '--worker-tmp-dir /dev/shm --no-control-socket';
const DJANGO = ['django 5.2.19', 'gunicorn 27.0.1'];

describe('how an application of each framework is started', () => {
  const cases: readonly [name: string, sample: Case, start: string][] = [
    ['django', { project: 'django', locked: DJANGO }, `python -m gunicorn shop.wsgi:application ${GUNICORN}`],
    [
      'django, by the ASGI application that the settings name, in split settings below src',
      { project: 'django-celery', locked: ['django 5.2.19', 'uvicorn 0.54.0', 'gunicorn 27.0.1'] },
      'python -m uvicorn config.asgi:application --host 0.0.0.0',
    ],
    [
      'django, by the WSGI application where no server can do more',
      { project: 'django-celery', locked: ['django 5.2.19', 'gunicorn 23.0.0'] },
      'python -m gunicorn config.wsgi:application --worker-tmp-dir /dev/shm',
    ],
    [
      'django, by DJANGO_SETTINGS_MODULE in the configuration',
      {
        project: 'django-celery',
        locked: ['django 5.2.19', 'daphne 4.2.3'],
        config: { env: { DJANGO_SETTINGS_MODULE: 'config.settings.base' } },
      },
      `sh -c exec python -m daphne -b 0.0.0.0 -p "\${PORT:-8000}" 'config.asgi:application'`,
    ],
    [
      'flask, by its factory',
      { project: 'flask', locked: ['flask 3.1.3', 'gunicorn 25.1.0'] },
      `python -m gunicorn shop:create_app() ${GUNICORN}`,
    ],
    [
      'flask, by FLASK_APP in .flaskenv',
      { project: 'flask-environment', locked: ['flask 3.1.3', 'granian 2.8.7'] },
      'python -m granian --interface wsgi --factory --host 0.0.0.0 web.server:create_app',
    ],
    [
      'flask, by FLASK_APP in the configuration',
      {
        project: 'flask-environment',
        locked: ['flask 3.1.3', 'waitress 3.0.2'],
        config: { env: { FLASK_APP: 'admin' } },
      },
      `sh -c exec python -m waitress --listen="0.0.0.0:\${PORT:-8000}" 'admin:app'`,
    ],
    [
      'starlette, where mounted applications do not count',
      { project: 'starlette', locked: ['starlette 1.10.0 < shop', 'uvicorn 0.54.0'] },
      'python -m uvicorn service.web:application --host 0.0.0.0',
    ],
    [
      'litestar',
      { project: 'litestar', locked: ['litestar 2.25.0', 'uvicorn 0.54.0'] },
      'python -m uvicorn app.main:server --host 0.0.0.0',
    ],
    [
      'litestar, by LITESTAR_APP',
      {
        project: 'litestar',
        locked: ['litestar 2.25.0', 'uvicorn 0.54.0'],
        config: { env: { LITESTAR_APP: 'app.main:build' } },
      },
      'python -m uvicorn app.main:build --factory --host 0.0.0.0',
    ],
    [
      'celery',
      { project: 'celery', locked: ['celery 5.7.0'] },
      'python -m celery -A pipeline.queue:queue worker --loglevel INFO',
    ],
    [
      'streamlit',
      { project: 'streamlit', locked: ['streamlit 1.67.0'] },
      'python -m streamlit run dashboard.py --server.headless true',
    ],
    ['a console script', { project: 'script', locked: [], isPackage: true }, '/opt/venv/bin/report'],
    ['a module', { project: 'module', locked: [] }, 'python -m report'],
    [
      'a Procfile, before all frameworks',
      { project: 'procfile', locked: ['flask 3.1.3', 'gunicorn 27.0.1'] },
      'gunicorn server:app --access-logfile=-',
    ],
    ['nothing', { project: 'two-frameworks', locked: [] }, ''],
  ];
  it.each(cases)('%s', async (_, sample, start) => {
    expect(await startOf(sample)).toBe(start);
  });
});

describe('what else a preset says', () => {
  const rest = async (sample: Case): Promise<unknown> => {
    const { env, ports, stopSignal, processes, exclude } = (await applyTo(sample)).config;
    return { env, ports, stopSignal, processes, exclude };
  };

  it('of port, environment, stop signal, processes and what stays out', async () => {
    expect(await rest({ project: 'django', locked: DJANGO })).toMatchObject({
      env: { ...PYTHON, DJANGO_SETTINGS_MODULE: 'shop.settings', PORT: '8000' },
      ports: [8000],
      stopSignal: 'SIGTERM',
      processes: {
        web: ['python', '-m', 'gunicorn', 'shop.wsgi:application', ...GUNICORN.split(' ')],
        release: ['python', '-m', 'django', 'migrate', '--noinput'],
      },
    });
    expect(await rest({ project: 'flask', locked: ['flask 3.1.3', 'waitress 3.0.2'] })).toEqual({
      env: PYTHON,
      ports: [8000],
      stopSignal: 'SIGINT',
      exclude: ['/instance/', '.flaskenv'],
    });
    expect(await rest({ project: 'streamlit', locked: ['streamlit 1.67.0'] })).toEqual({
      env: PYTHON,
      ports: [8501],
      stopSignal: 'SIGTERM',
    });
    expect(await rest({ project: 'module', locked: [] })).toEqual({ env: PYTHON, stopSignal: 'SIGINT' });
    const celery = ['python', '-m', 'celery', '-A', 'pipeline.queue:queue'];
    expect(await rest({ project: 'celery', locked: ['celery 5.7.0'] })).toEqual({
      env: PYTHON,
      stopSignal: 'SIGTERM',
      processes: {
        worker: [...celery, 'worker', '--loglevel', 'INFO'],
        beat: [...celery, 'beat', '--loglevel', 'INFO', '--schedule', '/tmp/celerybeat-schedule'],
      },
    });
  });

  it('is weaker than the configuration, apart from what is left out, which is joined', async () => {
    const config = { env: { PORT: '80' }, ports: [80], exclude: ['!/instance/'] };
    expect(
      await rest({ project: 'flask', locked: ['flask 3.1.3', 'gunicorn 27.0.1'], config }),
    ).toMatchObject({
      env: { ...PYTHON, PORT: '80' },
      ports: [80],
      exclude: ['/instance/', '.flaskenv', '!/instance/'],
    });
  });

  it('has a reason with file and line, and an origin for each value', async () => {
    const { report, config } = await applyTo({ project: 'django', locked: DJANGO });
    expect(report?.name).toBe('django');
    expect(report?.reasons.map(({ file, line }) => [file, line])).toEqual([
      ['shop/settings.py', 11],
      ['manage.py', 9],
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(config.origins.entrypoint).toMatch(/^preset `django`.*shop\/settings\.py:11/);
    expect(config.origins['env.DJANGO_SETTINGS_MODULE']).toMatch(/manage\.py:9/);
    expect(config.origins['processes.release']).toMatch(/^preset `django`/);
  });
});

describe('presets that compose', () => {
  it('give one image with several processes', async () => {
    const { config, report } = await applyTo({
      project: 'django-celery',
      locked: ['django 5.2.19', 'uvicorn 0.54.0', 'celery 5.7.0'],
    });
    expect(report?.name).toBe('django, celery');
    expect(Object.keys(config.processes ?? {}).sort()).toEqual(['beat', 'release', 'web', 'worker']);
    expect(config.processes?.web).toEqual(config.entrypoint);
    expect(config.processes?.worker?.slice(0, 5)).toEqual([
      'python',
      '-m',
      'celery',
      '-A',
      'config.celery:app',
    ]);
    expect(config.env).toMatchObject({
      DJANGO_SETTINGS_MODULE: 'config.settings.production',
      PYTHONPATH: '/app/src',
    });
    const shop = await applyTo({
      project: 'fastapi-celery',
      locked: ['fastapi 0.121.0', 'starlette 1.0.0 < fastapi', 'uvicorn 0.54.0', 'celery 5.7.0'],
    });
    expect(shop.config.entrypoint?.slice(0, 4)).toEqual(['python', '-m', 'uvicorn', 'main:app']);
    expect(Object.keys(shop.config.processes ?? {})).toEqual(['web', 'worker', 'beat']);
  });

  it('are named both where they contradict each other', async () => {
    const locked = ['fastapi 0.121.0', 'flask 3.1.3', 'uvicorn 0.54.0', 'gunicorn 27.0.1'];
    await expect(applyTo({ project: 'two-frameworks', locked })).rejects.toMatchObject({
      code: 'PYC_PRESET_CONFLICT',
      details: [{ preset: 'fastapi' }, { preset: 'flask' }],
    });
    expect(await startOf({ project: 'two-frameworks', locked, preset: 'fastapi' })).toBe(
      'python -m uvicorn api:app --host 0.0.0.0',
    );
  });

  it('leave the start to a Procfile and take its processes as all there are', async () => {
    const locked = ['flask 3.1.3', 'celery 5.7.0', 'gunicorn 27.0.1'];
    const { config } = await applyTo({ project: 'procfile', locked });
    expect(config.processes).toEqual({
      web: ['gunicorn', 'server:app', '--access-logfile=-'],
      worker: ['sh', '-c', 'exec env QUEUE=mail python -m rq worker --url "$REDIS_URL"'],
      clock: ['python', 'clock.py'],
      release: ['sh', '-c', 'cd tools && exec python migrate.py'],
    });
    expect(config).toMatchObject({ ports: [8000], exclude: ['/Procfile'] });
    expect(config.env).toEqual({ ...PYTHON, PORT: '8000', GUNICORN_CMD_ARGS: GUNICORN });
  });
});

describe('processes of the configuration', () => {
  const processes = { worker: ['python', 'work.py'], clock: ['python', 'clock.py'] };
  const only = (config: NonNullable<Case['config']>): Case => ({
    project: 'two-frameworks',
    locked: [],
    config,
  });

  it('start the one called `web`, or the only one that is no `release`', async () => {
    expect(await startOf(only({ processes: { ...processes, web: ['web'] } }))).toBe('web');
    expect(await startOf(only({ processes: { worker: ['work'], release: ['migrate'] } }))).toBe('work');
    expect(await startOf(only({ processes: { release: ['migrate'] } }))).toBe('');
    expect(await startOf(only({ processes, cmd: ['serve'] }))).toBe('serve');
    expect(await startOf(only({ processes }))).toBe('PYC_PROCESS_DEFAULT_UNKNOWN');
  });

  it('are added to those of presets and stronger', async () => {
    const { config } = await applyTo({
      project: 'celery',
      locked: ['celery 5.7.0'],
      config: { processes: { worker: ['mine'], flower: ['flower'] } },
    });
    expect(Object.keys(config.processes ?? {}).sort()).toEqual(['beat', 'flower', 'worker']);
    expect(config.processes?.worker).toEqual(['mine']);
    expect(config.entrypoint).toEqual(['mine']);
  });
});
