/**
 * What several images of one configuration would do to each other's outputs. In a layout they lie side by side, each
 * under its name; anywhere else the later one would replace the earlier, which is an error.
 */
import { resolve } from 'node:path';
import type { Config, Origin } from '../pipeline/settings.ts';
import { DEFAULT_OUTPUT, loadOutput, referencesOf } from '../pipeline/stages/publish.ts';
import type { ConfigFault } from './errors.ts';
import type { Values } from './layer.ts';

/** One image of several. */
export interface ImageOutputs {
  readonly values: Values;
  readonly origins: Readonly<Record<string, Origin>>;
  /** Absolute: its project. */
  readonly directory: string;
}

/** The folders of layouts that more than one of the images is written to. */
export function sharedLayouts(images: readonly ImageOutputs[]): ReadonlySet<string> {
  const writers = writersOf(images, (spec) => spec.startsWith('layout:'));
  return new Set(
    [...writers].filter(([, { length }]) => length > 1).map(([spec]) => spec.slice('layout:'.length)),
  );
}

/**
 * What is wrong with the names of images.
 *
 * @param origin - where the images are written
 */
export function faultsOfNames(images: readonly ImageOutputs[], origin: Origin): readonly ConfigFault[] {
  const shared = sharedLayouts(images);
  const indexes = new Map<unknown, number>();
  return images.flatMap((image, index): ConfigFault[] => {
    const { name } = image.values as Config;
    const path = `${index}.name`;
    if (name === undefined) {
      const layout = specsOf(image).find((spec) => shared.has(spec.replace(/^layout:/, '')));
      if (layout === undefined) return [];
      return [
        { path, origin, message: `is missing: several images go to \`${layout}\`, where each has its name` },
      ];
    }
    const before = indexes.get(name);
    if (before !== undefined) {
      return [
        {
          path,
          origin: image.origins.name ?? origin,
          message: `is \`${name}\`, as image ${before} is called`,
        },
      ];
    }
    indexes.set(name, index);
    return [];
  });
}

/** Outputs that one image would write over another's, among those that are built. */
export function faultsOfOutputs(images: readonly ImageOutputs[], origin: Origin): readonly ConfigFault[] {
  const writers = writersOf(images, (spec) => /^(?:archive|docker-archive|registry|wheelhouse):/.test(spec));
  return [...writers]
    .filter(([, { length }]) => length > 1)
    .map(([spec, [first, ...others]]) => {
      const key = (first!.values as Config).outputs?.includes(spec) === true ? 'outputs' : 'tags';
      const names = [first!, ...others].map(({ values }) => `\`${String(values.name ?? 'without a name')}\``);
      return {
        path: key,
        origin: first!.origins[key] ?? origin,
        message: `\`${spec}\` is written by the images ${names.join(' and ')}, and only the last would be there`,
      };
    });
}

function writersOf(
  images: readonly ImageOutputs[],
  isMeant: (spec: string) => boolean,
): ReadonlyMap<string, readonly ImageOutputs[]> {
  const writers = new Map<string, ImageOutputs[]>();
  for (const image of images) {
    for (const spec of new Set(specsOf(image).filter(isMeant))) {
      writers.set(spec, [...(writers.get(spec) ?? []), image]);
    }
  }
  return writers;
}

/** As `publish` will find them; without those that the project's name decides. */
function specsOf({ values, directory }: ImageOutputs): readonly string[] {
  const { name, outputs = [], push = false, load, tags = [], registry } = values as Config;
  const pushed =
    push && (name !== undefined || tags.length > 0)
      ? referencesOf(name ?? '', { tags, ...(registry === undefined ? {} : { registry }) })
      : [];
  const specs = [...outputs, ...pushed.map((reference) => `registry:${reference}`)];
  if (specs.length > 0 || push || loadOutput(load) !== undefined) return specs;
  return [`layout:${resolve(directory, DEFAULT_OUTPUT.slice('layout:'.length))}`];
}
