/** Every way in which a registry can be had, with images of one and two platforms, and every program that reads there. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { podmanAs } from '../harness/podman.ts';
import { run } from '../harness/processes.ts';
import { build } from '../harness/pyc.ts';
import { artifactTypes, digestsOf, REGISTRY_CASES, type RegistryCase } from '../harness/registry-cases.ts';
import { copyExample, type Example, newFolder } from '../harness/workspace.ts';

const IMAGES: readonly (readonly [platforms: string, example: Example])[] = [
  ['linux/amd64', 'script'],
  ['linux/amd64,linux/arm64', 'script'],
  ['linux/amd64', 'fastapi'],
  ['linux/amd64,linux/arm64', 'fastapi'],
];

describe.each(Object.entries(REGISTRY_CASES))('%s', (_, start) => {
  let registry: RegistryCase;

  beforeAll(async () => {
    registry = await start();
  });

  afterAll(() => registry?.stop());

  test.each(IMAGES)('gives each program what was pushed for %s of %s, once', async (platforms, example) => {
    const { env, verify } = registry;
    const tag = `${registry.address}/team/${example}:${platforms.split(',').length}`;
    const platform = ['--platform', platforms];
    const args = [copyExample(example), '--base', 'apt:trixie', '--tag', tag, '--push', ...platform];
    const { report } = await build(args, { env });
    const digest = report.outputs[0]?.digest ?? '';
    expect(report.index?.digest ?? report.images[0]?.digest).toBe(digest);
    const again = await build(args, { env });
    expect(again.report.outputs[0]).toMatchObject({
      digest,
      bytesUploaded: 0,
      blobsUploaded: 0,
      blobsMounted: 0,
    });

    const read = await digestsOf(registry, tag);
    expect(read).toEqual(Object.fromEntries(Object.keys(read).map((reader) => [reader, digest])));
    for (const { digest: one } of report.images) {
      const reference = tag.replace(/:\d+$/, `@${one}`);
      expect(await artifactTypes(registry, reference)).toEqual(['application/vnd.cyclonedx+json']);
    }
    const copy = newFolder('copy');
    const flags = ['copy', '--all', `--src-tls-verify=${verify}`, `docker://${tag}`] as const;
    await run(['skopeo', ...flags, `oci:${copy}:latest`], { env });
    await run(['umoci', 'ls', '--layout', copy]);
    await run(['test', '-f', join(copy, 'blobs/sha256', digest.slice('sha256:'.length))]);
    await podmanAs(env, 'pull', '--quiet', `--tls-verify=${verify}`, tag);
  });
});
