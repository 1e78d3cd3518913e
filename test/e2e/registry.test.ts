/** docker-registry: what is pushed is what other engines pull, and what is there already is not sent again. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { exampleImage, foreignBase } from './harness/images.ts';
import { podman, ready, runContainer, startContainer } from './harness/podman.ts';
import { attempt, run } from './harness/processes.ts';
import { build, buildInVain } from './harness/pyc.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

const ACCOUNT = { username: 'pusher', password: 'correct horse: battery' };

let open: DockerRegistry;
let guarded: DockerRegistry;

beforeAll(async () => {
  open = await startRegistry();
  guarded = await startRegistry(ACCOUNT);
});

afterAll(async () => {
  await open?.stop();
  await guarded?.stop();
});

describe('a push', () => {
  test('is pulled back by podman with the same digest, and starts', async () => {
    const { layout, digest } = await exampleImage('fastapi');
    const repository = `${open.address}/team/shop`;
    const tag = `${repository}:1.0`;
    const project = copyExample('fastapi');
    const { report } = await build([project, '--base', 'apt:trixie', '--tag', tag, '--push']);
    expect(report.outputs).toMatchObject([{ digest, reference: `${repository}@${digest}` }]);
    const names = new Set(open.blobs().keys());
    for (const { digest: layer } of report.images[0]?.layers ?? []) expect(names).toContain(layer);

    expect(JSON.parse(await run(['skopeo', 'inspect', '--tls-verify=false', `docker://${tag}`])).Digest).toBe(
      digest,
    );
    await podman('pull', '--quiet', '--tls-verify=false', tag);
    expect(await podman('image', 'inspect', '--format', '{{.Digest}}', tag)).toBe(digest);
    const container = await startContainer(tag);
    try {
      await ready(container, '/health');
    } finally {
      await container.remove();
    }
    const copy = newFolder('copy');
    await run(['skopeo', 'copy', '--src-tls-verify=false', `docker://${tag}`, `oci:${copy}:latest`]);
    await run([
      'diff',
      `${copy}/blobs/sha256/${digest.slice(7)}`,
      `${layout}/blobs/sha256/${digest.slice(7)}`,
    ]);
  });

  test('sends nothing a second time, and of a changed line the project alone', async () => {
    const project = copyExample('fastapi');
    const args = [project, '--base', 'apt:trixie', '--tag', `${open.address}/team/again:1.0`, '--push'];
    const first = await build(args);
    const again = await build(args);
    expect(again.digest).toBe(first.digest);
    expect(again.report.outputs[0]).toMatchObject({ bytesUploaded: 0, blobsUploaded: 0, blobsMounted: 0 });

    await run(['sh', '-c', 'printf "\\n# one line\\n" >>shop/catalogue.py'], { cwd: project });
    const before = open.blobs();
    const changed = await build(args);
    const layers = (one: typeof first): (string | null)[] => one.image.layers.map(({ digest }) => digest);
    expect(layers(changed).slice(0, -1)).toEqual(layers(first).slice(0, -1));
    expect(layers(changed).at(-1)).not.toBe(layers(first).at(-1));
    const sent = [...open.blobs()].filter(([digest]) => !before.has(digest));
    expect(sent.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(500_000);
    expect(sent.map(([digest]) => digest)).toContain(layers(changed).at(-1));
  });

  test('with basic authentication takes the password from standard input', async () => {
    const { digest } = await exampleImage('script');
    const project = copyExample('script');
    const args = [project, '--base', 'apt:trixie', '--push'];
    const tag = (name: string): string[] => ['--tag', `${guarded.address}/team/${name}:1.0`];
    const refused = await buildInVain([...args, ...tag('anonymous')]);
    expect(refused).toMatchObject({ code: 1, error: { code: 'PYC_REGISTRY_ACCESS' } });
    expect(refused.error.hint).toBeTruthy();

    const credentials = ['--username', ACCOUNT.username, '--password-stdin'];
    const wrong = await buildInVain([...args, ...tag('wrong'), ...credentials], { input: 'wrong\n' });
    expect(wrong).toMatchObject({ code: 1, error: { code: 'PYC_REGISTRY_ACCESS' } });
    expect(guarded.blobs().size).toBe(0);

    const stated = await build([...args, ...tag('stated'), ...credentials], {
      input: `${ACCOUNT.password}\n`,
    });
    expect(stated.digest).toBe(digest);
    expect(stated.stderr).not.toContain(ACCOUNT.password);
    expect(JSON.stringify(stated.report)).not.toContain(ACCOUNT.password);
  });

  test('takes credentials from where `podman login` and `skopeo login` keep them', async () => {
    const authFile = `${newFolder('auth')}/auth.json`;
    await run(
      [
        'skopeo',
        'login',
        '--tls-verify=false',
        '--authfile',
        authFile,
        '-u',
        ACCOUNT.username,
        '--password-stdin',
        guarded.address,
      ],
      { input: ACCOUNT.password },
    );
    const tag = `${guarded.address}/team/kept:1.0`;
    const { digest } = await build([copyExample('script'), '--base', 'apt:trixie', '--tag', tag, '--push'], {
      env: { REGISTRY_AUTH_FILE: authFile },
    });
    const inspected = await run([
      ...(['skopeo', 'inspect', '--tls-verify=false', '--authfile', authFile, `docker://${tag}`] as const),
    ]);
    expect(JSON.parse(inspected).Digest).toBe(digest);
  });
});

describe('an index of two platforms', () => {
  test('is pushed with its referrers, and each platform pulls its own image', async () => {
    const repository = `${open.address}/team/everywhere`;
    const platforms = ['--platform', 'linux/amd64,linux/arm64'];
    const args = [copyExample('script'), '--base', 'apt:trixie', '--tag', `${repository}:1.0`, '--push'];
    const { report } = await build([...args, ...platforms]);
    const bytes = await run([
      'skopeo',
      'inspect',
      '--raw',
      '--tls-verify=false',
      `docker://${repository}:1.0`,
    ]);
    const index = JSON.parse(bytes);
    const digests = Object.fromEntries(
      index.manifests.map((entry: { digest: string; platform: { architecture: string } }) => [
        entry.platform.architecture,
        entry.digest,
      ]),
    );
    expect(index.mediaType).toBe('application/vnd.oci.image.index.v1+json');
    expect(report.index?.digest).toBe(report.outputs[0]?.digest);
    expect(digests).toEqual({ amd64: report.images[0]?.digest, arm64: report.images[1]?.digest });
    expect(digests.amd64).toBe((await exampleImage('script')).digest);
    for (const architecture of ['amd64', 'arm64']) {
      const config = await run([
        ...([
          'skopeo',
          '--override-arch',
          architecture,
          'inspect',
          '--config',
          '--tls-verify=false',
        ] as const),
        `docker://${repository}:1.0`,
      ]);
      expect(JSON.parse(config).architecture).toBe(architecture);
    }
    await podman('pull', '--quiet', '--tls-verify=false', `${repository}:1.0`);
    expect(await runContainer(`${repository}:1.0`, ['--json'])).toMatchObject({ code: 0 });
    // A registry without the referrers API keeps them under a tag of the subject's digest.
    const subject = String(report.images[0]?.digest).replace(':', '-');
    const referrers = await run([
      'skopeo',
      'inspect',
      '--raw',
      '--tls-verify=false',
      `docker://${repository}:${subject}`,
    ]);
    expect(JSON.parse(referrers).manifests).toMatchObject([
      { artifactType: 'application/vnd.cyclonedx+json' },
    ]);
  });
});

describe('a base from a registry', () => {
  const pushedBase = async (): Promise<string> => {
    const base = `${open.address}/bases/python:bookworm`;
    const layout = await foreignBase();
    await run(['skopeo', 'copy', '--dest-tls-verify=false', `oci:${layout}:base`, `docker://${base}`]);
    return base;
  };

  test('is mounted, not sent, and its layers stay as they are', async () => {
    const base = await pushedBase();
    const inspected = JSON.parse(await run(['skopeo', 'inspect', '--tls-verify=false', `docker://${base}`]));

    const tag = `${open.address}/team/based:1.0`;
    const { report, image } = await build([copyExample('fastapi'), '--base', base, '--tag', tag, '--push']);
    expect(image.base).toEqual({ reference: base, digest: inspected.Digest });
    expect(image.python).toMatchObject({ tag: 'cp311', libc: 'glibc-2.36' });
    const based = image.layers.filter(({ role }) => role === 'base').map(({ digest }) => digest);
    expect(based).toEqual(inspected.Layers);
    const built = image.layers.filter(({ role }) => role !== 'base').map(({ size }) => size ?? 0);
    const output = report.outputs[0];
    // Beside the layers: two configurations and an SBOM.
    expect(output).toMatchObject({ blobsMounted: based.length, blobsUploaded: built.length + 3 });
    const documents = (output?.bytesUploaded ?? 0) - built.reduce((sum, size) => sum + size, 0);
    expect(documents).toBeGreaterThan(0);
    expect(documents).toBeLessThan(1_000_000);

    await podman('pull', '--quiet', '--tls-verify=false', tag);
    const version = await runContainer(
      tag,
      [],
      ['--entrypoint', '["python", "-c", "import fastapi, sys; print(sys.prefix, sys.version_info[:2])"]'],
    );
    expect(version).toMatchObject({ code: 0, stdout: '/opt/venv (3, 11)\n' });
  });

  test('is not fetched where its Python is stated and nobody asks what else is in it', async () => {
    const base = await pushedBase();
    const store = newFolder('store');
    const project = copyExample('script');
    const tag = `${open.address}/team/stated:1.0`;
    const args = [project, '--base', base, '--tag', tag, '--push', '--sbom', 'none'];
    const python = [
      '--python',
      '3.11.2',
      '--libc',
      'glibc-2.36',
      '--set',
      'python.interpreter=/usr/bin/python3.11',
    ];
    const { image } = await build([...args, ...python], { store });
    const kept = await run(['find', `${store}/blobs`, '-type', 'f', '-printf', '%f\n']);
    for (const { digest, role } of image.layers) {
      if (role === 'base') expect(kept).not.toContain(digest?.slice(7));
    }
    // The same as where it was read from the base's files.
    const read = await build(args, { store });
    expect(read.digest).toBe(image.digest);
  });

  test('is read from a layout and from both kinds of archives, to the same image', async () => {
    const layout = await foreignBase();
    const folder = newFolder('bases');
    await run(['skopeo', 'copy', `oci:${layout}:base`, `oci-archive:${folder}/base.tar:base`]);
    await run(['skopeo', 'copy', `oci:${layout}:base`, `docker-archive:${folder}/docker.tar:local/base:1`]);
    const project = copyExample('script');
    const output = ['--output', `layout:${folder}/out`];
    const fromLayout = await build([project, '--base', `layout:${layout}:base`, ...output]);
    const fromArchive = await build([project, '--base', `archive:${folder}/base.tar`, ...output]);
    expect(fromArchive.image.layers).toEqual(
      fromLayout.image.layers.map((layer) =>
        layer.origin === 'built' ? { ...layer, origin: 'cached' } : layer,
      ),
    );
    const fromDocker = await build([project, '--base', `archive:${folder}/docker.tar`, ...output]);
    const contents = (one: typeof fromDocker): unknown => one.image.layers.map(({ diffId }) => diffId);
    expect(contents(fromDocker)).toEqual(contents(fromLayout));
    expect(await runContainer(`oci:${folder}/out:latest`, ['--json'])).toMatchObject({ code: 0 });
  });
});

describe('archives', () => {
  test('of Docker are loaded by podman under their tags, and run', async () => {
    const file = `${newFolder('archive')}/image.tar`;
    const tag = `localhost/forecast:e2e`;
    await build([
      copyExample('script'),
      '--base',
      'apt:trixie',
      '--tag',
      tag,
      '--output',
      `docker-archive:${file}`,
    ]);
    expect(await podman('load', '--quiet', '--input', file)).toContain(tag);
    const { code, stdout } = await runContainer(tag, ['--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toBeTypeOf('object');
  });

  test('of OCI are read by skopeo and loaded by podman', async () => {
    const { digest } = await exampleImage('script');
    const file = `${newFolder('archive')}/image.tar`;
    await build([copyExample('script'), '--base', 'apt:trixie', '--output', `archive:${file}`]);
    expect(JSON.parse(await run(['skopeo', 'inspect', `oci-archive:${file}`])).Digest).toBe(digest);
    expect((await attempt(['skopeo', 'inspect', `oci-archive:${file}:latest`])).code).toBe(0);
    const loaded = /sha256:[0-9a-f]{64}|localhost\/\S+/.exec(
      await podman('load', '--quiet', '--input', file),
    )?.[0];
    expect(await runContainer(loaded ?? '', ['--json'])).toMatchObject({ code: 0 });
  });
});
