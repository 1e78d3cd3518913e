/** Bytecode that a host's Python made is what the image's Python loads, and has the same bytes whoever made it. */
import { expect, test } from 'vitest';
import { runContainer } from './harness/podman.ts';
import { build, type PycOptions } from './harness/pyc.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

/** Prints each module's name, and whether it came out of bytecode that is never checked. */
const LOOK = `
import fastapi, pydantic, shop
for module in (fastapi, pydantic, shop):
    with open(module.__cached__, 'rb') as file:
        print(module.__name__, int.from_bytes(file.read(8)[4:], 'little'), module.__spec__.loader.get_code(module.__name__).co_filename == module.__file__)
`;

/** Debian 12 has the Python that the hosts of these tests have. */
async function compiled(options: PycOptions = {}, base = ['--base', 'apt:bookworm', '--bytecode']) {
  const layout = newFolder('image');
  const flags = [...base, '--output', `layout:${layout}`];
  const { digest, report } = await build([copyExample('fastapi'), ...flags], options);
  return { digest, report, reference: `oci:${layout}:latest` };
}

test('bytecode is the same with another store and environment, and is what the image loads', async () => {
  const first = await compiled();
  expect(first.report.warnings).toEqual([]);
  const again = await compiled({
    store: newFolder('another-store'),
    env: { PYTHONHASHSEED: '7', PYTHONPATH: '/nowhere', TZ: 'Asia/Tokyo', LANG: 'C' },
  });
  expect(again.digest).toBe(first.digest);
  await expectLoaded(first.reference);
});

test("the base's own Python compiles where this host has none of its version", async () => {
  const base = ['--base', 'apt:trixie', '--set', 'bytecode=image'];
  // Neither uv nor a Python is found there.
  const { reference, report } = await compiled({ env: { PATH: '/usr/sbin' } }, base);
  expect(report.images[0]?.python.version).toMatch(/^3\.13\./);
  await expectLoaded(reference);
});

async function expectLoaded(reference: string): Promise<void> {
  const { code, stdout, stderr } = await runContainer(reference, ['-c', LOOK], ['--entrypoint', 'python']);
  // What podman says while it copies the image is on standard error as well.
  expect(code, stderr).toBe(0);
  expect(stdout.trim().split('\n')).toEqual(['fastapi 1 True', 'pydantic 1 True', 'shop 1 True']);
}
