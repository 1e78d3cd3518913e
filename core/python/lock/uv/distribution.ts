/** Turns a package of a uv.lock into the distribution that is installed for a target, or says why there is none. */
import { isAbsolute, resolve } from 'node:path';
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
  readonly directory: string;
  readonly requestedBy: readonly string[];
}

export function outcomeOf(item: UvPackage, support: WheelSupport, context: OutcomeContext): Outcome {
  const { source } = item;
  if (source.kind === 'virtual') return 'nothing';
  const base = { name: item.name, version: item.version ?? '', requestedBy: context.requestedBy };
  if (source.kind === 'directory' || source.kind === 'editable') {
    return { chosen: { ...base, source: 'directory', path: resolve(context.directory, source.path) } };
  }
  const origin = originOf(item);
  const files = item.wheels.map((file) => locate(item, file, context.directory));
  const wheel = source.kind === 'git' ? undefined : chooseWheel(files, support.ranks);
  if (wheel !== undefined) return { chosen: { ...base, source: 'wheel', file: wheel, ...origin } };
  const rejection = {
    name: item.name,
    ...(item.version === undefined ? {} : { version: item.version }),
    ...(source.kind === 'registry' ? { index: source.url } : {}),
  };
  const refused = source.kind === 'git' ? [] : explainWheels(files, support);
  const build = buildableOf(item, context.directory);
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

function buildableOf(item: UvPackage, directory: string): Buildable | undefined {
  const { source, sdist } = item;
  if (source.kind === 'git') return { source: 'vcs', what: 'a commit of a git repository' };
  if (source.kind === 'url' || source.kind === 'path') {
    // A direct wheel has no other file.
    if (item.wheels.length > 0) return undefined;
    return {
      source: 'archive',
      what: 'an archive with sources',
      file: locate(item, sdist ?? { name: '' }, directory),
    };
  }
  return sdist === undefined
    ? undefined
    : { source: 'sdist', what: 'an sdist', file: locate(item, sdist, directory) };
}

/** Files of a direct source are named by it; files of a folder are relative to it. */
function locate({ source }: UvPackage, file: UvFile, directory: string): DistributionFile {
  const path =
    source.kind === 'path'
      ? resolve(directory, source.path)
      : source.kind === 'registry-path' && file.path !== undefined
        ? resolve(directory, source.path, file.path)
        : file.path === undefined || !isAbsolute(file.path)
          ? undefined
          : file.path;
  const url = source.kind === 'url' ? source.url : file.url;
  const location = path ?? url ?? '';
  return {
    name: file.name === '' ? location.slice(location.lastIndexOf('/') + 1) : file.name,
    ...(url === undefined ? {} : { url }),
    ...(path === undefined ? {} : { path }),
    ...(file.size === undefined ? {} : { size: file.size }),
    hashes: file.hash === undefined ? [] : [file.hash],
  };
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
