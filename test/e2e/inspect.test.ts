/** `pyc inspect`, `diff` and `rebase` beside skopeo, podman and dpkg: what they say is what is there, and what is rebased runs. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DiffReport, InspectReport, RebaseReport } from 'pycontainer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { foreignBase } from './harness/images.ts';
import { podman, runContainer } from './harness/podman.ts';
import { run } from './harness/processes.ts';
import { build, pyc } from './harness/pyc.ts';
import { copyExample, newFolder, WORK } from './harness/workspace.ts';

let registry: DockerRegistry;
/** On the first base, with its SBOM. */
let shop: string;
let project: string;

const base = (tag: string): string => `${registry.address}/bases/debian:${tag}`;

beforeAll(async () => {
  registry = await startRegistry();
  const to = ['--dest-tls-verify=false', `oci:${await foreignBase()}:base`, `docker://${base('1')}`];
  await run(['skopeo', 'copy', '--quiet', ...to]);
  await pushPatchedBase();
  project = copyExample('script');
  shop = `${registry.address}/team/shop:1`;
  await build([project, '--base', base('1'), '--tag', shop, '--push']);
});

afterAll(async () => {
  await registry?.stop();
});

/** The same base with a file changed, one added and one removed, as an update would have it. */
async function pushPatchedBase(): Promise<void> {
  const folder = newFolder('patch');
  mkdirSync(join(folder, 'etc'));
  writeFileSync(join(folder, 'etc/issue'), 'patched\n');
  writeFileSync(join(folder, 'etc/patched'), 'yes\n');
  const buildah = [
    'buildah',
    ...['--root', join(WORK, 'buildah/root'), '--runroot', join(WORK, 'buildah/run')],
    ...['--storage-driver', 'overlay'],
  ] as const;
  const container = await run([...buildah, 'from', '--pull-never', `oci:${await foreignBase()}:base`]);
  await run([...buildah, 'copy', '--quiet', container, folder, '/']);
  const root = await run([...buildah, 'mount', container]);
  await run(['rm', join(root, 'etc/issue.net')]);
  await run([...buildah, 'umount', container]);
  await run([...buildah, 'config', '--env', 'PATCHED=yes', '--label', 'vendor=them', container]);
  await run([...buildah, 'commit', '--quiet', '--rm', container, 'patched-base']);
  await run([...buildah, 'push', '--quiet', '--tls-verify=false', 'patched-base', `docker://${base('2')}`]);
}

async function verb<Report>(...args: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await pyc([...args, '--json']);
  if (code !== 0) throw new Error(`\`pyc ${args.join(' ')}\` ended with ${code}\n${stderr}`);
  return JSON.parse(stdout) as Report;
}

/** Every file and link of an image as a container has them: what it is, its mode and owner, its bytes. */
async function filesOf(image: string): Promise<ReadonlyMap<string, string>> {
  await podman('pull', '--quiet', '--tls-verify=false', image);
  const root = await podman('image', 'mount', image);
  const found = new Map<string, string>();
  const walk = (path: string): void => {
    for (const name of readdirSync(join(root, path))) {
      const inner = `${path}/${name}`;
      const facts = lstatSync(join(root, inner));
      if (facts.isDirectory()) walk(inner);
      const owner = `${facts.uid}:${facts.gid}`;
      if (facts.isSymbolicLink()) found.set(inner, `${owner} ${readlinkSync(join(root, inner))}`);
      if (!facts.isFile()) continue;
      const digest = createHash('sha256')
        .update(readFileSync(join(root, inner)))
        .digest('hex');
      found.set(inner, `${owner} ${facts.mode} ${digest}`);
    }
  };
  walk('');
  await podman('image', 'unmount', image);
  return found;
}

describe('inspecting', () => {
  test('says what skopeo says', async () => {
    const { images, digest } = await verb<InspectReport>('inspect', shop);
    const theirs = JSON.parse(
      await run(['skopeo', 'inspect', '--tls-verify=false', `docker://${shop}`]),
    ) as Record<string, unknown>;
    const [image] = images;
    expect(digest).toBe(theirs.Digest);
    expect(image?.layers.map((layer) => layer.digest)).toEqual(theirs.Layers);
    expect(image?.config.Env).toEqual(theirs.Env);
    expect(image?.config.Labels).toEqual(theirs.Labels);
    expect(image?.packagesFrom).toBe('sbom');
    expect(image?.attachments.map(({ kind }) => kind)).toContain('sbom');
  });

  test('finds by the layers what dpkg and Python say in the container', async () => {
    const { images } = await verb<InspectReport>('inspect', shop, '--deep');
    const [image] = images;
    await podman('pull', '--quiet', '--tls-verify=false', shop);
    const inside = async (...command: readonly [string, ...string[]]): Promise<string[]> => {
      const { stdout } = await runContainer(shop, command.slice(1), [`--entrypoint=${command[0]}`]);
      return [...new Set(stdout.trim().split('\n'))].sort();
    };
    const listed = (
      packages: readonly { name: string; version: string | null }[] | null | undefined,
    ): string[] => (packages ?? []).map(({ name, version }) => `${name} ${version}`).sort();
    const dpkg = await inside('dpkg-query', '--show');
    const names = dpkg.map((line) => line.replace(/(?::\w+)?\t/, ' ')).sort();
    expect(listed(image?.systemPackages)).toEqual(names);
    const python = '/opt/venv/bin/python';
    const program =
      'import importlib.metadata as m, re; [print(re.sub("[-_.]+", "-", d.name).lower(), d.version) for d in m.distributions()]';
    expect(listed(image?.distributions)).toEqual((await inside(python, '-c', program)).filter(Boolean));
    expect(`Python ${image?.python?.version}`).toBe((await inside(python, '--version'))[0]);
  });
});

describe('comparing', () => {
  test('finds the files that two containers see differently', async () => {
    const other = `${registry.address}/team/other:1`;
    writeFileSync(join(project, 'added.py'), 'ADDED = 1\n');
    await build([project, '--base', base('2'), '--tag', other, '--push']);
    const [before, after] = [await filesOf(shop), await filesOf(other)];
    const { images, equal } = await verb<DiffReport>('diff', shop, other, '--deep');
    const files = images[0]!.files!;
    expect(equal).toBe(false);
    expect(files.added.map(({ path }) => path)).toEqual(
      [...after.keys()].filter((path) => !before.has(path)).sort(),
    );
    expect(files.removed.map(({ path }) => path)).toEqual(
      [...before.keys()].filter((path) => !after.has(path)).sort(),
    );
    const changed = [...before].filter(([path, facts]) => after.has(path) && after.get(path) !== facts);
    expect(files.changed.map(({ path }) => path)).toEqual(changed.map(([path]) => path).sort());
    expect(files.removed).toEqual([expect.objectContaining({ path: '/etc/issue.net' })]);
    expect((await pyc(['diff', shop, other, '--exit-code'])).code).toBe(1);
    expect((await pyc(['diff', shop, shop, '--exit-code'])).code).toBe(0);
  });
});

describe('rebasing', () => {
  test('gives what a build on the patched base gives, and it runs', async () => {
    const clean = copyExample('script');
    const [here, whole] = [`${registry.address}/team/shop:patched`, `${registry.address}/team/whole:1`];
    const report = await verb<RebaseReport>('rebase', shop, '--base', base('2'), '--push', '--tag', here);
    const { report: built } = await build([clean, '--base', base('2'), '--tag', whole, '--push']);
    expect(report.digest).toBe(built.images[0]?.digest);
    expect(report.outputs[0]?.bytesUploaded).toBeLessThan(100_000);
    await podman('pull', '--quiet', '--tls-verify=false', here);
    await podman('pull', '--quiet', '--tls-verify=false', shop);
    const [old, next] = [await runContainer(shop), await runContainer(here)];
    expect(next).toMatchObject({ code: 0, stdout: old.stdout });
    const issue = await runContainer(here, ['/etc/issue'], ['--entrypoint=cat']);
    expect(issue.stdout).toBe('patched\n');
  });
});
