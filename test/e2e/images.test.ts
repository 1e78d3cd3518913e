/** `pyc copy`, `tag`, `ls` and `index create` beside skopeo, crane and podman: the same digests, whoever copied. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CopyReport, CreateIndexReport } from 'pycontainer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { exampleImage } from './harness/images.ts';
import { blobsOf } from './harness/layout.ts';
import { podman, runContainer } from './harness/podman.ts';
import { type Command, run } from './harness/processes.ts';
import { build, pyc } from './harness/pyc.ts';
import { copyExample, newFolder, PEERS } from './harness/workspace.ts';

const CRANE = join(PEERS, 'crane/usr/bin/crane');
const SKOPEO = ['skopeo', 'copy', '--quiet', '--src-tls-verify=false', '--dest-tls-verify=false'] as const;
/** A base without files: two platforms cost nothing. */
const PORTABLE = ['--base', 'scratch', '--python', '3.12.7', '--libc', 'glibc-2.36'];

let one: DockerRegistry;
let two: DockerRegistry;
/** An image of two platforms with their SBOMs. */
let layout: string;
let digest: string;

beforeAll(async () => {
  [one, two] = await Promise.all([startRegistry(), startRegistry()]);
  layout = join(newFolder('layout'), 'image');
  const args = [
    '--platform',
    'linux/amd64,linux/arm64',
    '--output',
    `layout:${layout}`,
    '--tag',
    'forecast:1.0',
  ];
  const { report } = await build([copyExample('script'), ...PORTABLE, ...args]);
  digest = report.index!.digest;
});

afterAll(async () => {
  await one?.stop();
  await two?.stop();
});

async function verb<Report>(...args: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await pyc([...args, '--json']);
  if (code !== 0) throw new Error(`\`pyc ${args.join(' ')}\` ended with ${code}\n${stderr}`);
  return JSON.parse(stdout) as Report;
}

const copy = (from: string, to: string, ...more: readonly string[]): Promise<CopyReport> =>
  verb('copy', from, to, ...more);

const crane = (...args: string[]): Promise<string> => run([CRANE, ...args] as unknown as Command);

/** What the entry of a tag in a layout's index.json stands for. */
function taggedIn(folder: string, tag: string): string | undefined {
  const { manifests } = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as {
    manifests: { digest: string; annotations?: Record<string, string> }[];
  };
  return manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag)
    ?.digest;
}

describe('an image of two platforms', () => {
  test('goes to a registry, to another and back, as skopeo and crane see it', async () => {
    const [here, there] = [`${one.address}/team/forecast:1.0`, `${two.address}/other/forecast:1.0`];
    const pushed = await copy(`layout:${layout}`, here);
    expect(pushed.output).toMatchObject({ digest, reference: `${one.address}/team/forecast@${digest}` });
    expect(pushed.image).toMatchObject({ documents: 3 });
    expect(await crane('digest', '--insecure', here)).toBe(digest);
    await crane('validate', '--insecure', '--remote', here);

    await copy(here, there);
    expect([...two.blobs().keys()].sort()).toEqual([...one.blobs().keys()].sort());

    const folder = newFolder('back');
    const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
    await copy(there, `layout:${ours}`);
    expect(blobsOf(ours)).toEqual(blobsOf(layout));
    await run([...SKOPEO, '--all', `docker://${there}`, `oci:${theirs}:1.0`]);
    expect(taggedIn(ours, '1.0')).toBe(digest);
    expect(taggedIn(theirs, '1.0')).toBe(digest);
    // skopeo leaves out what refers to the image, and nothing else.
    const alone = join(folder, 'alone');
    await copy(there, `layout:${alone}`, '--no-referrers');
    expect(blobsOf(alone)).toEqual(blobsOf(theirs));
  });

  test('is mounted within a registry, tagged, listed and pulled by its digest', async () => {
    const [from, to] = [`${one.address}/team/mounted:1.0.0`, `${one.address}/else/where:1.0.0`];
    await copy(`layout:${layout}`, from);
    const { output } = await copy(from, to);
    expect(output).toMatchObject({ digest, bytesUploaded: 0, blobsUploaded: 0 });
    expect(output?.blobsMounted).toBeGreaterThan(5);
    await verb('tag', to, '1.0', 'latest');
    const { stdout } = await pyc(['ls', `${one.address}/else/where`]);
    const listed = await crane('ls', '--insecure', `${one.address}/else/where`);
    expect(stdout.trim().split('\n').sort()).toEqual(listed.split('\n').sort());
    expect(await crane('digest', '--insecure', `${one.address}/else/where:latest`)).toBe(digest);
    await run([
      ...SKOPEO,
      '--all',
      `docker://${one.address}/else/where@${digest}`,
      `oci:${newFolder('pulled')}/x`,
    ]);
  });

  test('is joined of builds of one platform each, to the index of one build', async () => {
    const project = copyExample('script');
    const parts = [];
    for (const architecture of ['amd64', 'arm64']) {
      const tag = `${one.address}/team/joined:${architecture}`;
      await build([project, ...PORTABLE, '--platform', `linux/${architecture}`, '--tag', tag, '--push']);
      parts.push('--from', tag);
    }
    const target = `${one.address}/team/joined:1.0`;
    const { output } = await verb<CreateIndexReport>('index', 'create', target, ...parts);
    expect(output).toMatchObject({ digest, bytesUploaded: 0, blobsUploaded: 0 });
    expect(await crane('digest', '--insecure', target)).toBe(digest);
  });
});

test('what skopeo made, of Docker’s media types and in archives, keeps its digests', async () => {
  const folder = newFolder('foreign');
  const docker = `${one.address}/team/docker:1`;
  await run([
    ...SKOPEO,
    '--format',
    'v2s2',
    '--override-arch',
    'arm64',
    `oci:${layout}:1.0`,
    `docker://${docker}`,
  ]);
  const expected = await crane('digest', '--insecure', docker);
  const copied = await copy(docker, `${two.address}/team/docker:1`);
  expect(copied.image).toMatchObject({ digest: expected, mediaType: expect.stringContaining('docker') });
  expect(await crane('digest', '--insecure', `${two.address}/team/docker:1`)).toBe(expected);

  const archive = join(folder, 'skopeo.tar');
  await run([...SKOPEO, '--all', `oci:${layout}:1.0`, `oci-archive:${archive}:1.0`]);
  const opened = await copy(`archive:${archive}`, `layout:${join(folder, 'opened')}`);
  expect(opened.image?.digest).toBe(digest);
  const ours = join(folder, 'ours.tar');
  await copy(`layout:${layout}`, `archive:${ours}`);
  await run([...SKOPEO, '--all', `oci-archive:${ours}`, `oci:${join(folder, 'read')}:1.0`]);
  expect(taggedIn(join(folder, 'read'), '1.0')).toBe(digest);
});

test('a docker-archive is loaded and started by podman under the name that it states', async () => {
  const { reference } = await exampleImage('script');
  const file = join(newFolder('docker'), 'forecast.tar');
  await copy(reference, `docker-archive:${file}:localhost/forecast:copied`);
  await podman('load', '--quiet', '--input', file);
  expect((await runContainer('localhost/forecast:copied')).code).toBe(0);
});

test('a copy that fails in the middle leaves nothing behind', async () => {
  const folder = newFolder('broken');
  const broken = join(folder, 'broken');
  await run(['cp', '-r', layout, broken]);
  const largest = await run(['sh', '-c', `ls -S ${broken}/blobs/sha256 | head -1`]);
  await run(['truncate', '--size', '1000', join(broken, 'blobs/sha256', largest)]);
  const target = `${one.address}/team/broken:1.0`;
  for (const to of [target, `layout:${join(folder, 'new')}`, `archive:${join(folder, 'new.tar')}`]) {
    const { code, stderr } = await pyc(['copy', `layout:${broken}`, to]);
    expect(code).toBe(1);
    expect(stderr).toContain('PYC_IMAGE_BLOB_CHANGED');
  }
  expect(existsSync(join(folder, 'new')) || existsSync(join(folder, 'new.tar'))).toBe(false);
  expect((await pyc(['ls', `${one.address}/team/broken`])).code).toBe(1);
});
