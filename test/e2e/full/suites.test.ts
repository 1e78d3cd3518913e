/** Every supported suite and architecture of Debian: images that hold, for the platform that they name. */
import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { validateLayout } from 'pycontainer/oci';
import { describe, expect, test } from 'vitest';
import { ready, runContainer, startContainer } from '../harness/podman.ts';
import { run } from '../harness/processes.ts';
import { build } from '../harness/pyc.ts';
import { copyExample, type Example, newFolder } from '../harness/workspace.ts';

const SUITES = [
  ['bookworm', 'cp311', 'glibc-2.36'],
  ['trixie', 'cp313', 'glibc-2.41'],
] as const;
/** With ELF's number of the machine. */
const ARCHITECTURES = [
  ['amd64', 62],
  ['arm64', 183],
] as const;
const EXAMPLES: readonly Example[] = ['fastapi', 'django', 'script'];

const CASES = SUITES.flatMap(([suite, tag, libc]) =>
  ARCHITECTURES.map(([architecture, machine]) => ({ suite, tag, libc, architecture, machine })),
);

describe.each(CASES)('apt:$suite on $architecture', ({ suite, tag, libc, architecture, machine }) => {
  test.each(EXAMPLES)('carries docs/examples/%s', async (example) => {
    const layout = newFolder('image');
    const { image } = await build([
      ...[copyExample(example), '--base', `apt:${suite}`, '--platform', `linux/${architecture}`],
      ...['--output', `layout:${layout}`],
    ]);
    expect(image.python).toMatchObject({ tag, libc });
    expect(await validateLayout(layout)).toEqual([]);
    const reference = `oci:${layout}:latest`;
    const inspected = JSON.parse(
      await run(['skopeo', '--override-arch', architecture, 'inspect', reference]),
    );
    expect(inspected.Architecture).toBe(architecture);

    const bundle = join(newFolder('bundle'), 'out');
    await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, bundle]);
    const root = join(bundle, 'rootfs');
    const libraries = await run(['find', join(root, 'opt/venv'), '-name', '*.so*', '-type', 'f']);
    const interpreter = join(root, `usr/bin/python${tag.replace('cp3', '3.')}`);
    for (const file of [interpreter, ...libraries.split('\n').filter((line) => line !== '')]) {
      expect(`${file} ${machineOf(file)}`).toBe(`${file} ${machine}`);
    }
    if (architecture === 'amd64') await start(example, reference);
  });
});

async function start(example: Example, reference: string): Promise<void> {
  if (example === 'script') {
    expect(await runContainer(reference, ['--json'])).toMatchObject({ code: 0 });
    return;
  }
  const container = await startContainer(reference);
  try {
    await ready(container, '/health');
  } finally {
    await container.remove();
  }
}

/** `e_machine` of an ELF file. */
function machineOf(file: string): number {
  const head = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, head.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return head.subarray(1, 4).toString() === 'ELF' ? head.readUInt16LE(18) : -1;
}
