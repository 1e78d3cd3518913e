/** The images of a docker-save tar, whose members may have changed hands: nothing in it is taken for granted. */
import { digestOf, isDigest } from '../../primitives/digest.ts';
import { visible } from '../../primitives/path.ts';
import type { Store } from '../../store/store.ts';
import { parseConfigDocument } from '../document.ts';
import type { ConfigDocument, Layer } from '../image.ts';
import { layerInStore } from '../layer/write-layers.ts';
import { BlobContentError } from '../verified.ts';
import { type ArchiveListing, ArchiveReadError } from './import-archive.ts';

/** An entry of manifest.json. */
export interface SavedImage {
  readonly config: ConfigDocument;
  readonly configName: string;
  /** The configuration as it lies there. */
  readonly configText: string;
  readonly layerNames: readonly string[];
  /** Whole references. */
  readonly names: readonly string[];
}

/** The layers in order. @throws BlobContentError where one is not what the configuration says */
export function layersOf(
  { config, layerNames }: SavedImage,
  { layers }: ArchiveListing,
  shown: string,
  store: Store,
): Layer[] {
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== layerNames.length) {
    throw new ArchiveReadError(
      `${shown} has ${layerNames.length} layers, but its configuration lists ${diffIds.length}`,
    );
  }
  return layerNames.map((name, index) => {
    const layer = Object.hasOwn(layers, name) ? layers[name] : undefined;
    if (layer === undefined) throw new ArchiveReadError(`${shown} has no layer \`${visible(name)}\``);
    if (layer.diffId !== diffIds[index]) {
      throw new BlobContentError(
        `the layer \`${visible(name)}\` of ${shown} is \`${layer.diffId}\`, but the configuration says \`${diffIds[index]}\``,
      );
    }
    return layerInStore(store, layer.descriptor, layer.diffId);
  });
}

/** The entries of manifest.json. @throws ArchiveReadError, ImageDocumentError, BlobContentError */
export function savedImages({ documents }: ArchiveListing, shown: string): SavedImage[] {
  const broken = new ArchiveReadError(`the \`manifest.json\` of ${shown} is not one`);
  let list: unknown;
  try {
    list = JSON.parse(documents['manifest.json']!);
  } catch {
    throw broken;
  }
  if (!Array.isArray(list) || list.length === 0) throw broken;
  return list.map((each: unknown) => {
    const { Config: configName, Layers: layerNames, RepoTags } = (each ?? {}) as Record<string, unknown>;
    const names = RepoTags ?? [];
    if (typeof configName !== 'string' || !isTexts(layerNames) || !isTexts(names)) throw broken;
    const text = Object.hasOwn(documents, configName) ? documents[configName] : undefined;
    if (text === undefined)
      throw new ArchiveReadError(`${shown} has no configuration \`${visible(configName)}\``);
    checkName(configName, text, shown);
    const config = parseConfigDocument(Buffer.from(text), `the configuration of ${shown}`);
    return { config, configName, configText: text, layerNames, names };
  });
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** The configuration's name is its digest, as every tool writes it. */
function checkName(name: string, text: string, shown: string): void {
  const stated = `sha256:${name.replace(/\.json$/, '')}`;
  if (!isDigest(stated) || stated === digestOf(text)) return;
  throw new BlobContentError(
    `the configuration \`${visible(name)}\` of ${shown} has other content than its name says`,
  );
}
