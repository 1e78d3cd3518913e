/** Images that several files of tests look at: each is built once a run, by the file that comes first. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './processes.ts';
import { type Built, build } from './pyc.ts';
import { UV_FOLDER } from './uv.ts';
import { copyExample, copySample, type Example, WORK } from './workspace.ts';

export interface ExampleImage extends Built {
  /** Folder of the OCI layout. */
  readonly layout: string;
  /** As podman, skopeo and umoci address it. */
  readonly reference: string;
}

/** An example on Debian's packages, as an OCI layout. */
export function exampleImage(example: Example): Promise<ExampleImage> {
  return imageOf(example, () => copyExample(example));
}

/** A project of `test/samples` on Debian's packages, by what its preset says alone. */
export function sampleImage(sample: string): Promise<ExampleImage> {
  return imageOf(`sample-${sample}`, () => copySample(sample));
}

async function imageOf(name: string, copy: () => string): Promise<ExampleImage> {
  const layout = join(WORK, 'images', name);
  const kept = join(WORK, 'images', `${name}.json`);
  if (!existsSync(kept)) {
    const args = ['--base', 'apt:trixie', '--output', `layout:${layout}`];
    // A sample that is a package is built by uv.
    const env = { PATH: `${UV_FOLDER}:${process.env.PATH}` };
    const built = await build([copy(), ...args], { env });
    writeFileSync(kept, JSON.stringify(built));
  }
  const built = JSON.parse(readFileSync(kept, 'utf8')) as Built;
  return { ...built, layout, reference: `oci:${layout}:latest` };
}

/**
 * A base that is not ours: Debian bookworm with Python, installed by apt and dpkg, made an image by buildah.
 * Gives the folder of its OCI layout, tagged `base`.
 */
export async function foreignBase(): Promise<string> {
  const layout = join(WORK, 'images/foreign-base');
  if (existsSync(layout)) return layout;
  mkdirSync(join(WORK, 'images'), { recursive: true });
  const tar = join(WORK, 'images/foreign-base.tar');
  await run([
    ...(['mmdebstrap', '--quiet', '--variant=minbase', '--include=python3,ca-certificates'] as const),
    ...['doc', 'man', 'locale', 'info'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    ...['bookworm', tar],
  ]);
  const buildah = [
    'buildah',
    ...['--root', join(WORK, 'buildah/root'), '--runroot', join(WORK, 'buildah/run')],
    ...['--storage-driver', 'overlay'],
  ] as const;
  const container = await run([...buildah, 'from', 'scratch']);
  await run([...buildah, 'add', '--quiet', container, tar, '/']);
  await run([...buildah, 'config', '--cmd', '["python3"]', '--env', 'LANG=C.UTF-8', container]);
  await run([...buildah, 'commit', '--quiet', '--rm', container, 'foreign-base']);
  const draft = `${layout}.draft`;
  await run([...buildah, 'push', '--quiet', 'foreign-base', `oci:${draft}:base`]);
  renameSync(draft, layout);
  rmSync(tar);
  return layout;
}
