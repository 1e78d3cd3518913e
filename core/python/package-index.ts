/**
 * Package indexes (PyPA's "Simple repository API"): a client for projects' pages, and the way from a pinned
 * version to its file.
 */
export { authorizedClient, type Requests } from './package-index/authorized-client.ts';
export {
  createPackageIndex,
  IndexAccessError,
  type PackageIndex,
  type PackageIndexOptions,
} from './package-index/client.ts';
export {
  createIndexCredentials,
  type IndexCredentialOptions,
  type IndexCredentialSource,
  type IndexCredentials,
  type NamedCredentials,
} from './package-index/credentials.ts';
export {
  type FoundFile,
  findFile,
  IndexMissingError,
  type IndexPlaces,
  isLocated,
} from './package-index/find-file.ts';
export { parseNetrc } from './package-index/netrc.ts';
export { pipEnvironmentStatement, pipStatement } from './package-index/pip-settings.ts';
export {
  type IndexFile,
  IndexPageError,
  IndexVersionError,
  type ProjectPage,
} from './package-index/project-page.ts';
export {
  type IndexSettings,
  type IndexStatement,
  indexIdentity,
  joinStatements,
  type NamedIndex,
  NO_STATEMENT,
  settingsOf,
} from './package-index/settings.ts';
export { uvEnvironmentStatement, uvPinned, uvStatement } from './package-index/uv-settings.ts';
