/**
 * The package's front door: what configurations, plugins and programs import as `pycontainer`. Nothing else
 * of the core can be imported from outside, apart from the other exports of package.json.
 */
export { type ArMember, readAr, writeAr } from './archive/ar.ts';
export { type Compression, type DecompressOptions, decompress } from './archive/decompress.ts';
export { type ReadTarOptions, readTar, type TarEntry, type TarVisitor } from './archive/tar.ts';
export { type BuildOptions, build, check, explain, lock, plan } from './build.ts';
export * from './config/define.ts';
export type { OptionsOf, StandardSchema } from './config/extension-options.ts';
export type { CommandLine } from './config/load.ts';
export {
  type ConfigurationOptions,
  configurationOf,
  type ReportedConfiguration,
  type ReportedImageConfiguration,
} from './configuration.ts';
export type { HttpClient, HttpRequest, HttpResponse } from './http/client.ts';
export { download } from './http/download.ts';
export type { ImageOptions, ImageVerbReport } from './image-session.ts';
export {
  type CopyOptions,
  type CopyReport,
  type CreateIndexOptions,
  type CreateIndexReport,
  copyImage,
  createIndex,
  type DiffOptions,
  type DiffReport,
  diffImages,
  type InspectOptions,
  type InspectReport,
  inspectImage,
  type ListOptions,
  type ListReport,
  listImages,
  type RebaseOptions,
  type RebaseReport,
  rebaseImage,
  type TagOptions,
  type TagReport,
  tagImage,
} from './images.ts';
export { type InitAnswers, type InitOptions, type InitPlan, planInit, writeInit } from './init.ts';
export {
  type LoginOptions,
  type LoginReport,
  type LogoutOptions,
  type LogoutReport,
  login,
  logout,
} from './login.ts';
export type {
  Attachment,
  ConfigDocument,
  Descriptor,
  HistoryEntry,
  Image,
  Layer,
} from './oci/image.ts';
export { formatPlatform, type Platform, parsePlatform } from './oci/platform.ts';
export type {
  BaseRequest,
  BuildContext,
  BuildHooks,
  CredentialsRequest,
  DestinationRequest,
  Failure,
  HookName,
  LockRequest,
  ProjectRequest,
  PublishPlan,
  PythonRequest,
  SbomInput,
  WheelRequest,
} from './pipeline/hooks.ts';
export type { Plugin, PluginApi, PluginFile } from './pipeline/plugin.ts';
export { PluginError } from './pipeline/plugin-error.ts';
export type * from './pipeline/preset.ts';
export type * from './pipeline/report.ts';
export type { Config, Origin, ResolvedConfig } from './pipeline/settings.ts';
export type * from './pipeline/values.ts';
export { readAll, streamOf } from './primitives/bytes.ts';
export { createLimiter, type Limiter, mapConcurrently } from './primitives/concurrency.ts';
export {
  DEBIAN_CURRENT,
  DEBIAN_MIRROR,
  DEBIAN_SECURITY_MIRROR,
  DEBIAN_SNAPSHOT,
} from './primitives/defaults.ts';
export {
  type Digest,
  digestFromHex,
  digestOf,
  digestOfJson,
  hexOf,
  isDigest,
  parseDigest,
  stableJson,
} from './primitives/digest.ts';
export {
  type ErrorCode,
  isPycError,
  messageOf,
  PycError,
  type PycErrorOptions,
} from './primitives/errors.ts';
export * from './primitives/file-tree.ts';
export { type Log, type ProgressEvent, silentLog, type Warning } from './primitives/log.ts';
export { nearest } from './primitives/nearest.ts';
export {
  ancestorsOf,
  baseName,
  comparePaths,
  joinTreePath,
  parseTreePath,
  type TreePath,
  visible,
} from './primitives/path.ts';
export { makeFileTree } from './primitives/tree.ts';
export { VERSION } from './primitives/version.ts';
export {
  type RebuildOptions as VerifyRebuildOptions,
  type RebuildReport,
  type RebuiltImage,
  verifyRebuild,
} from './rebuild.ts';
export type { CredentialSource, Credentials } from './registry/credentials.ts';
export type { LoginPlace } from './registry/logins.ts';
export {
  type DescribedImage,
  type DescribeImageOptions,
  type DescribeProjectOptions,
  describeImage,
  describeProject,
  type SbomFormat,
  type SbomReport,
} from './sbom.ts';
export { type JoinShardsOptions, type JoinShardsReport, joinShards } from './shard-join.ts';
export {
  BundleError,
  type BundleSigner,
  bundleReferrer,
  type KeyContext,
  KeylessError,
  type KeylessOptions,
  keyBundles,
  keyBundlesAt,
  keylessBundles,
  openSigner,
  PredicateError,
  predicateOf,
  rememberedBundles,
  SIGNATURE_PREDICATE,
  type SignatureAlgorithm,
  SignatureError,
  type Signer,
  SignerError,
  SigningKeyError,
  statementOf,
} from './signature/index.ts';
export {
  type AttestOptions,
  attestImage,
  type SignOptions,
  type SignReport,
  signImage,
  type VerifyOptions,
  type VerifyReport,
  verifyImage,
} from './signatures.ts';
export type { BlobDraft, BlobInfo, Expected, Store } from './store/store.ts';
