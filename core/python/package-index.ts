/**
 * Package indexes (PyPA's "Simple repository API"): a client for projects' pages, and the way from a pinned
 * version to its file.
 */
export { createPackageIndex, type PackageIndex, type PackageIndexOptions } from './package-index/client.ts';
export { type FoundFile, findFile, IndexMissingError, isLocated } from './package-index/find-file.ts';
export {
  type IndexFile,
  IndexPageError,
  IndexVersionError,
  type ProjectPage,
} from './package-index/project-page.ts';
