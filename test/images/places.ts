/** Images in the places that verbs on images read and write, and verbs that run in folders of their own. */
import { join } from 'node:path';
import type { ImageOptions, ImageVerbReport } from '../../core/image-session.ts';
import { writeLayout } from '../../core/oci/layout.ts';
import type { OutputImage } from '../../core/oci/output.ts';
import type { FakeRegistry } from '../../core/testing/fake-registry.ts';
import { contentsOf, makeImage, sampleLayers } from '../oci/images.ts';
import { temporaryFolder, temporaryStore } from '../oci/temporary.ts';

const signal = new AbortController().signal;

/** Two platforms, their index, and an SBOM for each of the three. */
export interface SampleLayout {
  /** `layout:DIR` */
  readonly spec: string;
  readonly directory: string;
  readonly images: readonly OutputImage[];
  readonly digest: string;
}

/** A layout with an image of two platforms under a tag; another seed gives another image. */
export async function sampleLayout(tag = '1.0', seed = 'new'): Promise<SampleLayout> {
  const store = await temporaryStore();
  const images = [
    await makeImage(store, sampleLayers(seed)),
    await makeImage(store, sampleLayers(`${seed} arm`), 'linux/arm64'),
  ];
  const directory = join(await temporaryFolder(), 'image');
  const { digest } = await writeLayout(directory, contentsOf(images, [tag]), { signal });
  return { spec: `layout:${directory}`, directory, images, digest };
}

/** What every verb is called with: a cache of its own, and nothing of the host's. */
export async function options(): Promise<ImageOptions> {
  const folder = await temporaryFolder();
  return { cwd: folder, env: { HOME: folder }, cacheDirectory: join(folder, 'cache') };
}

/** `HOST:PORT` of a registry on loopback. */
export function hostOf(registry: FakeRegistry): string {
  return new URL(registry.origin).host;
}

/** What a test compares: the error's code and message, or null. */
export function errorOf({ error }: ImageVerbReport): string | null {
  return error === null ? null : `${error.code}: ${error.message}`;
}
