/** Turns a package of a uv.lock into the distribution that is installed for a target, or says why there is none. */
import { isAbsolute, resolve } from 'node:path';
import { fileLocation, localPath, type PathBounds } from '../local-path.ts';
import type { Distribution, DistributionFile, Rejection, SourceKind } from '../lock-file.ts';
import { chooseWheel, explainWheels, type WheelSupport } from '../wheel-choice.ts';
import type { UvGitSource } from './source.ts';
import type { UvFile, UvPackage } from './uv-lock.ts';

export type Outcome =
  | { readonly chosen: Distribution }
  | { readonly rejected: Rejection }
  /** A virtual package has dependencies and nothing to install. */
  | 'nothing';

/** Where local files lie and what asked for the package. */
export interface OutcomeContext {
  /** How errors call the lock. */
  readonly lock: string;
  readonly bounds: PathBounds;
  readonly requestedBy: readonly string[];
}

/** @throws LockPathError for what lies outside of the bounds */
export function outcomeOf(item: UvPackage, support: WheelSupport, context: OutcomeContext): Outcome {
  const { source } = item;
  if (source.kind === 'virtual') return 'nothing';
  const base = { name: item.name, version: item.version ?? '', requestedBy: context.requestedBy };
  if (source.kind === 'directory' || source.kind === 'editable') {
    const path = localPath(context.lock, item.name, source.path, context.bounds);
    return { chosen: { ...base, source: 'directory', path } };
  }
  const origin = originOf(item);
  const files = item.wheels;
  // Also what is not chosen must not point out of the bounds.
  for (const file of files) if (file.url?.startsWith('https://') !== true) locate(item, file, context);
  const wheel = source.kind === 'git' ? undefined : chooseWheel(files, support.ranks);
  if (wheel !== undefined) {
    return { chosen: { ...base, source: 'wheel', file: locate(item, wheel, context), ...origin } };
  }
  const rejection = {
    name: item.name,
    ...(item.version === undefined ? {} : { version: item.version }),
    ...(source.kind === 'registry' ? { index: source.url } : {}),
  };
  const refused = source.kind === 'git' ? [] : explainWheels(files, support);
  const build = buildableOf(item, context);
  if (build === undefined) {
    const reason =
      files.length === 0
        ? 'the lock has neither a wheel nor an sdist for it: lock again with `required-environments`'
        : 'no wheel fits the target, and there is no sdist';
    return { rejected: { ...rejection, reason, files: refused } };
  }
  const reason =
    files.length === 0 || source.kind === 'git'
      ? `it has to be built from ${build.what}`
      : `no wheel fits the target; it would have to be built from ${build.what}`;
  const buildable: Distribution = {
    ...base,
    source: build.source,
    ...(build.file === undefined ? {} : { file: build.file }),
    ...origin,
  };
  return { rejected: { ...rejection, reason, files: refused, buildable } };
}

interface Buildable {
  readonly source: SourceKind;
  readonly what: string;
  readonly file?: DistributionFile;
}

/** A file that is named by its package's source alone. */
const UNNAMED: UvFile = { name: '', url: undefined, path: undefined, hash: undefined, size: undefined };

function buildableOf(item: UvPackage, context: OutcomeContext): Buildable | undefined {
  const { source, sdist } = item;
  if (source.kind === 'git') return { source: 'vcs', what: 'a commit of a git repository' };
  if (source.kind === 'url' || source.kind === 'path') {
    // A direct wheel has no other file.
    if (item.wheels.length > 0) return undefined;
    return {
      source: 'archive',
      what: 'an archive with sources',
      file: locate(item, sdist ?? UNNAMED, context),
    };
  }
  return sdist === undefined
    ? undefined
    : { source: 'sdist', what: 'an sdist', file: locate(item, sdist, context) };
}

/** Files of a direct source are named by it; files of a folder are relative to it. */
function locate(item: UvPackage, file: UvFile, context: OutcomeContext): DistributionFile {
  const { lock, bounds } = context;
  const stated = item.source.kind === 'url' ? item.source.url : file.url;
  const onHost = pathOf(item, file, context);
  const place =
    stated === undefined || onHost !== undefined ? undefined : fileLocation(lock, item.name, stated, bounds);
  const path = onHost ?? (place !== undefined && 'path' in place ? place.path : undefined);
  const url = path === undefined ? stated : undefined;
  const location = path ?? url ?? '';
  return {
    name: file.name === '' ? location.slice(location.lastIndexOf('/') + 1) : file.name,
    ...(url === undefined ? {} : { url }),
    ...(path === undefined ? {} : { path }),
    ...(file.size === undefined ? {} : { size: file.size }),
    hashes: file.hash === undefined ? [] : [file.hash],
  };
}

function pathOf(
  { name, source }: UvPackage,
  file: UvFile,
  { lock, bounds }: OutcomeContext,
): string | undefined {
  if (source.kind === 'path') return localPath(lock, name, source.path, bounds);
  if (file.path === undefined) return undefined;
  // A folder of files is an index: it may lie anywhere, and its files only in it.
  if (source.kind === 'registry-path')
    return localPath(lock, name, file.path, { directory: resolve(bounds.directory, source.path) });
  return isAbsolute(file.path) ? localPath(lock, name, file.path, bounds) : undefined;
}

/** The index of what comes from one, and PEP 610's record of what does not. */
function originOf(item: UvPackage): Pick<Distribution, 'index' | 'directUrl'> {
  const { source } = item;
  if (source.kind === 'registry') return { index: source.url };
  if (source.kind === 'git') return { directUrl: gitUrl(source) };
  if (source.kind !== 'url') return {};
  const hash = (item.wheels[0] ?? item.sdist)?.hash;
  return {
    directUrl: {
      url: source.url,
      archive_info: hash === undefined ? {} : { hash: hash.replace(':', '='), hashes: hashTable(hash) },
      ...(source.subdirectory === undefined ? {} : { subdirectory: source.subdirectory }),
    },
  };
}

function gitUrl({ url, requested, commit, subdirectory }: UvGitSource): Readonly<Record<string, unknown>> {
  return {
    url,
    vcs_info: {
      vcs: 'git',
      ...(requested === undefined ? {} : { requested_revision: requested }),
      commit_id: commit,
    },
    ...(subdirectory === undefined ? {} : { subdirectory }),
  };
}

function hashTable(hash: string): Readonly<Record<string, string>> {
  const colon = hash.indexOf(':');
  return { [hash.slice(0, colon)]: hash.slice(colon + 1) };
}
