/**
 * What the presets say, proved: each framework's sample is built with no configuration of its own, started by podman, and
 * asked from inside; as its own user, and as platforms start it that choose the user and let nothing be written.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sampleImage } from './harness/images.ts';
import { type Container, ready, runContainer, startContainer, startingWith } from './harness/podman.ts';
import { freePort, run, type Server, startServer, until } from './harness/processes.ts';
import { buildInVain, pyc } from './harness/pyc.ts';
import { copySample } from './harness/workspace.ts';

/** An image that answers requests. */
interface Service {
  readonly sample: string;
  /** What process 1 must be. */
  readonly command: RegExp;
  readonly path?: string;
  readonly answer: string;
  /** The variable that the guide says moves the port. */
  readonly variable: string;
  /** Default 8000. */
  readonly port?: number;
  readonly preset?: string;
}

const SERVICES: readonly Service[] = [
  {
    sample: 'fastapi',
    command: /^python -m uvicorn app\.main:app /,
    path: '/tasks/1',
    answer: '"title":"write"',
    variable: 'UVICORN_PORT',
  },
  {
    sample: 'django',
    command: /^python -m gunicorn shop\.wsgi:application /,
    answer: 'shop',
    variable: 'PORT',
  },
  {
    sample: 'django-celery',
    command: /^python -m daphne .*config\.asgi:application/,
    answer: 'config',
    variable: 'PORT',
    preset: 'django, celery',
  },
  { sample: 'flask', command: /^python -m gunicorn shop:create_app\(\) /, answer: 'shop', variable: 'PORT' },
  {
    sample: 'flask-environment',
    command: /^python -m waitress .*web\.server:create_app/,
    answer: 'web',
    variable: 'PORT',
    preset: 'flask',
  },
  {
    sample: 'starlette',
    command: /^python -m hypercorn service\.web:application/,
    path: '/admin/',
    answer: 'admin',
    variable: 'PORT',
  },
  {
    sample: 'litestar',
    command: /^python -m granian .* app\.main:server/,
    answer: 'litestar',
    variable: 'GRANIAN_PORT',
  },
  {
    sample: 'streamlit',
    command: /^python -m streamlit run dashboard\.py /,
    path: '/_stcore/health',
    answer: 'ok',
    variable: 'STREAMLIT_SERVER_PORT',
    port: 8501,
  },
  { sample: 'procfile', command: /gunicorn server:app/, answer: 'queue of process', variable: 'PORT' },
];

/** What a program says that could not write where it wanted to, or failed. */
const COMPLAINT =
  /Traceback|Permission denied|EACCES|Read-only file system|Errno|No usable temporary directory/i;
/** Less than Docker and Kubernetes wait before they kill. */
const GRACE = 9_000;

const running: Container[] = [];
afterEach(async () => {
  for (const container of running.splice(0)) await container.remove();
});

async function started(...[image, flags, args]: Parameters<typeof startContainer>): Promise<Container> {
  const container = await startContainer(image, flags, args);
  running.push(container);
  return container;
}

/** Ends it as platforms do. It must end by itself, in order, and have complained of nothing. */
async function endsWell(container: Container, code = 0): Promise<void> {
  const ended = await container.stop();
  const logs = await container.logs();
  expect(logs).not.toMatch(COMPLAINT);
  expect(ended, logs).toMatchObject({ code });
  expect(ended.milliseconds).toBeLessThan(GRACE);
}

describe.each(SERVICES)('the sample $sample', (service) => {
  const { sample, command, path = '/', answer, variable, port = 8000, preset = sample } = service;

  test('is a service that answers, is process 1, and stops in order', async () => {
    const { reference, report } = await sampleImage(sample);
    expect(report.preset?.name).toBe(preset);
    const container = await started(reference);
    await ready(container, path, port);
    expect(await container.get(path, { port })).toEqual({
      status: 200,
      body: expect.stringContaining(answer),
    });
    const first = 'print(open("/proc/1/cmdline").read().replace("\\0", " "))';
    expect(await container.exec('python', '-c', first)).toMatch(command);
    await endsWell(container);
  });

  test(`runs as any user, writes nothing to a disk, and listens where ${variable} says`, async () => {
    const { reference } = await sampleImage(sample);
    const container = await started(reference, [
      ...['--user=12345:12345', '--read-only-tmpfs=false', '--tmpfs=/dev/shm'],
      `--env=${variable}=9123`,
    ]);
    await ready(container, path, 9123);
    expect((await container.get(path, { port: 9123 })).body).toContain(answer);
    await endsWell(container);
  });
});

describe('a command', () => {
  test.each(['script', 'module'])('of the sample %s runs to its end', async (sample) => {
    const { reference, report } = await sampleImage(sample);
    expect(report.preset?.name).toBe('script');
    for (const flags of [[], ['--user=12345:12345', '--read-only-tmpfs=false']]) {
      expect(await runContainer(reference, [], flags)).toMatchObject({ code: 0, stdout: 'report\n' });
    }
  });

  test('is interrupted at once, as Python does by itself', async () => {
    const { reference } = await sampleImage('module');
    const container = await started(reference, [], ['--watch']);
    await until('it has started', async () => (await container.logs()).includes('report'));
    const { code, milliseconds } = await container.stop();
    expect({ code, logs: await container.logs() }).toEqual({
      code: 130,
      logs: expect.stringContaining('KeyboardInterrupt') as string,
    });
    expect(milliseconds).toBeLessThan(GRACE);
  });
});

describe('a process beside the one that the image starts', () => {
  test.each([
    ['django', /Applying auth\.0001_initial\.\.\. OK/],
    ['procfile', /^migrated$/m],
  ])('is what runs before a release of the sample %s', async (sample, said) => {
    const { reference, image } = await sampleImage(sample);
    const ended = await runContainer(reference, [], [startingWith(image.processes.release)]);
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(said) as string });
  });
});

describe('with a broker', () => {
  let redis: Server;
  let flags: readonly string[] = [];

  beforeAll(async () => {
    const port = await freePort();
    redis = startServer([
      ...(['redis-server', '--bind', '127.0.0.1', '--port', String(port)] as const),
      ...['--save', '', '--appendonly', 'no'],
    ]);
    await until('Redis answers', async () => redis.output().includes('Ready to accept connections'));
    const url = `redis://127.0.0.1:${port}/0`;
    flags = ['--network=host', `--env=REDIS_URL=${url}`, `--env=CELERY_BROKER_URL=${url}`];
  });
  afterAll(() => redis?.stop());

  const isReady = (worker: Container): Promise<true> =>
    until('the worker is ready', async () => (await worker.logs()).includes(' ready.') || undefined);

  test('the sample celery takes tasks, those of its beat too', async () => {
    const { reference, image, report } = await sampleImage('celery');
    expect(report.preset?.name).toBe('celery');
    const worker = await started(reference, [...flags, '--user=12345:12345']);
    await isReady(worker);
    const task = 'from pipeline.tasks import add; print(add.delay(2, 3).get(timeout=20))';
    expect(await worker.exec('python', '-c', task)).toBe('5');
    const beat = await started(reference, [
      ...[...flags, '--env=TICK_SECONDS=1', startingWith(image.processes.beat)],
    ]);
    await until('beat has sent a task', async () => (await worker.logs()).includes("'tick by 12345'"));
    await endsWell(beat);
    await endsWell(worker);
  });

  test('the sample fastapi-celery is one image with a service and a worker', async () => {
    const { reference, image, report } = await sampleImage('fastapi-celery');
    expect(report.preset?.name).toBe('fastapi, celery');
    expect(Object.keys(image.processes).sort()).toEqual(['beat', 'web', 'worker']);
    const { config } = JSON.parse(await run(['skopeo', 'inspect', '--config', reference])) as {
      config: { Labels: Record<string, string> };
    };
    const worker = JSON.parse(config.Labels['dev.pycontainer.process.worker'] ?? '') as string[];
    const port = await freePort();
    const web = await started(reference, [...flags, `--env=PORT=${port}`]);
    const second = await started(reference, [...flags, startingWith(worker)]);
    await ready(web, '/', port);
    await isReady(second);
    expect(await web.get('/price/4', { port })).toEqual({ status: 200, body: '12' });
    await endsWell(web);
    await endsWell(second);
  });

  test('the sample django-celery has a worker that knows the settings', async () => {
    const { reference, image } = await sampleImage('django-celery');
    const worker = await started(reference, [...flags, startingWith(image.processes.worker)]);
    await isReady(worker);
    const task = 'from config.tasks import greet; print(greet.delay("you").get(timeout=20))';
    expect(await worker.exec('python', '-c', task)).toBe('hello you');
    await endsWell(worker);
  });
});

describe('several presets', () => {
  test('are explained: each value with the file and line that it came from', async () => {
    const ended = await pyc(['explain', 'preset', '--base', 'apt:trixie', copySample('fastapi-celery')]);
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toMatch(
      /^entrypoint = .*gunicorn.*\n {4}preset `fastapi`: .*main:app.*\(main\.py:5\)$/m,
    );
    expect(ended.stdout).toMatch(/^processes\.worker = .*\n {4}preset `celery`: .*$/m);
    expect(ended.stdout).toMatch(/^env\.PORT = "8000"\n {4}preset `fastapi`: .*gunicorn.*locked$/m);
  });

  test('that contradict each other are named both, with what to write', async () => {
    const { code, error } = await buildInVain([copySample('two-frameworks'), '--base', 'apt:trixie']);
    expect(code).toBe(2);
    expect(error).toMatchObject({
      code: 'PYC_PRESET_CONFLICT',
      details: [{ preset: 'fastapi' }, { preset: 'flask' }],
      hint: expect.stringContaining('preset = "fastapi"') as string,
    });
  });
});
