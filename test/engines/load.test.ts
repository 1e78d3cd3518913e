import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../../core/engines/engine.ts';
import { findEngine } from '../../core/engines/find.ts';
import { CERTIFICATE, KEY } from '../http/certificate.ts';
import type { FakeEngine, FakeEngineOptions } from './fake-engine.ts';
import { contentsFor, engineAt, requestFor, type TestHost, testHost } from './surroundings.ts';

const { signal } = new AbortController();
const SHORT = { answer: 150, load: 150 };

async function docker(
  options?: FakeEngineOptions,
  timeouts = { answer: 5000, load: 5000 },
): Promise<{ fake: FakeEngine; engine: Engine; host: TestHost }> {
  const host = await testHost();
  const socket = join(host.folder, 'engine.sock');
  const fake = await engineAt(socket, options);
  const name = options?.kind === 'podman' ? 'CONTAINER_HOST' : 'DOCKER_HOST';
  const asked = { ...host, env: { ...host.env, [name]: `unix://${socket}` } };
  return { fake, host, engine: await findEngine('auto', asked, { signal, timeouts }) };
}

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing was thrown',
    (thrown: unknown) => (thrown as { code?: unknown }).code ?? thrown,
  );

describe('loading into Docker', () => {
  it('sends an image once, then only what changed', async () => {
    const { fake, engine } = await docker();
    const contents = await contentsFor();
    const first = await engine.load(requestFor(contents, ['shop:1.0', 'ghcr.io/me/shop:1.0']));
    expect(first).toMatchObject({ reference: 'shop:1.0', layersSent: 2, layersPresent: 0 });
    expect(first.digest).toBe(contents.images[0]!.manifest.descriptor.digest);
    expect([...fake.names.keys()]).toEqual(['shop:1.0', 'ghcr.io/me/shop:1.0']);
    const again = await engine.load(requestFor(contents, ['shop:1.0', 'localhost:5000/shop:2.0']));
    expect(again).toMatchObject({ bytesSent: 0, layersSent: 0, layersPresent: 2 });
    expect(fake.names.get('localhost:5000/shop:2.0')).toBe(contents.images[0]!.config.descriptor.digest);
    const changed = await contentsFor(undefined, 'another');
    const second = await engine.load(requestFor(changed));
    expect(second).toMatchObject({ layersSent: 1, layersPresent: 1 });
    expect(second.bytesSent).toBeLessThan(first.bytesSent);
    expect(fake.loads.map((paths) => paths.length)).toEqual([4, 3]);
    expect(fake.names.get('shop:1.0')).toBe(changed.images[0]!.config.descriptor.digest);
  });

  it('sends everything where layers were removed since they were seen', async () => {
    const { fake, engine } = await docker();
    await engine.load(requestFor(await contentsFor()));
    fake.forgetLayers();
    const loaded = await engine.load(requestFor(await contentsFor(undefined, 'another')));
    expect(loaded).toMatchObject({ layersSent: 2, layersPresent: 0 });
    expect(fake.loads).toHaveLength(3);
  });

  it('loads the platform of its host, and says so', async () => {
    const { fake, engine } = await docker({ architecture: 'arm64' });
    const contents = await contentsFor(['linux/amd64', 'linux/arm64']);
    const request = requestFor(contents);
    const { digest } = await engine.load(request);
    expect(digest).toBe(contents.images[1]!.manifest.descriptor.digest);
    expect(request.warnings).toEqual(['PYC_LOAD_ONE_PLATFORM']);
    const foreign = requestFor(await contentsFor(['linux/s390x']));
    await engine.load(foreign);
    expect(foreign.warnings).toEqual(['PYC_LOAD_PLATFORM_FOREIGN']);
    expect(fake.loads).toHaveLength(2);
  });

  it('keeps digests and platforms where images lie in containerd', async () => {
    const { fake, engine } = await docker({ kind: 'docker-containerd' });
    const contents = await contentsFor(['linux/amd64', 'linux/arm64']);
    const request = requestFor(contents, ['shop:1.0', 'ghcr.io/me/shop:1.0']);
    expect(await engine.load(request)).toMatchObject({ digest: contents.index!.descriptor.digest });
    expect(request.warnings).toEqual([]);
    expect([...fake.names]).toContainEqual(['docker.io/library/shop:1.0', contents.index!.descriptor.digest]);
    expect(fake.loads[0]).toContain('oci-layout');
  });

  it('goes over TLS with what `DOCKER_CERT_PATH` has, and not without', async () => {
    const host = await testHost();
    const fake = await engineAt(undefined, { tls: { cert: CERTIFICATE, key: KEY, ca: CERTIFICATE } });
    const folder = (name: string): string => join(host.folder, name);
    const files = { 'ca.pem': CERTIFICATE, 'cert.pem': CERTIFICATE, 'key.pem': KEY };
    for (const [name, kept] of [
      ['all', ['ca.pem', 'cert.pem', 'key.pem']],
      ['no-client', ['ca.pem']],
      ['no-authority', ['cert.pem', 'key.pem']],
      ['no-key', ['ca.pem', 'cert.pem']],
    ] as const) {
      await mkdir(folder(name));
      for (const file of kept) await writeFile(join(folder(name), file), files[file]);
    }
    const find = (certificates: string, verify = '1'): Promise<Engine> => {
      const env = { DOCKER_HOST: `tcp://localhost:${fake.port}`, DOCKER_TLS_VERIFY: verify };
      const all = { ...host.env, ...env, DOCKER_CERT_PATH: folder(certificates) };
      return findEngine('docker', { ...host, env: all }, { signal });
    };
    const engine = await find('all');
    expect(await engine.load(requestFor(await contentsFor()))).toMatchObject({ layersSent: 2 });
    expect(await codeOf(find('no-client'))).toBe('PYC_ENGINE_UNREACHABLE');
    expect(await codeOf(find('no-authority'))).toBe('PYC_ENGINE_UNREACHABLE');
    expect(await codeOf(find('no-key'))).toBe('PYC_ENGINE_SETTINGS');
    expect(await codeOf(find('all', ''))).toMatch(/PYC_ENGINE_(?:ANSWER|UNREACHABLE)/);
  });

  it('goes through ssh, by one program for all that is asked', async () => {
    const host = await testHost();
    const socket = join(host.folder, 'far.sock');
    const fake = await engineAt(socket);
    const asked = join(host.folder, 'asked');
    await host.program(
      'ssh',
      `const { appendFileSync } = require('node:fs');
       appendFileSync(${JSON.stringify(asked)}, JSON.stringify(process.argv.slice(2)) + '\\n');
       const socket = require('node:net').connect(${JSON.stringify(socket)});
       process.stdin.pipe(socket).pipe(process.stdout);`,
    );
    const env = { ...host.env, DOCKER_HOST: 'ssh://me@build.test:2222/run/docker.sock' };
    const engine = await findEngine('docker', { ...host, env }, { signal });
    expect(await engine.load(requestFor(await contentsFor()))).toMatchObject({ layersSent: 2 });
    const lines = (await readFile(asked, 'utf8')).trim().split('\n');
    // Once to find it, once to load.
    expect(lines).toHaveLength(2);
    expect((JSON.parse(lines[0]!) as string[]).join(' ')).toBe(
      '-l me -p 2222 -o ConnectTimeout=30 -T -- build.test docker --host unix:///run/docker.sock system dial-stdio',
    );
    expect(fake.loads).toHaveLength(1);
  });

  it('says what ssh said where that fails', async () => {
    const host = await testHost({ DOCKER_HOST: 'ssh://build.test' });
    await host.program(
      'ssh',
      `process.stderr.write('Permission denied (publickey).\\n'); process.exitCode = 255;`,
    );
    const found = findEngine('docker', host, { signal });
    expect(await codeOf(found)).toBe('PYC_ENGINE_UNREACHABLE');
    await expect(found).rejects.toThrow('Permission denied');
  });
});

describe('loading into podman', () => {
  it('names images as podman does, and gives further names by themselves', async () => {
    const { fake, engine } = await docker({ kind: 'podman' });
    const contents = await contentsFor(['linux/amd64', 'linux/arm64']);
    const request = requestFor(contents, ['shop:1.0', 'ghcr.io/me/shop:1.0']);
    expect(await engine.load(request)).toMatchObject({ reference: 'localhost/shop:1.0', layersSent: 2 });
    expect(request.warnings).toEqual(['PYC_LOAD_ONE_PLATFORM']);
    expect([...fake.names.keys()]).toEqual(['localhost/shop:1.0', 'ghcr.io/me/shop:1.0']);
    const second = await engine.load(requestFor(await contentsFor(undefined, 'another')));
    expect(second).toMatchObject({ layersSent: 1, layersPresent: 1 });
    fake.forgetLayers();
    expect(await engine.load(requestFor(await contentsFor(undefined, 'third')))).toMatchObject({
      layersSent: 2,
    });
  });
});

describe('an engine that misbehaves', () => {
  type Answer = FakeEngine['intercept'];
  const load =
    (answer: Answer): Answer =>
    (request, response) =>
      request.url!.startsWith('/images/load') ? answer(request, response) : false;

  const CASES: Record<string, [answer: Answer, code: string]> = {
    'says no after it said yes': [
      load((request, response) => {
        request.resume().on('end', () => {
          response.end(
            '{"stream":"…"}\n{"errorDetail":{"message":"no space left on device"},"error":"no space"}\n',
          );
        });
        return true;
      }),
      'PYC_ENGINE_LOAD_FAILED',
    ],
    'refuses before it has read all': [
      load((_, response) => {
        response.writeHead(413, { connection: 'close' }).end('{"message":"too large"}');
        return true;
      }),
      'PYC_ENGINE_LOAD_FAILED',
    ],
    'breaks off': [
      load((request) => {
        request.socket.destroy();
        return true;
      }),
      'PYC_ENGINE_ANSWER',
    ],
    'does not answer': [load(() => true), 'PYC_ENGINE_TIMEOUT'],
    'takes the archive and forgets it': [
      load((request, response) => {
        request.resume().on('end', () => response.end('{}'));
        return true;
      }),
      'PYC_ENGINE_ANSWER',
    ],
    'answers garbage': [
      (request, response) => {
        if (request.url !== '/info') return false;
        response.end('<html>');
        return true;
      },
      'PYC_ENGINE_ANSWER',
    ],
    'answers 500': [
      (request, response) => {
        if (request.url !== '/images/json') return false;
        response.writeHead(500).end('{"message":"sick"}');
        return true;
      },
      'PYC_ENGINE_ANSWER',
    ],
    'names images by what is no id': [
      (request, response) => {
        if (request.url !== '/images/json') return false;
        response.end('[{"Id":"../../etc"}]');
        return true;
      },
      'PYC_ENGINE_ANSWER',
    ],
  };

  it('ends the load with one error that says so', async () => {
    const contents = await contentsFor();
    const codes: Record<string, unknown> = {};
    for (const [name, [answer]] of Object.entries(CASES)) {
      const { fake, engine } = await docker(undefined, SHORT);
      fake.intercept = answer;
      codes[name] = await codeOf(engine.load(requestFor(contents)));
      expect([...fake.names.keys()], name).toEqual([]);
    }
    expect(codes).toEqual(Object.fromEntries(Object.entries(CASES).map(([name, [, code]]) => [name, code])));
  });

  it('is left at once when the build is interrupted', async () => {
    const { fake, engine } = await docker();
    const controller = new AbortController();
    let closed = false;
    fake.intercept = (request) => {
      if (!request.url!.startsWith('/images/load')) return false;
      request.on('close', () => {
        closed = true;
      });
      controller.abort(new Error('stop'));
      return true;
    };
    await expect(engine.load(requestFor(await contentsFor(), ['a:1'], controller.signal))).rejects.toThrow(
      'stop',
    );
    await expect.poll(() => closed).toBe(true);
    expect([...fake.names]).toEqual([]);
  });

  it('that speaks no HTTP, or is no engine, is told apart from none', async () => {
    const host = await testHost();
    const socket = join(host.folder, 'odd.sock');
    const server = createServer((connection) => connection.end('220 smtp.test ESMTP\r\n'));
    await new Promise<void>((done) => server.listen(socket, done));
    onTestFinished(() => void server.close());
    const at = (DOCKER_HOST: string): Promise<unknown> =>
      codeOf(
        findEngine('docker', { ...host, env: { ...host.env, DOCKER_HOST } }, { signal, timeouts: SHORT }),
      );
    expect(await at(`unix://${socket}`)).toBe('PYC_ENGINE_ANSWER');
    expect(await at(`unix://${join(host.folder, 'none.sock')}`)).toBe('PYC_ENGINE_UNREACHABLE');
    expect(await at('tcp://127.0.0.1:1')).toBe('PYC_ENGINE_UNREACHABLE');
  });
});
