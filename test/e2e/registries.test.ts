/** Registries as they are found: what is pushed to each is what other programs read there. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exampleImage } from './harness/images.ts';
import { podman, podmanAs } from './harness/podman.ts';
import { freePort, run } from './harness/processes.ts';
import { build, buildInVain } from './harness/pyc.ts';
import { type Distribution, startDistribution } from './harness/registries.ts';
import { artifactTypes, digestsOf, REGISTRY_CASES, type RegistryCase } from './harness/registry-cases.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

describe.each(Object.entries(REGISTRY_CASES))('%s', (_, start) => {
  let registry: RegistryCase;

  beforeAll(async () => {
    registry = await start();
  });

  afterAll(() => registry?.stop());

  test('takes an image with its SBOM once, and other programs read it', async () => {
    const { digest } = await exampleImage('script');
    const tag = `${registry.address}/team/app:1.0`;
    const args = [copyExample('script'), '--base', 'apt:trixie', '--tag', tag, '--push'];
    const { env } = registry;
    const first = await build(args, { env });
    expect(first.report.outputs[0]).toMatchObject({ digest, blobsPresent: 0 });
    // More than a front with a limit takes in one request.
    expect(Math.max(...first.image.layers.map(({ size }) => size ?? 0))).toBeGreaterThan(4 * 1024 * 1024);
    const again = await build(args, { env });
    expect(again.report.outputs[0]).toMatchObject({ digest, bytesUploaded: 0, blobsUploaded: 0 });
    const read = await digestsOf(registry, tag);
    expect(read).toEqual(Object.fromEntries(Object.keys(read).map((reader) => [reader, digest])));
    expect(await artifactTypes(registry, tag)).toEqual(['application/vnd.cyclonedx+json']);
    const printed = `${first.stderr}${JSON.stringify(first.report)}`;
    for (const secret of registry.secrets) expect(printed).not.toContain(secret);
  });
});

describe('registries.conf', () => {
  let mirror: Distribution;
  let own: Distribution;

  beforeAll(async () => {
    mirror = await startDistribution();
    own = await startDistribution();
  });

  afterAll(async () => {
    await mirror?.stop();
    await own?.stop();
  });

  /** The environment of a user with that file. */
  function userOf(conf: string): Record<string, string> {
    const home = newFolder('home');
    mkdirSync(join(home, '.config/containers'), { recursive: true });
    writeFileSync(join(home, '.config/containers/registries.conf'), conf);
    return { HOME: home };
  }

  test('has a base read from its mirror, as skopeo and podman read it', async () => {
    const { layout, digest } = await exampleImage('script');
    await run([
      'skopeo',
      'copy',
      '--dest-tls-verify=false',
      `oci:${layout}:latest`,
      `docker://${mirror.address}/copies/base:1`,
    ]);
    const env = userOf(`
[[registry]]
prefix = "example.test/team"
location = "127.0.0.1:${await freePort()}/gone"
[[registry.mirror]]
location = "${mirror.address}/copies"
insecure = true
`);
    const tag = `${own.address}/team/onto:1`;
    const { report } = await build(
      [copyExample('script'), '--base', 'example.test/team/base:1', '--tag', tag, '--push'],
      { env },
    );
    expect(report.images[0]?.base).toMatchObject({ reference: 'example.test/team/base:1', digest });
    const inspected = await run(['skopeo', 'inspect', '--no-tags', 'docker://example.test/team/base:1'], {
      env,
    });
    expect(JSON.parse(inspected)).toMatchObject({ Digest: digest });
    await podman('pull', '--quiet', '--tls-verify=false', tag);
    expect(await podman('image', 'inspect', '--format', '{{.Digest}}', tag)).toBe(report.images[0]?.digest);
  });

  test('leaves a push where its name says, as podman does, and refuses what is blocked or in the old format', async () => {
    const { digest } = await exampleImage('script');
    const args = [copyExample('script'), '--base', 'apt:trixie', '--push', '--tag'];
    const env = userOf(`
[[registry]]
prefix = "${own.address}/pushed"
location = "${mirror.address}/moved"
[[registry]]
location = "example.test/bad"
blocked = true
`);
    const name = `${own.address}/pushed/app:1`;
    await build([...args, name], { env });
    const read = ['skopeo', 'inspect', '--tls-verify=false', `docker://${name}`] as const;
    expect(JSON.parse(await run(read))).toMatchObject({ Digest: digest });
    await podman('pull', '--quiet', '--tls-verify=false', name);
    const conf = join(env.HOME!, '.config/containers/registries.conf');
    const again = `${own.address}/pushed/again:1`;
    await podmanAs(
      { CONTAINERS_REGISTRIES_CONF: conf },
      'push',
      '--quiet',
      '--tls-verify=false',
      name,
      again,
    );
    const theirs = await fetch(`http://${own.address}/v2/pushed/again/tags/list`);
    expect(await theirs.json()).toMatchObject({ tags: ['1'] });
    const blocked = await buildInVain([...args, 'example.test/bad/app:1'], { env });
    expect(blocked).toMatchObject({ code: 2, error: { code: 'PYC_REGISTRY_BLOCKED' } });
    const old = userOf("[registries.insecure]\nregistries = ['example.test']\n");
    const refused = await buildInVain([...args, name], { env: old });
    expect(refused).toMatchObject({ code: 2, error: { code: 'PYC_REGISTRIES_CONF' } });
    expect(refused.error.hint).toBeTruthy();
  });
});
