/** Finished images to write and read back, made as the pipeline makes them. */
import { buildConfig, buildIndex, buildManifest, buildReferrer } from '../../core/oci/build-image.ts';
import { writeLayer } from '../../core/oci/layer/write-layers.ts';
import type { LayoutContents } from '../../core/oci/layout.ts';
import type { OutputImage } from '../../core/oci/output.ts';
import { parsePlatform } from '../../core/oci/platform.ts';
import type { TreeItem } from '../../core/primitives/file-tree.ts';
import type { Store } from '../../core/store/store.ts';
import { deflated, directory, file, prose } from './temporary.ts';

/** One layer a list of entries. */
export async function makeImage(
  store: Store,
  layers: readonly (readonly TreeItem[])[],
  platformText = 'linux/amd64',
): Promise<OutputImage> {
  const platform = parsePlatform(platformText);
  const written = await Promise.all(layers.map((items) => writeLayer(items, store, { name: 'test' })));
  const base = {
    platform,
    layers: [],
    config: { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } },
  } as const;
  const created = '1970-01-01T00:00:00Z';
  const config = buildConfig(
    {
      platform,
      entrypoint: ['/opt/venv/bin/python'],
      cmd: [],
      env: { PATH: '/opt/venv/bin:/usr/bin' },
      user: '65532:65532',
      workdir: '/app',
      ports: ['8000/tcp'],
      labels: { b: '2', a: '1' },
      history: layers.map(() => ({ created, created_by: 'test' })),
      created,
    },
    written,
    base,
  );
  return { platform, layers: written, config, manifest: buildManifest(config.descriptor, written, {}) };
}

/** Two layers, the second of them named by the seed. */
export function sampleLayers(seed = 'seed'): TreeItem[][] {
  return [
    [directory('opt/venv'), file('opt/venv/lib.py', deflated(prose(30_000)))],
    [directory('app'), file('app/main.py', `print(${JSON.stringify(seed)})`)],
  ];
}

/** What the layout gets for one image with an SBOM. */
export function contentsOf(
  images: readonly OutputImage[],
  tags: readonly string[] = ['latest'],
): LayoutContents {
  const index = images.length > 1 ? buildIndex(images) : undefined;
  const subjects = [...images.map((image) => image.manifest), ...(index === undefined ? [] : [index])];
  const referrers = subjects.map(({ descriptor }) =>
    buildReferrer(
      {
        artifactType: 'application/vnd.cyclonedx+json',
        mediaType: 'application/vnd.cyclonedx+json',
        bytes: Buffer.from(`{"of":"${descriptor.digest}"}`),
        annotations: { note: 'x' },
        subject: 'index',
      },
      descriptor,
    ),
  );
  return { images, referrers, tags, ...(index === undefined ? {} : { index }) };
}
