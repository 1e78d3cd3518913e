/**
 * Recomputes everything that an OCI layout states: digests and sizes of all blobs, media types, platforms, diffIDs,
 * history, names. It trusts nothing that the writers of this package did, and shares their code only for parsing.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestFromHex } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import { parseConfigDocument, parseImageDocument } from '../document.ts';
import type { Descriptor, Index, Manifest } from '../image.ts';
import { blobsFolder, readDocument, readIndex, tagOf } from '../layout/folder.ts';
import { openBlob } from '../layout/read-layout.ts';
import { DOCKER_CONFIG, isIndexType, isManifestType, OCI_CONFIG, OCI_EMPTY } from '../media-types.ts';
import { formatPlatform } from '../platform.ts';
import { checkConfig } from './check-config.ts';
import { checkLayer } from './check-layer.ts';
import { createFaults, type Faults, type ImageFault } from './fault.ts';

/**
 * A layout that was validated is not what it says: digests, sizes, diffIDs, platforms or history do not fit
 * together. `details` lists every fault; build or copy the image again.
 */
export class ImageInvalidError extends PycError {
  readonly code = 'PYC_IMAGE_INVALID';
}

/** Image specification, "Pre-Defined Annotation Keys": the grammar of a reference's name. */
const REF_NAME = /^[A-Za-z0-9]+(?:[-._:@+/][A-Za-z0-9]+|--[A-Za-z0-9]+)*$/;

/** Everything that is wrong with a layout; empty where nothing is. Never throws for what lies in it. */
export async function validateLayout(directory: string): Promise<readonly ImageFault[]> {
  const faults = createFaults();
  const index = await faults.attempt('layout', 'index.json', () => readIndex(directory));
  if (index === undefined) {
    if (faults.list.length === 0) faults.add('layout', directory, 'is no OCI layout');
    return faults.list;
  }
  const walk: Walk = { directory, faults, seen: new Set(), present: await blobsOf(directory, faults) };
  checkTags(index, faults);
  for (const [at, entry] of index.manifests.entries()) await visit(entry, `index.json[${at}]`, walk);
  await checkRest(walk);
  return faults.list;
}

/** @throws ImageInvalidError with all faults as its details */
export async function assertValidLayout(directory: string): Promise<void> {
  const faults = await validateLayout(directory);
  if (faults.length === 0) return;
  const first = faults.slice(0, 5).map(({ where, message }) => `${where}: ${message}`);
  throw new ImageInvalidError(
    `the layout \`${directory}\` has ${faults.length} faults: ${first.join('; ')}`,
    {
      details: faults,
    },
  );
}

interface Walk {
  readonly directory: string;
  readonly faults: Faults;
  /** What was checked already. */
  readonly seen: Set<string>;
  /** Digests of the files that are there. */
  readonly present: ReadonlySet<Digest>;
}

async function blobsOf(directory: string, faults: Faults): Promise<ReadonlySet<Digest>> {
  const folder = blobsFolder(directory);
  const found = new Set<Digest>();
  for (const name of (await faults.attempt('layout', folder, () => readdir(folder))) ?? []) {
    if (!/^[0-9a-f]{64}$/.test(name)) faults.add('layout', join(folder, name), 'is no digest');
    else if (!(await lstat(join(folder, name))).isFile()) faults.add('blob', name, 'is no regular file');
    else found.add(digestFromHex(name));
  }
  return found;
}

function checkTags(index: Index, faults: Faults): void {
  const seen = new Set<string>();
  for (const entry of index.manifests) {
    const tag = tagOf(entry);
    if (tag === undefined) continue;
    if (!REF_NAME.test(tag)) faults.add('tag', tag, 'is no name for a reference');
    const key = `${tag} ${entry.platform === undefined ? '' : formatPlatform(entry.platform)}`;
    if (seen.has(key)) faults.add('tag', tag, 'names several entries');
    seen.add(key);
  }
}

async function visit(descriptor: Descriptor, where: string, walk: Walk): Promise<void> {
  const { digest, mediaType } = descriptor;
  const { faults, seen } = walk;
  const at = `${where} ${digest}`;
  const key = `${digest} ${JSON.stringify(descriptor.platform)}`;
  if (seen.has(key)) return;
  seen.add(key).add(digest);
  if (!isIndexType(mediaType) && !isManifestType(mediaType)) {
    faults.add('descriptor', at, `\`${mediaType}\` is no manifest's media type`);
    await checkBlob(descriptor, at, walk);
    return;
  }
  const document = await faults.attempt('document', at, async () =>
    parseImageDocument(await readDocument(walk.directory, descriptor), `\`${digest}\``, mediaType),
  );
  if (document === undefined) return;
  if (document.value.mediaType === undefined) faults.add('document', at, 'states no `mediaType`');
  const { subject } = document.value;
  if (subject !== undefined && !walk.present.has(subject.digest)) {
    faults.add('subject', at, `its subject \`${subject.digest}\` is not there`);
  }
  if (document.kind === 'manifest') await checkManifest(document.value, descriptor, at, walk);
  else {
    for (const [index, entry] of document.value.manifests.entries()) {
      if (entry.platform === undefined) faults.add('platform', `${at}[${index}]`, 'states no platform');
      await visit(entry, `${at}[${index}]`, walk);
    }
  }
}

async function checkManifest(
  manifest: Manifest,
  descriptor: Descriptor,
  at: string,
  walk: Walk,
): Promise<void> {
  const { faults } = walk;
  const { config, layers, artifactType } = manifest;
  if (descriptor.artifactType !== undefined && descriptor.artifactType !== artifactType) {
    faults.add('descriptor', at, 'its `artifactType` is not the manifest’s');
  }
  if (config.mediaType !== OCI_CONFIG && config.mediaType !== DOCKER_CONFIG) {
    if (config.mediaType === OCI_EMPTY && artifactType === undefined) {
      faults.add('document', at, 'has an empty configuration and no `artifactType`');
    }
    for (const blob of [config, ...layers]) await checkBlob(blob, `${at} ${blob.digest}`, walk);
    return;
  }
  const where = `${at} config`;
  walk.seen.add(config.digest);
  const document = await faults.attempt('config', where, async () =>
    parseConfigDocument(await readDocument(walk.directory, config), 'the configuration'),
  );
  if (document !== undefined) checkConfig(document, manifest, descriptor.platform, where, faults);
  for (const [index, layer] of layers.entries()) {
    const diffId = document?.rootfs.diff_ids[index];
    if (diffId === undefined) await checkBlob(layer, `${at} layer ${index}`, walk);
    else if (!walk.seen.has(`${layer.digest} ${diffId}`)) {
      walk.seen.add(`${layer.digest} ${diffId}`).add(layer.digest);
      const open = () => openBlob(walk.directory, layer);
      await checkLayer(layer, diffId, open, `${at} layer ${index}`, faults);
    }
  }
}

async function checkBlob(descriptor: Descriptor, at: string, walk: Walk): Promise<void> {
  if (walk.seen.has(`blob ${descriptor.digest}`)) return;
  walk.seen.add(`blob ${descriptor.digest}`).add(descriptor.digest);
  await walk.faults.attempt('blob', at, async () => {
    for await (const chunk of await openBlob(walk.directory, descriptor)) void chunk;
  });
}

/** Blobs on which nothing hangs must still be what their names say. */
async function checkRest(walk: Walk): Promise<void> {
  for (const digest of walk.present) {
    if (walk.seen.has(digest)) continue;
    const { size } = await lstat(join(blobsFolder(walk.directory), digest.slice('sha256:'.length)));
    await checkBlob({ mediaType: '', digest, size }, digest, walk);
  }
}
