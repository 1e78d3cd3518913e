/** The public part of `pycontainer/oci`: digests, references, the documents of an image, and whether an image holds. */
export {
  type Digest,
  DigestError,
  digestOf,
  isDigest,
  parseDigest,
} from '../primitives/digest.ts';
export type { Document, ReferrerDocuments } from './build-image.ts';
export {
  type ImageDocument,
  ImageDocumentError,
  parseConfigDocument,
  parseImageDocument,
} from './document.ts';
export type {
  Attachment,
  ConfigDocument,
  Descriptor,
  HistoryEntry,
  Image,
  Index,
  Layer,
  Manifest,
  RuntimeConfig,
} from './image.ts';
export {
  DOCKER_CONFIG,
  DOCKER_INDEX,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  isIndexType,
  isManifestType,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_LAYER_TAR,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from './media-types.ts';
export {
  formatPlatform,
  normalizePlatform,
  type Platform,
  PlatformError,
  parsePlatform,
  samePlatform,
} from './platform.ts';
export { choosePlatform, platformsOf } from './platform-choice.ts';
export {
  formatReference,
  ImageReferenceError,
  identifierOf,
  isTag,
  parseReference,
  type Reference,
} from './reference.ts';
export type { FaultKind, ImageFault } from './validate/fault.ts';
export { validateArchive } from './validate/validate-archive.ts';
export { assertValidLayout, ImageInvalidError, validateLayout } from './validate/validate-layout.ts';
