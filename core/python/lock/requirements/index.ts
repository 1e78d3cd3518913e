/**
 * The reader of requirements files (pip's format) as locks: everything in them must be pinned. Files of pinned
 * versions are looked up in the index later; here is only what the text says.
 */
import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { MarkerEnvironment } from '../../marker.ts';
import type { PythonTarget } from '../../target.ts';
import { localPath, type PathBounds } from '../local-path.ts';
import {
  LockAmbiguousError,
  LockConflictError,
  LockNotPinnedError,
  LockSelectionError,
} from '../lock-error.ts';
import type {
  Distribution,
  DistributionFile,
  LockChoice,
  LockFile,
  LockReaderOptions,
  Rejection,
  Selection,
} from '../lock-file.ts';
import { lockedPins } from '../locked-pins.ts';
import { chooseWheel, explainWheels, type WheelSupport, wheelSupport } from '../wheel-choice.ts';
import { parseRequirements, type RequirementsFile } from './parse.ts';
import { type Pin, type Pins, readPins } from './pins.ts';
import { fragmentOf, type PathKind } from './requirement-line.ts';

export {
  parseRequirements,
  type RequirementsContext,
  type RequirementsFile,
} from './parse.ts';
export { RequirementFault, readRequirement } from './requirement-line.ts';

/** What reading a requirements file needs beyond a lock's own options. */
export interface RequirementsReaderOptions extends LockReaderOptions {
  /** For `./folder` and `./file.whl`; absent: the host's file system. */
  readonly pathKind?: PathKind;
}

/** A requirements file, with its lines for those who want more than a choice. */
export interface RequirementsLockFile extends LockFile {
  readonly format: 'requirements';
  readonly requirements: RequirementsFile;
}

/**
 * @param path relative to the project, as errors and the report print it
 * @throws LockMalformedError, or LockNotPinnedError with everything that is left open
 */
export async function readRequirementsLock(
  path: string,
  content: Uint8Array | string,
  options: RequirementsReaderOptions,
): Promise<RequirementsLockFile> {
  const {
    directory,
    environment = {},
    readFile = async () => undefined,
    pathKind = pathKindOnHost,
  } = options;
  const requirements = await parseRequirements(path, content, { directory, environment, readFile });
  const pins = readPins(requirements, { directory, pathKind });
  if (pins.open.length > 0) throw new LockNotPinnedError(path, pins.open);
  warnOfIgnored(path, requirements, options);
  const { indexUrl, extraIndexUrls, findLinks, noIndex } = requirements;
  return {
    path,
    format: 'requirements',
    requirements,
    indexes: {
      ...(indexUrl === undefined ? {} : { index: indexUrl }),
      extra: extraIndexUrls,
      links: findLinks.map((link) => (/^[a-z][a-z0-9+.-]+:/i.test(link) ? link : resolve(directory, link))),
      none: noIndex,
    },
    select: (target, want) => select(path, pins, target, want, options),
    pins: () => lockedPins(pins.pins.filter((pin) => pin.kind === 'version')),
  };
}

function select(
  path: string,
  { pins, limits }: Pins,
  target: PythonTarget,
  want: Selection,
  bounds: PathBounds,
): LockChoice {
  refuseSelection(path, want);
  const support = wheelSupport(target);
  const environment: MarkerEnvironment = { ...support.environment, extra: '' };
  const byName = new Map<string, Pin>();
  for (const pin of pins) {
    if (pin.marker?.evaluate(environment) === false) continue;
    const namesake = byName.get(pin.name);
    byName.set(pin.name, namesake === undefined ? pin : merge(path, namesake, pin));
  }
  for (const { name, specifier, marker, place } of limits) {
    const pin = byName.get(name);
    if (pin?.kind !== 'version' || marker?.evaluate(environment) === false) continue;
    if (!specifier.contains(pin.version)) {
      throw new LockConflictError(path, [
        `${name}==${pin.version} (${pin.place})`,
        `${name}${specifier} (${place})`,
      ]);
    }
  }
  const chosen: Distribution[] = [];
  const rejected: Rejection[] = [];
  for (const name of [...byName.keys()].sort()) {
    const pin = byName.get(name)!;
    if ('path' in pin && pin.path !== undefined) localPath(path, name, pin.path, bounds);
    const outcome = outcomeOf(pin, support, bounds.directory);
    if (outcome === undefined) continue;
    if ('reason' in outcome) rejected.push(outcome);
    else chosen.push(outcome);
  }
  return { chosen, rejected };
}

/** @throws LockSelectionError where something is asked for that this format does not have */
function refuseSelection(path: string, want: Selection): void {
  const unknown = [
    ...want.extras.map((name) => ({ kind: 'extra' as const, name, known: [] })),
    ...want.groups.map((name) => ({ kind: 'group' as const, name, known: [] })),
    ...(want.package === undefined ? [] : [{ kind: 'package' as const, name: want.package, known: [] }]),
  ];
  if (unknown.length > 0) throw new LockSelectionError(path, unknown);
}

/** The same thing twice is one with the hashes of both. */
function merge(path: string, a: Pin, b: Pin): Pin {
  const isSame =
    (a.kind === 'version' && b.kind === 'version' && a.version === b.version) ||
    (a.kind !== 'version' && b.kind !== 'version' && a.link === b.link);
  if (!isSame) throw new LockAmbiguousError(path, a.name, [a.place, b.place]);
  return { ...a, hashes: [...new Set([...a.hashes, ...b.hashes])] };
}

/** Undefined for the project itself. */
function outcomeOf(pin: Pin, support: WheelSupport, directory: string): Distribution | Rejection | undefined {
  const base = { name: pin.name, requestedBy: [] };
  switch (pin.kind) {
    case 'version':
      return { ...base, version: pin.version, source: 'wheel', hashes: pin.hashes };
    case 'directory': {
      const { path } = pin;
      return relative(directory, path) === ''
        ? undefined
        : { ...base, version: '', source: 'directory', path };
    }
    case 'vcs':
      return needsBuild(
        pin,
        '',
        { ...base, version: '', source: 'vcs', directUrl: vcsUrl(pin) },
        'a commit of a repository',
      );
    case 'file':
      return fileOutcome(pin, support);
  }
}

function fileOutcome(pin: Pin & { readonly kind: 'file' }, support: WheelSupport): Distribution | Rejection {
  const base = { name: pin.name, version: pin.version, requestedBy: [] };
  const url = pin.link.replace(/#.*$/s, '');
  const file: DistributionFile = {
    name: pin.fileName,
    hashes: pin.hashes,
    ...(pin.path === undefined ? { url } : { path: pin.path }),
  };
  const directUrl = pin.path !== undefined ? {} : { directUrl: archiveUrl(url, pin) };
  if (!pin.fileName.endsWith('.whl')) {
    return needsBuild(
      pin,
      pin.version,
      { ...base, source: 'archive', file, ...directUrl },
      'an archive with sources',
    );
  }
  if (chooseWheel([file], support.ranks) !== undefined)
    return { ...base, source: 'wheel', file, ...directUrl };
  return {
    name: pin.name,
    version: pin.version,
    reason: 'its wheel does not fit the target, and there is no other file',
    files: explainWheels([file], support),
  };
}

function needsBuild(pin: Pin, version: string, buildable: Distribution, what: string): Rejection {
  return {
    name: pin.name,
    ...(version === '' ? {} : { version }),
    reason: `it has to be built from ${what}`,
    files: [],
    buildable,
  };
}

function vcsUrl({ link, commit }: Pin & { readonly kind: 'vcs' }): Readonly<Record<string, unknown>> {
  const [, vcs = 'git', url = ''] = /^([a-z]+)\+(.*?)@[^@/]*$/is.exec(link.replace(/#.*$/s, '')) ?? [];
  const subdirectory = fragmentOf(link, 'subdirectory');
  return {
    url,
    vcs_info: { vcs: vcs.toLowerCase(), requested_revision: commit, commit_id: commit },
    ...(subdirectory === undefined ? {} : { subdirectory }),
  };
}

function archiveUrl(url: string, pin: Pin & { readonly kind: 'file' }): Readonly<Record<string, unknown>> {
  const pairs = pin.hashes.map((hash) => [
    hash.slice(0, hash.indexOf(':')),
    hash.slice(hash.indexOf(':') + 1),
  ]);
  const subdirectory = fragmentOf(pin.link, 'subdirectory');
  return {
    url,
    archive_info: { hashes: Object.fromEntries(pairs) as Readonly<Record<string, string>> },
    ...(subdirectory === undefined ? {} : { subdirectory }),
  };
}

function warnOfIgnored(path: string, file: RequirementsFile, { warn }: RequirementsReaderOptions): void {
  if (file.noBinary.length === 0) return;
  warn?.({
    /** A requirements file states an option of pip's that a build from a lock does not follow: `--no-binary`. */
    code: 'PYC_LOCK_OPTION_IGNORED',
    message: `\`${path}\` states \`--no-binary\`, which is not followed`,
    hint: 'put wheels of your own into a folder, and name it by `wheelhouse` in the configuration',
  });
}

function pathKindOnHost(path: string): 'file' | 'directory' | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() ? 'directory' : stats?.isFile() ? 'file' : undefined;
}
