/**
 * Makes the documents of finished images and of their index, each once for the same inputs: the store remembers it. What becomes
 * of a document is not known here.
 */
import {
  type Digest,
  digestOfJson,
  type FinishedImage,
  type FinishedIndex,
  formatPlatform,
  hexOf,
  type Image,
  isDigest,
  type PartRecord,
  type PluginApi,
  VERSION,
} from 'pycontainer';
import { baseNameOf } from './base-name.ts';
import { BASE_PATTERNS, type BaseContents, readBase } from './base-packages.ts';
import type { EmbeddedComponent } from './embedded-documents.ts';
import type { Inventory, Subject } from './inventory.ts';
import type { Format, SbomSettings } from './options.ts';

/** Changes whenever the same inputs would give other bytes. */
const RULES = 2;

export interface Describer {
  /** The document of one platform's image. */
  ofImage(image: FinishedImage, format: Format): Promise<Uint8Array>;
  /** The document of an index: all that its images hold. */
  ofIndex(index: FinishedIndex, format: Format): Promise<Uint8Array>;
}

export function createDescriber(api: PluginApi, settings: SbomSettings): Describer {
  const inventories = new Map<Digest, Promise<Inventory>>();
  const inventory = (image: FinishedImage): Promise<Inventory> => {
    const key = keyOf(image, api, settings);
    const known = inventories.get(key) ?? takeInventory(image, api, settings);
    inventories.set(key, known);
    return known;
  };
  return {
    async ofImage(image, format) {
      const key = digestOfJson({ format, image: keyOf(image, api, settings) });
      return remembered(key, api, async () =>
        writeDocument(await inventory(image), format, key, api.sourceDateEpoch),
      );
    },
    async ofIndex({ descriptor, images }, format) {
      const keys = images.map((image) => keyOf(image, api, settings));
      const key = digestOfJson({ format, index: descriptor.digest, images: keys });
      return remembered(key, api, async () => {
        const [{ joinInventories }, each] = await Promise.all([
          import('./inventory.ts'),
          Promise.all(
            images.map(async (image) => ({
              platform: formatPlatform(image.platform),
              inventory: await inventory(image),
            })),
          ),
        ]);
        const { name, version } = subjectOf(images[0]!, api);
        const joined = joinInventories({ name, version, digest: descriptor.digest }, each);
        return writeDocument(joined, format, key, api.sourceDateEpoch);
      });
    },
  };
}

/** Writes what an inventory says; `key` stands for everything that it was made of. @param epoch seconds since 1970 */
export async function writeDocument(
  inventory: Inventory,
  format: Format,
  key: Digest,
  epoch: number,
): Promise<Uint8Array> {
  const options = { serialNumber: serialNumberOf(key), timestamp: new Date(epoch * 1000) };
  if (format === 'spdx') return (await import('./spdx.ts')).writeSpdx(inventory, options);
  const { writeCycloneDx } = await import('./cyclonedx.ts');
  return writeCycloneDx(inventory, { ...options, version: format === 'cyclonedx' ? '1.6' : '1.7' });
}

/** Everything that changes a byte of the document. */
function keyOf(image: FinishedImage, api: PluginApi, settings: SbomSettings): Digest {
  const { project, distributions, base, python } = image.resolution;
  return digestOfJson({
    what: 'sbom',
    rules: [RULES, VERSION],
    image: image.manifest.descriptor.digest,
    layers: image.layers.map(({ role, distributions: names }) => [role, names]),
    name: subjectOf(image, api).name,
    project: [project.name, project.version, project.license, project.description],
    needs: project.pyproject?.project?.dependencies.map(String),
    parts: image.tree.parts.map((part) => part.key),
    distributions: distributions.map(({ name, version, requestedBy }) => [name, version, requestedBy]),
    base: [
      baseNameOf(base.source.reference),
      base.image.manifest?.descriptor.digest,
      api.imageKey(base.image),
    ],
    python: [python.target, python.interpreter],
    contents: listsBase(image.resolution.base.image, settings),
    epoch: api.sourceDateEpoch,
  });
}

function subjectOf(
  { resolution: { project }, platform, manifest }: FinishedImage,
  { config }: PluginApi,
): Subject {
  const { architecture } = platform;
  const { digest } = manifest.descriptor;
  return { name: config.name ?? project.name, version: project.version, digest, architecture };
}

/** What lies in a registry is named by its digest: to list what is in it, its layers would have to be transferred. */
function listsBase({ layers }: Image, settings: SbomSettings): boolean {
  return settings.listsBase || !layers.some(({ registry }) => registry !== undefined);
}

async function remembered(
  key: Digest,
  { store, signal }: PluginApi,
  make: () => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const before = await store.readAction(key);
  if (isDigest(before) && (await store.find(before)) !== undefined) {
    const known = await store.read(before).catch(() => undefined);
    if (known !== undefined) return known;
  }
  const bytes = await make();
  const source = (async function* () {
    yield bytes;
  })();
  const { digest } = await store.write(source, { what: 'the SBOM' }, signal);
  await store.writeAction(key, digest);
  return bytes;
}

async function takeInventory(
  image: FinishedImage,
  api: PluginApi,
  settings: SbomSettings,
): Promise<Inventory> {
  const [{ inventoryOf }, { partDrafts }, { baseDrafts }, records, base] = await Promise.all([
    import('./inventory.ts'),
    import('./part-items.ts'),
    import('./base-items.ts'),
    recordsOf(image, api),
    contentsOf(image, api, settings),
  ]);
  const embedded = await embeddedIn(image, records, api);
  const drafts = [...partDrafts({ image, records, embedded }), ...baseDrafts(image, base)];
  return inventoryOf(subjectOf(image, api), drafts);
}

async function recordsOf(image: FinishedImage, api: PluginApi): Promise<ReadonlyMap<string, PartRecord>> {
  const records = await Promise.all(image.tree.parts.map((part) => part.record(api.signal)));
  return new Map(image.tree.parts.map((part, index) => [part.name, records[index]!]));
}

/** What wheels' own documents list, for the few that have some. */
async function embeddedIn(
  image: FinishedImage,
  records: ReadonlyMap<string, PartRecord>,
  { signal }: PluginApi,
): Promise<ReadonlyMap<string, readonly EmbeddedComponent[]>> {
  const { embeddedComponents } = await import('./embedded-documents.ts');
  const found = await Promise.all(
    image.tree.parts.map(
      async (part) => [part.name, await embeddedComponents(part, records.get(part.name)!, signal)] as const,
    ),
  );
  return new Map(found);
}

/** Reading a base's files means reading its layers, so what they said is kept. */
async function contentsOf(
  image: FinishedImage,
  api: PluginApi,
  settings: SbomSettings,
): Promise<BaseContents> {
  const base = image.resolution.base.image;
  if (base.layers.length === 0 || !listsBase(base, settings)) return { components: [] };
  const key = digestOfJson({ what: 'base contents', rules: [RULES, VERSION], base: api.imageKey(base) });
  const before = await api.store.readAction(key);
  const contents = isContents(before) ? before : readBase(await api.baseFiles(base, BASE_PATTERNS));
  if (contents !== before) await api.store.writeAction(key, contents);
  for (const { path, reason } of contents.unread ?? []) {
    api.log.warn({
      /**
       * The base has a database of packages that is not read, so that the SBOM lacks them: one of Berkeley DB, which rpm wrote
       * until 2020, or one that is damaged. Take a newer base, or add an SBOM of the base to what you check.
       */
      code: 'PYC_SBOM_DATABASE_UNREAD',
      message: `the SBOM does not list the base's packages: \`${path}\` cannot be read, ${reason}`,
    });
  }
  return contents;
}

function isContents(value: unknown): value is BaseContents {
  return Array.isArray((value as Partial<BaseContents> | undefined)?.components);
}

/** A UUID of version 8 (RFC 9562, section 5.8) made of the key: the same inputs have the same number. */
function serialNumberOf(key: Digest): string {
  const hex = hexOf(key);
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
