/** Seven platforms in one run, on glibc and on musl, as other programs read them from a registry and from a layout. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { podman } from './harness/podman.ts';
import { run } from './harness/processes.ts';
import { makeProject, pyprojectOf } from './harness/projects.ts';
import { type Built, build, pyc } from './harness/pyc.ts';
import { uv } from './harness/uv.ts';
import { newFolder, PEERS } from './harness/workspace.ts';

const CRANE = join(PEERS, 'crane/usr/bin/crane');

/** With the machine as wheels name it and as ELF numbers it. */
const PLATFORMS = [
  ['linux/amd64', 'x86_64', 62],
  ['linux/arm64', 'aarch64', 183],
  ['linux/arm/v7', 'armv7l', 40],
  ['linux/ppc64le', 'ppc64le', 21],
  ['linux/s390x', 's390x', 22],
  ['linux/386', 'i686', 3],
  ['linux/riscv64', 'riscv64', 243],
] as const;
/** Compiled for most platforms, and pure for the rest. */
const DEPENDENCIES = ['charset-normalizer==3.4.4', 'idna>=3.7'];
const START = '\n[tool.pycontainer]\nentrypoint = ["python", "-c", "import idna"]\n';

let registry: DockerRegistry;
let project: string;
let built: Built;
let layout: string;
let tag: string;

beforeAll(async () => {
  registry = await startRegistry();
  project = makeProject('everywhere', { 'pyproject.toml': pyprojectOf('everywhere', DEPENDENCIES) + START });
  await uv(['lock', '--quiet'], project);
  layout = newFolder('layout');
  tag = `${registry.address}/team/everywhere:1.0`;
  built = await build([...flagsFor('glibc-2.36'), '--tag', tag, '--push', '--output', `layout:${layout}`]);
});

afterAll(() => registry?.stop());

function flagsFor(libc: string): string[] {
  const platforms = PLATFORMS.map(([platform]) => platform).join(',');
  return [project, '--base=scratch', '--python=3.12.7', '--libc', libc, '--platform', platforms];
}

interface Index {
  readonly mediaType: string;
  readonly manifests: readonly {
    readonly digest: string;
    readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string };
  }[];
}

function namesOf({ manifests }: Index): string[] {
  return manifests.map(({ platform: { os, architecture, variant } }) =>
    [os, architecture, variant].filter(Boolean).join('/'),
  );
}

describe.each(['glibc-2.36', 'musl-1.2'])('on %s', (libc) => {
  test('each platform has the wheel that is made for it, and nothing of another', async () => {
    const { report } = libc.startsWith('glibc') ? built : await build(flagsFor(libc));
    const portable = libc.startsWith('glibc') ? 'manylinux' : 'musllinux';
    const files = report.images.map(({ platform, distributions }) => [
      platform,
      distributions.find(({ name }) => name === 'charset-normalizer')?.file,
    ]);
    expect(files.map(([platform]) => platform)).toEqual(PLATFORMS.map(([platform]) => platform));
    const odd = files.filter(([platform, file]) => {
      const machine = PLATFORMS.find(([name]) => name === platform)?.[1];
      return (
        !(file?.includes(portable) && file.includes(`_${machine}.whl`)) && !file?.endsWith('-none-any.whl')
      );
    });
    expect(odd).toEqual([]);
    // More than x86-64 and 64-bit Arm are compiled for, or this would prove nothing.
    expect(files.filter(([, file]) => file?.includes(portable)).length).toBeGreaterThan(3);
  });
});

describe('the index', () => {
  test('is read by skopeo and crane as it was written, platform by platform', async () => {
    const names = PLATFORMS.map(([platform]) => platform);
    const raw = await run(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${tag}`]);
    expect(namesOf(JSON.parse(raw) as Index)).toEqual(names);
    expect(JSON.parse(await run([CRANE, 'manifest', '--insecure', tag]))).toEqual(JSON.parse(raw));
    expect(
      namesOf(JSON.parse(await run(['skopeo', 'inspect', '--raw', `oci:${layout}:1.0`])) as Index),
    ).toEqual(names);
    // Every blob is fetched, hashed and unpacked.
    await run([CRANE, 'validate', '--insecure', '--remote', tag]);
    for (const { platform, digest } of built.report.images)
      expect(await run([CRANE, 'digest', '--insecure', '--platform', platform, tag])).toBe(digest);
    const copy = newFolder('copy');
    await run([
      'skopeo',
      'copy',
      '--quiet',
      '--all',
      '--src-tls-verify=false',
      `docker://${tag}`,
      `oci:${copy}:1.0`,
    ]);
    const blobs = (folder: string) => new Set(readdirSync(join(folder, 'blobs/sha256')));
    for (const { digest } of built.report.images)
      expect(blobs(copy)).toContain(digest?.slice('sha256:'.length));
  });

  test('gives podman the image of each platform, with code for its machine', async () => {
    for (const [platform, , machine] of PLATFORMS) {
      await podman('pull', '--quiet', '--tls-verify=false', '--platform', platform, tag);
      const architecture = await podman('image', 'inspect', '--format', '{{.Architecture}}', tag);
      expect(platform.split('/')[1]).toBe(architecture);
      const mounted = await podman('image', 'mount', tag);
      const site = join(mounted, 'opt/venv/lib/python3.12/site-packages');
      const libraries = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.so'),
      );
      const machines = libraries.map((name) => readFileSync(join(site, name)));
      // `e_machine`, in the byte order that the file states.
      const found = machines.map((bytes) =>
        bytes[5] === 2 ? bytes.readUInt16BE(18) : bytes.readUInt16LE(18),
      );
      expect(new Set([...found, machine])).toEqual(new Set([machine]));
      await podman('image', 'unmount', '--force', tag);
      await podman('rmi', '--force', tag);
    }
  });
});

test('`pyc check platforms` says what lacks a wheel, and which release has one', async () => {
  const lacking = makeProject('lacking', {
    'pyproject.toml': pyprojectOf('lacking', ['markupsafe==3.0.3', 'idna>=3.7']) + START,
  });
  await uv(['lock', '--quiet'], lacking);
  const flags = [lacking, '--base=scratch', '--python=3.12.7', '--libc=glibc-2.36'];
  const table = await pyc(['check', 'platforms', ...flags]);
  expect(table.stdout).toMatch(/linux\/amd64 \*?\s+nothing\s+2 of 2 have one/);
  expect(table.stdout).toMatch(/linux\/386\s+markupsafe 3\.0\.3\s+for .*; the target is i686\s+\S+/);
  const { code, stdout } = await pyc(['check', 'platforms', '--json', '--platform=linux/386', ...flags]);
  const report = JSON.parse(stdout) as Built['report'];
  expect([code, report.error?.code]).toEqual([1, 'PYC_PLATFORM_LACKS_WHEELS']);
  expect(report.platforms?.[0]?.lacks).toMatchObject([{ name: 'markupsafe', asked: true, builds: false }]);
});
