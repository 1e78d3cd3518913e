import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explain } from 'pycontainer';
import { expect, it } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { makeSample, PYTHON } from '../samples/sample.ts';

const FILES = {
  'app.py': 'from flask import Flask\n\napp = Flask(__name__)\n',
  'tasks.py': 'from celery import Celery\n\nqueue = Celery("shop")\n',
  'pycontainer.toml': 'base = "scratch"\n\n[processes]\nflower = ["flower"]\n\n[env]\nLOG_LEVEL = "info"\n',
};
const WHEELS = ['flask', 'celery', 'gunicorn'].map((name) => ({
  name,
  version: '27.0.1',
  files: { [`${name}/__init__.py`]: '' },
}));

it('puts processes into the labels of the image and the report', async () => {
  const { build, directory } = await makeSample({ files: FILES, wheels: WHEELS });
  const report = await build();
  expect(report.error).toBe(null);
  expect(report.preset?.name).toBe('flask, celery');
  const [image] = report.images;
  expect(Object.keys(image!.processes).sort()).toEqual(['beat', 'flower', 'web', 'worker']);
  expect(image!.processes.web).toEqual(image!.command);
  const blob = (digest: string): Promise<string> =>
    readFile(join(directory, 'build/image/blobs', digest.replace(':', '/')), 'utf8');
  const manifest = JSON.parse(await blob(image!.digest!)) as { config: { digest: string } };
  const { config } = JSON.parse(await blob(manifest.config.digest)) as {
    config: { Labels: Record<string, string>; Entrypoint: string[]; Env: string[]; StopSignal: string };
  };
  expect(JSON.parse(config.Labels['dev.pycontainer.process.worker']!)).toEqual(image!.processes.worker);
  expect(config.Entrypoint.slice(0, 4)).toEqual(['python', '-m', 'gunicorn', 'app:app']);
  expect(config.Env).toContain('PORT=8000');
  expect(config.StopSignal).toBe('SIGTERM');
});

it('explains each value of the configuration by where it came from', async () => {
  const { directory, cache } = await makeSample({ files: FILES, wheels: WHEELS });
  const env = { PYC_CACHE_DIR: cache, PYC_USER: '1000' };
  const report = await explain({
    cwd: directory,
    env,
    commandLine: {
      values: { python: PYTHON, platforms: ['linux/amd64'], ports: [80] },
      flags: { python: '--python', platforms: '--platform' },
      set: [],
    },
  });
  expect(report.error).toBe(null);
  expect(report.command).toBe('explain');
  const [{ values }] = report.configuration as [NonNullable<typeof report.configuration>[0]];
  const origins = Object.fromEntries(values.map(({ key, origin }) => [key, origin]));
  expect(origins).toMatchObject({
    base: 'pycontainer.toml',
    platforms: '--platform',
    user: 'PYC_USER',
    workdir: 'default',
    entrypoint: 'preset `flask`: `app:app` is a Flask application (app.py:3)',
    'processes.flower': 'pycontainer.toml',
    'env.LOG_LEVEL': 'pycontainer.toml',
    'env.PORT': expect.stringContaining('gunicorn 27.0.1') as string,
    'processes.worker': expect.stringMatching(/^preset `celery`/) as string,
  });

  const io = fakeIo({ cwd: directory, env });
  const python = [
    'python.version=3.12.7',
    'python.libc=glibc-2.36',
    'python.interpreter=/usr/bin/python3.12',
  ];
  const set = python.flatMap((assignment) => ['--set', assignment]);
  expect(await main(['explain', 'preset', '--platform', 'linux/amd64', ...set], io)).toBe(0);
  expect(io.out()).toContain('env.PORT = "8000"\n    preset `flask`');
});

it('explains nothing else', async () => {
  const io = fakeIo({ cwd: '/', env: {} });
  expect(await main(['explain'], io)).toBe(2);
  expect(io.err()).toContain('pyc explain preset');
  expect(await main(['explain', '--help'], io)).toBe(0);
});
