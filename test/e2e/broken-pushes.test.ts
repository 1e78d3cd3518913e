/** Pushes to real registries over connections that break: what they kept is gone on with, or else sent anew. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startCutter } from './harness/cutter.ts';
import { run } from './harness/processes.ts';
import { build } from './harness/pyc.ts';
import { startDistribution } from './harness/registries.ts';
import { newFolder } from './harness/workspace.ts';

const PORTABLE = ['--base', 'scratch', '--python', '3.12.7', '--libc', 'glibc-2.36'];
const SIZE = 48_000_000;

/** A project with a file that does not compress. */
function heavyProject(): string {
  const project = newFolder('heavy');
  writeFileSync(
    join(project, 'pyproject.toml'),
    '[project]\nname = "heavy"\nversion = "1.0"\nrequires-python = ">=3.12"\n',
  );
  mkdirSync(join(project, 'data'));
  writeFileSync(join(project, 'data', 'noise.bin'), randomBytes(SIZE));
  writeFileSync(join(project, 'main.py'), 'print("heavy")\n');
  return project;
}

describe('a push over a connection that breaks', () => {
  test.each([
    ['3', 'goes on where the registry stands', 1.5],
    ['2.8', 'begins anew where the registry forgot', 4],
  ] as const)('to distribution %s %s', async (version, _what, most) => {
    const registry = await startDistribution({ version });
    onTestFinished(() => registry.stop());
    const cutter = await startCutter(registry.address, SIZE / 2, 2);
    onTestFinished(() => cutter.stop());
    const tag = `${cutter.address}/heavy:1`;
    const { digest, image } = await build([heavyProject(), ...PORTABLE, '--tag', tag, '--push']);
    expect(cutter.cuts()).toBe(2);
    expect(cutter.bytes()).toBeLessThan(SIZE * most);
    for (const layer of image.layers) expect(registry.blobs().get(layer.digest ?? '')).toBe(layer.size);
    const shown = await run([
      'skopeo',
      'inspect',
      '--tls-verify=false',
      `docker://${registry.address}/heavy:1`,
    ]);
    expect((JSON.parse(shown) as { Digest: string }).Digest).toBe(digest);
  });
});
