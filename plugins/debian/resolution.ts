/**
 * The package files of a base: pinned in `pycontainer.lock`, or remembered for the very same indexes, or
 * resolved anew. Nothing of a package is fetched here.
 */

import type { BaseContext, Digest } from 'pycontainer';
import { digestOfJson, isDigest, PycError, parseTreePath } from 'pycontainer';
import { findIndexes, readIndexes } from './archive-indexes.ts';
import { archivesOf, urlBelow } from './mirrors.ts';
import type { DebianSettings } from './options.ts';
import { BASE_PACKAGES, PYTHON_PACKAGES } from './options.ts';
import { isDebianVersion } from './version.ts';

/** Why a package is there; also the order of layers. */
export type Tier = 'base' | 'python' | 'packages';

export const TIERS: readonly Tier[] = ['base', 'python', 'packages'];

/** A chosen package file: what `pycontainer.lock` pins. */
export interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly tier: Tier;
  readonly url: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: Digest;
}

/**
 * `pycontainer.lock` holds something else than a list of package files where the packages of a Debian base should
 * be.
 */
export class PinMalformedError extends PycError {
  readonly code = 'PYC_DEBIAN_PIN_MALFORMED';
}

/** Raised whenever the resolver would choose differently. */
const RESOLVER_RULES = 1;

/** The files, in order of name. */
export async function resolveFiles(
  settings: DebianSettings,
  architecture: string,
  now: Date,
  context: BaseContext,
  signal: AbortSignal,
): Promise<readonly PackageFile[]> {
  const wanted = wantedOf(settings);
  const request = {
    ...wanted,
    suite: settings.suite,
    exclude: settings.exclude,
    components: settings.components,
  };
  const pin = `packages-${digestOfJson(request).slice('sha256:'.length, 'sha256:'.length + 12)}`;
  const pinned = context.pins.get(pin);
  if (pinned !== undefined) return readPin(pinned, pin, settings.suite);
  const files = await resolveAnew(settings, wanted, architecture, now, context, signal);
  context.pins.set(pin, files);
  return files;
}

interface TieredNames {
  readonly base: readonly string[];
  readonly python: readonly string[];
  readonly packages: readonly string[];
}

function wantedOf(settings: DebianSettings): TieredNames {
  return { base: BASE_PACKAGES, python: settings.python ? PYTHON_PACKAGES : [], packages: settings.packages };
}

async function resolveAnew(
  settings: DebianSettings,
  wanted: TieredNames,
  architecture: string,
  now: Date,
  context: BaseContext,
  signal: AbortSignal,
): Promise<readonly PackageFile[]> {
  const { checkValidUntil, keyring, exclude } = settings;
  const request = { architecture, checkValidUntil, keyring, now };
  const indexes = await findIndexes(archivesOf(settings), request, context, signal);
  const sources = indexes.map(({ mirror, file }) => [mirror, file.sha256]);
  const key = digestOfJson({
    kind: 'debian resolution',
    rules: RESOLVER_RULES,
    sources,
    wanted,
    exclude,
    architecture,
  });
  const before = filesOf(await context.store.readAction(key));
  if (before !== undefined) return before;

  const [{ indexPackages }, { resolvePackages }] = await Promise.all([
    import('./package-index.ts'),
    import('./resolver.ts'),
  ]);
  const lists = await readIndexes(indexes, context, signal);
  const packages = [...wanted.base, ...wanted.python, ...wanted.packages];
  const chosen = resolvePackages(indexPackages(lists, architecture), { packages, exclude, architecture });
  const tiers = tiersOf(wanted, chosen);
  const files = chosen.map(({ record }): PackageFile => {
    const { name, version, mirror, filename, size, sha256 } = record;
    const url = urlBelow(mirror, filename);
    return {
      name,
      version,
      architecture: record.architecture,
      tier: tiers.get(name) ?? 'packages',
      url,
      size,
      sha256,
    };
  });
  await context.store.writeAction(key, files);
  return files;
}

/** Each package belongs to the first tier whose packages need it, so that a further package changes no earlier layer. */
function tiersOf(
  wanted: TieredNames,
  chosen: readonly { readonly record: { readonly name: string }; readonly requestedBy: readonly string[] }[],
): ReadonlyMap<string, Tier> {
  const needs = new Map<string, string[]>();
  for (const { record, requestedBy } of chosen) {
    for (const by of requestedBy) needs.set(by, [...(needs.get(by) ?? []), record.name]);
  }
  const tiers = new Map<string, Tier>();
  const known = new Set(chosen.map(({ record }) => record.name));
  for (const tier of TIERS) {
    const queue = wanted[tier].map((name) => name.replace(/=.*/, ''));
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      if (!known.has(name) || tiers.has(name)) continue;
      tiers.set(name, tier);
      queue.push(...(needs.get(name) ?? []));
    }
  }
  return tiers;
}

function readPin(value: unknown, pin: string, suite: string): readonly PackageFile[] {
  const files = filesOf(value);
  if (files !== undefined) return files;
  throw new PinMalformedError(
    `\`pycontainer.lock\` holds what is no list of package files at \`${pin}\` of \`apt:${suite}\``,
    {
      hint: 'run `pyc lock --update-base` to write it anew',
    },
  );
}

/** Undefined for whatever is no list of package files: the lock and the store can be written by others. */
function filesOf(value: unknown): readonly PackageFile[] | undefined {
  return Array.isArray(value) && value.length > 0 && value.every(isPackageFile) ? value : undefined;
}

function isPackageFile(value: unknown): value is PackageFile {
  if (typeof value !== 'object' || value === null) return false;
  const { name, version, architecture, tier, url, size, sha256 } = value as Partial<
    Record<keyof PackageFile, unknown>
  >;
  return (
    typeof name === 'string' &&
    isSegment(name) &&
    typeof version === 'string' &&
    isDebianVersion(version) &&
    typeof architecture === 'string' &&
    TIERS.includes(tier as Tier) &&
    typeof url === 'string' &&
    /^https?:\/\//.test(url) &&
    Number.isSafeInteger(size) &&
    isDigest(sha256)
  );
}

function isSegment(name: string): boolean {
  try {
    return !parseTreePath(name).includes('/');
  } catch {
    return false;
  }
}
