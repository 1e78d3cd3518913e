/** One index of bases that are assembled of Debian's packages, for all seven platforms, with an interpreter for each. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { validateLayout } from 'pycontainer/oci';
import { expect, test } from 'vitest';
import { podman } from '../harness/podman.ts';
import { makeProject, pyprojectOf } from '../harness/projects.ts';
import { build } from '../harness/pyc.ts';
import { uv } from '../harness/uv.ts';
import { newFolder } from '../harness/workspace.ts';

/** With ELF's number of the machine. */
const PLATFORMS = [
  ['linux/amd64', 62],
  ['linux/arm64', 183],
  ['linux/arm/v7', 40],
  ['linux/ppc64le', 21],
  ['linux/s390x', 22],
  ['linux/386', 3],
  ['linux/riscv64', 243],
] as const;

/** Not every mirror has updates for all architectures. */
const SETTINGS = `
[tool.pycontainer]
entrypoint = ["python3", "-c", "import idna"]
plugins = [["debian", { updates = false, securityMirror = false }]]
`;

test('apt:trixie on seven platforms is one index, whose interpreters are for their machines', async () => {
  const project = makeProject('everywhere', {
    'pyproject.toml': pyprojectOf('everywhere', ['idna>=3.7']) + SETTINGS,
  });
  await uv(['lock', '--quiet'], project);
  const layout = newFolder('layout');
  const platforms = PLATFORMS.map(([platform]) => platform);
  const { report } = await build([
    project,
    '--base=apt:trixie',
    `--platform=${platforms.join(',')}`,
    `--output=layout:${layout}`,
  ]);
  expect(report.images.map(({ platform }) => platform)).toEqual(platforms);
  expect(await validateLayout(layout)).toEqual([]);
  for (const [platform, machine] of PLATFORMS) {
    const id = await podman('pull', '--quiet', '--platform', platform, `oci:${layout}:latest`);
    const programs = join(await podman('image', 'mount', id), 'usr/bin');
    const python = readdirSync(programs).find((name) => /^python3\.\d+$/.test(name));
    expect([platform, machineOf(join(programs, python!))]).toEqual([platform, machine]);
    await podman('image', 'unmount', '--force', id);
    await podman('rmi', '--force', id);
  }
});

/** `e_machine`, in the byte order that the file states. */
function machineOf(file: string): number {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(20);
    readSync(descriptor, header, 0, header.length, 0);
    return header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18);
  } finally {
    closeSync(descriptor);
  }
}
