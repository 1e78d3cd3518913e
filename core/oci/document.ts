/**
 * Reads manifests, indexes and configurations that come from outside (image specification 1.1, Docker's
 * schema 2) and refuses what is neither. Where the bytes came from, and whether they are their digest, is
 * not known here.
 */
import { type Digest, isDigest } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import { MAX_LAYERS } from '../primitives/limits.ts';
import { visible } from '../primitives/path.ts';
import type { ConfigDocument, Descriptor, Index, Manifest } from './image.ts';
import {
  DOCKER_MANIFEST_SCHEMA1,
  isIndexType,
  isManifestType,
  OCI_INDEX,
  OCI_MANIFEST,
} from './media-types.ts';

/** A manifest or an index, told apart. `mediaType` is what the document says, or else what it came as. */
export type ImageDocument =
  | { readonly kind: 'manifest'; readonly mediaType: string; readonly value: Manifest }
  | { readonly kind: 'index'; readonly mediaType: string; readonly value: Index };

/**
 * An index, a manifest or a configuration of an image that the OCI specification does not allow, or that
 * contradicts what refers to it. The message has the dotted path of what is wrong; use another base, or have it
 * made again.
 */
export class ImageDocumentError extends PycError {
  readonly code = 'PYC_IMAGE_DOCUMENT_INVALID';
  static override readonly usualHint = 'use another image, or ask its makers to mend this one';
}

/** The base is an image of Docker's schema 1, which registries stopped taking years ago. */
export class Schema1Error extends PycError {
  readonly code = 'PYC_IMAGE_SCHEMA1';
}

const MAX_INDEX_ENTRIES = 10_000;

/**
 * Reads a manifest or an index.
 *
 * @param what names it in errors
 * @param mediaType what it was served or listed as; must agree with the document's own
 * @throws ImageDocumentError, Schema1Error
 */
export function parseImageDocument(bytes: Uint8Array, what: string, mediaType?: string): ImageDocument {
  const document = parseObject(bytes, what);
  const refuse = refusal(what);
  const own = document.mediaType;
  if (document.schemaVersion === 1) throw schema1(what);
  refuseSchema1(mediaType, what);
  if (document.schemaVersion !== 2) throw refuse('schemaVersion', 'is not 2');
  if (own !== undefined && typeof own !== 'string') throw refuse('mediaType', 'is no text');
  if (own !== undefined && mediaType !== undefined && own !== mediaType) {
    throw refuse(
      'mediaType',
      `is \`${visible(own.slice(0, 100))}\`, but it came as \`${visible(mediaType.slice(0, 100))}\``,
    );
  }
  const isIndex = 'manifests' in document;
  if (isIndex && ('layers' in document || 'config' in document))
    throw refuse('manifests', 'stands beside `layers` or `config`');
  const type = own ?? mediaType ?? (isIndex ? OCI_INDEX : OCI_MANIFEST);
  if (!(isIndex ? isIndexType(type) : isManifestType(type))) {
    throw refuse(
      'mediaType',
      `is \`${visible(type.slice(0, 100))}\`, which is no ${isIndex ? 'index' : 'image manifest'}`,
    );
  }
  if ('artifactType' in document && typeof document.artifactType !== 'string')
    throw refuse('artifactType', 'is no text');
  if ('subject' in document) checkDescriptor(document.subject, 'subject', refuse);
  checkTexts(document.annotations, 'annotations', refuse);
  if (isIndex) {
    checkList(document.manifests, 'manifests', MAX_INDEX_ENTRIES, refuse);
    return { kind: 'index', mediaType: type, value: document as unknown as Index };
  }
  checkDescriptor(document.config, 'config', refuse);
  checkList(document.layers, 'layers', MAX_LAYERS, refuse);
  return { kind: 'manifest', mediaType: type, value: document as unknown as Manifest };
}

/**
 * Refuses what is served as schema 1, whose digest is not that of all its bytes, so that nothing else can be checked.
 * Registries that have nothing newer serve it whatever was asked for.
 *
 * @throws Schema1Error
 */
export function refuseSchema1(mediaType: string | undefined, what: string): void {
  if (mediaType?.startsWith(DOCKER_MANIFEST_SCHEMA1.replace('+prettyjws', '')) === true) throw schema1(what);
}

function schema1(what: string): Schema1Error {
  return new Schema1Error(`${visible(what)} is a Docker schema 1 image`, {
    hint: 'pull it with an old Docker and push it again, or use a newer image',
  });
}

/**
 * Reads an image's configuration. Docker writes `null` for what is empty; such members are left out.
 *
 * @throws ImageDocumentError
 */
export function parseConfigDocument(bytes: Uint8Array, what: string): ConfigDocument {
  const document = withoutNulls(parseObject(bytes, what));
  const refuse = refusal(what);
  for (const name of ['os', 'architecture']) {
    if (typeof document[name] !== 'string' || document[name] === '') throw refuse(name, 'is missing');
  }
  for (const name of ['variant', 'os.version', 'created', 'author']) {
    if (name in document && typeof document[name] !== 'string') throw refuse(name, 'is no text');
  }
  const { rootfs, config, history } = document;
  if (!isObject(rootfs) || !Array.isArray(rootfs.diff_ids)) throw refuse('rootfs.diff_ids', 'is missing');
  if (rootfs.diff_ids.length > MAX_LAYERS)
    throw refuse('rootfs.diff_ids', `has more than ${MAX_LAYERS} entries`);
  for (const [index, diffId] of rootfs.diff_ids.entries()) {
    if (!isDigest(diffId)) throw refuse(`rootfs.diff_ids.${index}`, 'is not a SHA-256 digest');
  }
  if (history !== undefined && !(Array.isArray(history) && history.every(isObject)))
    throw refuse('history', 'is no list of objects');
  if (config === undefined) return document as unknown as ConfigDocument;
  if (!isObject(config)) throw refuse('config', 'is no object');
  return { ...document, config: checkRuntime(withoutNulls(config), refuse) } as unknown as ConfigDocument;
}

type Refuse = (path: string, why: string) => ImageDocumentError;

function refusal(what: string): Refuse {
  return (path, why) => new ImageDocumentError(`${visible(what)} is not valid: \`${path}\` ${why}`);
}

function parseObject(bytes: Uint8Array, what: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isObject(document)) return document;
  } catch (cause) {
    throw new ImageDocumentError(`${visible(what)} is not JSON`, { cause });
  }
  throw new ImageDocumentError(`${visible(what)} is no JSON object`);
}

function checkRuntime(config: Record<string, unknown>, refuse: Refuse): Record<string, unknown> {
  for (const name of ['User', 'WorkingDir', 'StopSignal']) {
    if (name in config && typeof config[name] !== 'string') throw refuse(`config.${name}`, 'is no text');
  }
  for (const name of ['Env', 'Entrypoint', 'Cmd']) {
    const list = config[name];
    if (list !== undefined && !(Array.isArray(list) && list.every((item) => typeof item === 'string'))) {
      throw refuse(`config.${name}`, 'is no list of texts');
    }
  }
  checkTexts(config.Labels, 'config.Labels', refuse);
  for (const name of ['Volumes', 'ExposedPorts']) {
    if (config[name] !== undefined && !isObject(config[name])) throw refuse(`config.${name}`, 'is no object');
  }
  return config;
}

function checkList(list: unknown, path: string, most: number, refuse: Refuse): void {
  if (!Array.isArray(list)) throw refuse(path, 'is no list');
  if (list.length > most) throw refuse(path, `has more than ${most} entries`);
  for (const [index, descriptor] of list.entries()) checkDescriptor(descriptor, `${path}.${index}`, refuse);
}

/** Image specification, "OCI Content Descriptors", properties. */
function checkDescriptor(value: unknown, path: string, refuse: Refuse): asserts value is Descriptor {
  if (!isObject(value)) throw refuse(path, 'is no descriptor');
  const { mediaType, digest, size, urls, artifactType, platform } = value;
  if (typeof mediaType !== 'string' || mediaType === '') throw refuse(`${path}.mediaType`, 'is missing');
  if (!isDigest(digest as Digest)) throw refuse(`${path}.digest`, 'is not a SHA-256 digest');
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw refuse(`${path}.size`, 'is no size');
  if (urls !== undefined && !(Array.isArray(urls) && urls.every((url) => typeof url === 'string'))) {
    throw refuse(`${path}.urls`, 'is no list of texts');
  }
  if (artifactType !== undefined && typeof artifactType !== 'string')
    throw refuse(`${path}.artifactType`, 'is no text');
  checkTexts(value.annotations, `${path}.annotations`, refuse);
  if (platform === undefined) return;
  if (!isObject(platform)) throw refuse(`${path}.platform`, 'is no object');
  for (const name of ['os', 'architecture', 'variant', 'os.version']) {
    const text = platform[name];
    const required = name === 'os' || name === 'architecture';
    if (text === undefined ? required : typeof text !== 'string')
      throw refuse(`${path}.platform.${name}`, 'is no text');
  }
}

function checkTexts(value: unknown, path: string, refuse: Refuse): void {
  if (value === undefined || value === null) return;
  if (!isObject(value)) throw refuse(path, 'is no object');
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw refuse(`${path}.${visible(key.slice(0, 100))}`, 'is no text');
  }
}

function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
