/** Everything in an image, by reading all of its layers: they pass through, and are not kept on this host. */

import { ImageDocumentError } from '../../oci/document.ts';
import { variablesOf } from '../../oci/over-base.ts';
import { isPycError } from '../../primitives/errors.ts';
import { type DetectedPython, detectPython, TARGET_FILES } from '../../python/index.ts';
import { type FoundImage, imageOf } from '../found-image.ts';
import { isForeign } from '../graph.ts';
import type { ImageSession } from '../session.ts';
import { type FileView, viewOf } from './file-view.ts';
import { type InstalledPackage, installedPackages, PACKAGE_FILES } from './installed-packages.ts';
import { type LayerListing, listLayer } from './layer-listing.ts';

export interface ImageContents {
  readonly view: FileView;
  readonly packages: readonly InstalledPackage[];
  /** Undefined where the image has none that its files name. */
  readonly python: DetectedPython | undefined;
}

/** @throws ImageDocumentError for layers that may not be distributed; what reading a layer throws */
export async function readContents(image: FoundImage, session: ImageSession): Promise<ImageContents> {
  const view = viewOf(
    await listLayers(
      image,
      image.manifest.layers.map((_, index) => index),
      false,
      session,
    ),
  );
  const { config, platform } = image;
  const facts = {
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    environment: variablesOf(config.config?.Env ?? []),
  };
  const python = await detectPython(view, facts).catch((error: unknown) => {
    if (isPycError(error) && !session.signal.aborted) return undefined;
    throw error;
  });
  return { view, packages: await installedPackages(view), python };
}

/** Some layers of an image, by their numbers. @param hashes true to compare files */
export async function listLayers(
  image: FoundImage,
  numbers: readonly number[],
  hashes: boolean,
  session: ImageSession,
): Promise<LayerListing[]> {
  const { layers } = imageOf(image, session.log);
  const wanted = [...PACKAGE_FILES, ...(hashes ? [] : TARGET_FILES)];
  const listings: LayerListing[] = [];
  for (const number of numbers) {
    const layer = layers[number]!;
    if (isForeign(layer.descriptor)) {
      throw new ImageDocumentError(
        `${image.place.shown} has the layer \`${layer.descriptor.digest}\`, which may not be distributed and is not read`,
      );
    }
    listings.push(await listLayer(layer, { wanted, hashes, signal: session.signal }));
  }
  return listings;
}
