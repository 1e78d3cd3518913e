/** The same program on every runtime: the same images, byte by byte, from empty stores. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exampleImage } from '../harness/images.ts';
import { blobsOf } from '../harness/layout.ts';
import { run } from '../harness/processes.ts';
import { build, buildInVain } from '../harness/pyc.ts';
import { RUNTIMES } from '../harness/runtimes.ts';
import { copyExample, type Example, newFolder } from '../harness/workspace.ts';

const EXAMPLES: readonly Example[] = ['fastapi', 'django', 'script'];

describe.each(RUNTIMES)('$name', ({ command: runtime, version }) => {
  test('is what it is called', async () => {
    expect(await run([runtime[0], '--version'])).toMatch(version);
  });

  test('builds the examples to the same blobs', async () => {
    const store = newFolder('store');
    for (const example of EXAMPLES) {
      const expected = await exampleImage(example);
      const layout = newFolder('image');
      const args = [copyExample(example), '--base', 'apt:trixie', '--output', `layout:${layout}`];
      const cold = await build(args, { runtime, store });
      expect(cold.digest, example).toBe(expected.digest);
      expect(blobsOf(layout), example).toEqual(blobsOf(expected.layout));
      const warm = await build(args, { runtime, store });
      expect(warm.digest, example).toBe(expected.digest);
    }
  });

  test('reads a configuration in TypeScript that imports the running program', async () => {
    const project = copyExample('fastapi');
    writeFileSync(
      join(project, 'pycontainer.config.ts'),
      `import { defineConfig } from 'pycontainer';
import debian from 'pycontainer/plugins/debian';

const labels: Record<string, string> = { 'com.example.team': 'shop' };
export default defineConfig({ base: debian('trixie'), labels });
`,
    );
    const layout = newFolder('image');
    await build([project, '--output', `layout:${layout}`], { runtime });
    const config = JSON.parse(await run(['skopeo', 'inspect', '--config', `oci:${layout}:latest`]));
    expect(config.config.Labels).toMatchObject({ 'com.example.team': 'shop' });
  });

  test('says what is wrong, and ends with the right code', async () => {
    const project = copyExample('fastapi');
    const file = join(project, 'uv.lock');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^version = 1$/m, 'version = 99'));
    const { code, error } = await buildInVain([project, '--base', 'apt:trixie'], { runtime });
    expect({ code, error: error.code }).toEqual({
      code: 1,
      error: expect.stringMatching(/^PYC_LOCK_VERSION_/),
    });
  });
});
