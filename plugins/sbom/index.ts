/**
 * Attaches a CycloneDX SBOM to each image: what is in the tree and in the base, never what is on the host.
 * Made once for the same inputs; the store remembers it.
 */
import {
  type Attachment,
  type Digest,
  definePlugin,
  digestOfJson,
  type FinishedImage,
  hexOf,
  type Image,
  isDigest,
  type PartRecord,
  type PluginApi,
  VERSION,
} from 'pycontainer';
import { baseNameOf } from './base-name.ts';
import { BASE_PATTERNS, type BaseContents, readBase } from './base-packages.ts';

/** The media type that IANA lists for CycloneDX JSON. */
export const SBOM_MEDIA_TYPE = 'application/vnd.cyclonedx+json';

/** Changes whenever the same inputs would give other bytes. */
const RULES = 1;

/** On by default; `sbom: false` in the configuration leaves it out. */
const sbom = definePlugin({
  name: 'sbom',
  apply(hooks, api) {
    if (api.config.sbom === false) return;
    api.announceBaseFiles(BASE_PATTERNS);
    hooks.sbom.tapPromise('sbom', async (input) => ({
      ...input,
      attachments: [...input.attachments, await attachmentFor(input.image, api)],
    }));
  },
});

export default sbom;

async function attachmentFor(image: FinishedImage, api: PluginApi): Promise<Attachment> {
  const key = keyOf(image, api);
  const bytes = (await remembered(key, api)) ?? (await make(image, key, api));
  const { os, architecture, variant } = image.platform;
  return {
    artifactType: SBOM_MEDIA_TYPE,
    mediaType: SBOM_MEDIA_TYPE,
    bytes,
    annotations: { 'org.opencontainers.image.title': 'sbom.cdx.json' },
    subject: [os, architecture, variant].filter((word) => word !== undefined).join('/'),
  };
}

/** Everything that changes a byte of the document. */
function keyOf(image: FinishedImage, api: PluginApi): Digest {
  const { project, distributions, base, python } = image.resolution;
  return digestOfJson({
    what: 'sbom',
    rules: [RULES, VERSION],
    image: image.manifest.descriptor.digest,
    layers: image.layers.map(({ role, distributions: names }) => [role, names]),
    name: nameOf(image, api),
    project: [project.name, project.version, project.license, project.description],
    parts: image.tree.parts.map((part) => part.key),
    distributions: distributions.map(({ name, version, requestedBy }) => [name, version, requestedBy]),
    base: [
      baseNameOf(base.source.reference),
      base.image.manifest?.descriptor.digest,
      api.imageKey(base.image),
    ],
    python: [python.target.version, python.interpreter],
    contents: listsBase(image.resolution.base.image, api),
    epoch: api.sourceDateEpoch,
  });
}

/** What lies in a registry is named by its digest: to list what is in it, its layers would have to be transferred. */
function listsBase({ layers }: Image, { config }: PluginApi): boolean {
  return config.sbom === 'with-base' || !layers.some(({ registry }) => registry !== undefined);
}

function nameOf({ resolution }: FinishedImage, api: PluginApi): string {
  return api.config.name ?? resolution.project.name;
}

async function remembered(key: Digest, api: PluginApi): Promise<Uint8Array | undefined> {
  const digest = await api.store.readAction(key);
  if (!isDigest(digest) || (await api.store.find(digest)) === undefined) return undefined;
  return api.store.read(digest).catch(() => undefined);
}

async function make(image: FinishedImage, key: Digest, api: PluginApi): Promise<Uint8Array> {
  const [{ takeInventory }, { writeDocument }, records, base] = await Promise.all([
    import('./inventory.ts'),
    import('./document.ts'),
    recordsOf(image, api),
    contentsOf(image, api),
  ]);
  const inventory = takeInventory({ image, name: nameOf(image, api), records, base });
  const bytes = writeDocument(inventory, {
    serialNumber: serialNumberOf(key),
    timestamp: new Date(api.sourceDateEpoch * 1000),
  });
  const source = (async function* () {
    yield bytes;
  })();
  const { digest } = await api.store.write(source, { what: 'the SBOM' }, api.signal);
  await api.store.writeAction(key, digest);
  return bytes;
}

async function recordsOf(image: FinishedImage, api: PluginApi): Promise<ReadonlyMap<string, PartRecord>> {
  const records = await Promise.all(image.tree.parts.map((part) => part.record(api.signal)));
  return new Map(image.tree.parts.map((part, index) => [part.name, records[index]!]));
}

/** Reading a base's files means reading its layers, so what they said is kept. */
async function contentsOf(image: FinishedImage, api: PluginApi): Promise<BaseContents> {
  const base = image.resolution.base.image;
  if (base.layers.length === 0 || !listsBase(base, api)) return { components: [] };
  const key = digestOfJson({ what: 'base contents', rules: [RULES, VERSION], base: api.imageKey(base) });
  const known = await api.store.readAction(key);
  if (isContents(known)) return known;
  const contents = readBase(await api.baseFiles(base, BASE_PATTERNS));
  await api.store.writeAction(key, contents);
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
