/** Images that are loaded into engines: what each runs, and what is sent a second time. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type RunningDocker,
  type RunningEngine,
  startContainerd,
  startDocker,
  startPodmanService,
  startSshServer,
} from './harness/engines.ts';
import { run, until } from './harness/processes.ts';
import { build, buildInVain, pyc } from './harness/pyc.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

const BASE = ['--base', 'apt:trixie'] as const;
const SHOP = 'http://127.0.0.1:8000/health';

interface Case {
  readonly start: () => Promise<RunningEngine>;
  readonly kind: string;
  readonly reference: string;
  /** False where the API does not say which layers there are, or where the engine now and then wants all of them again. */
  readonly inPart: boolean;
}

const CASES: readonly [name: string, of: Case][] = [
  ['Docker', { start: () => startDocker(), kind: 'docker', reference: 'shop:1.0', inPart: true }],
  [
    'Docker with images in containerd',
    { start: () => startDocker('containerd'), kind: 'docker', reference: 'shop:1.0', inPart: false },
  ],
  ['podman', { start: startPodmanService, kind: 'podman', reference: 'localhost/shop:1.0', inPart: true }],
  [
    'containerd',
    { start: startContainerd, kind: 'containerd', reference: 'docker.io/library/shop:1.0', inPart: false },
  ],
];

describe.each(CASES)('%s', (_, { start, kind, reference, inPart }) => {
  let engine: RunningEngine;

  beforeAll(async () => {
    engine = await start();
  });

  afterAll(() => engine?.stop());

  test('runs what is loaded, and is sent nothing twice', async () => {
    const { env } = engine;
    const project = copyExample('fastapi');
    const args = [project, ...BASE, '--tag', 'shop:1.0', `--load=${kind}`];
    const first = await build(args, { env });
    expect(first.report.outputs).toMatchObject([
      { destination: `load:${kind}`, reference, digest: first.digest },
    ]);
    const stop = await engine.serve(reference);
    try {
      await until('the shop answers', async () => (await run(['curl', '--fail', '--silent', SHOP])) !== '');
    } finally {
      await stop();
    }
    const again = await build(args, { env });
    expect(again.report.outputs).toMatchObject([{ reference, bytesUploaded: 0, blobsUploaded: 0 }]);
    appendFileSync(join(project, 'shop/service.py'), '# changed\n');
    const changed = await build(args, { env });
    expect(changed.digest).not.toBe(first.digest);
    const [output] = changed.report.outputs;
    if (inPart) {
      expect(output).toMatchObject({ blobsUploaded: 1 });
      expect(output!.bytesUploaded).toBeLessThan(64 * 1024);
    }
    const renewed = await engine.serve(reference);
    await renewed();
  });
});

describe('a Docker on another machine', () => {
  let docker: RunningDocker;

  beforeAll(async () => {
    docker = await startDocker();
  });

  afterAll(() => docker?.stop());

  test('is reached by TLS with certificates, and refuses whoever has none', async () => {
    const args = [copyExample('script'), ...BASE, '--tag', 'tool:1.0', '--load'];
    const { report } = await build(args, { env: docker.tls });
    expect(report.outputs).toMatchObject([{ destination: 'load:docker', reference: 'tool:1.0' }]);
    const none = { ...docker.tls, DOCKER_CERT_PATH: newFolder('no-certificates') };
    expect((await buildInVain(args, { env: none })).error.code).toBe('PYC_ENGINE_UNREACHABLE');
  });

  test('is reached by ssh', async () => {
    const server = await startSshServer(docker.env);
    try {
      const env = {
        DOCKER_HOST: `ssh://${process.env.USER ?? 'root'}@127.0.0.1:${server.port}`,
        PATH: `${server.bin}:${process.env.PATH}`,
      };
      const project = copyExample('script');
      const { stdout, stderr } = await pyc(['build', project, ...BASE, '--tag', 'far:1.0', '--load'], {
        env,
      });
      expect(stdout).toBe('far:1.0\n');
      expect(stderr).toContain('docker run --rm far:1.0');
      expect(await run(['docker', 'image', 'ls', '--quiet', 'far:1.0'], { env: docker.env })).not.toBe('');
    } finally {
      await server.stop();
    }
  });
});
