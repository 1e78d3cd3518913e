/** What `pycontainer/registry` offers: pull, push, mount, referrers and credentials. */
export { type BlobPlaces, createBlobPlaces } from './blob-places.ts';
export { ensureBlobShown } from './blob-progress.ts';
export type { BlobSource } from './blob-source.ts';
export { type BlobOutcome, ensureBlob } from './blob-upload.ts';
export {
  type Actions,
  createRegistryClient,
  type FetchedManifest,
  type ManifestFacts,
  type RegistryClient,
  type RegistryClientOptions,
  type Repository,
} from './client.ts';
export { type CredentialCache, createCredentialCache } from './credential-cache.ts';
export { CredentialFileError, credentialFiles } from './credential-file.ts';
export { askHelper, CredentialHelperError } from './credential-helper.ts';
export {
  type CredentialSource,
  type Credentials,
  CredentialVariableError,
  credentialChain,
  environmentCredentials,
  statedCredentials,
} from './credentials.ts';
export {
  RegistryAccessError,
  RegistryAnswerError,
  RegistryContentError,
  type RegistryFault,
  RegistryNotFoundError,
  RegistryPlatformError,
  RegistryStatusError,
} from './errors.ts';
export { createKeychain, type KeychainOptions } from './keychain.ts';
export { eraseLogin, type LoginPlace, storeLogin } from './logins.ts';
export { type ManifestSource, putManifest } from './manifest-upload.ts';
export { type Place, type PlaceFinder, placeOf, type RepositoryName } from './place.ts';
export {
  type PushedImage,
  type PushedReferrer,
  type PushOptions,
  type PushRequest,
  type PushResult,
  push,
} from './push.ts';
export {
  addToFallback,
  listReferrers,
  listsReferrers,
  type ReferrerFilter,
  referrersTag,
} from './referrers.ts';
export { announceReferrers, type PutReferrer } from './referrers-upload.ts';
export { openRegistryImage, type RegistryImage } from './registry-image.ts';
export { type RegistryImageOptions, resolveTag } from './resolution.ts';
export { RegistriesConfError, RegistryBlockedError } from './settings/errors.ts';
export { loadPlaces } from './settings/load.ts';
export { listTags } from './tags.ts';
export {
  askTokenService,
  CloudIdentityError,
  type TokenAnswer,
  type TokenService,
  TokenServiceError,
} from './token-service.ts';
export type { Uploads } from './uploads.ts';
