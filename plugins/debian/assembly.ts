/**
 * From package files to the entries of each layer: opens the packages, merges them tier by tier, and adds
 * what their scripts would have made. A layer holds what its tier changes.
 */

import type { BaseContext, TreeEntry, TreeItem, TreePath } from 'pycontainer';
import { ancestorsOf, comparePaths, PycError, visible } from 'pycontainer';
import { isDocumentation } from './documentation.ts';
import { fetchPackages } from './downloads.ts';
import type { OpenedPackage } from './package-file.ts';
import { openPackage } from './package-file.ts';
import { statusOf } from './package-status.ts';
import type { PackageFile, Tier } from './resolution.ts';
import { TIERS } from './resolution.ts';
import { locatorOf, mergePackages } from './root-tree.ts';
import { openSpool } from './spool.ts';
import { accounts } from './system/accounts.ts';
import { alternatives } from './system/alternatives.ts';
import { certificates } from './system/certificates.ts';
import { libraryCache } from './system/library-cache.ts';
import type { Cure, RootView } from './system/root-view.ts';
import { folderOf } from './system/root-view.ts';
import { folders, links, pythonFolders, templates } from './system/templates.ts';

/**
 * A Debian package of an upper layer turns a folder that a lower layer has files in into a link, which would hide
 * them.
 */
export class LayerOrderError extends PycError {
  readonly code = 'PYC_DEBIAN_LAYER_ORDER';
}

/** Raised whenever the same packages would give other layers. */
export const ASSEMBLY_RULES = 1;

/** In order: each sees what the earlier ones made, and where two state one path, the later one holds. */
const CURES: readonly Cure[] = [
  folders,
  templates,
  links,
  pythonFolders,
  accounts,
  certificates,
  alternatives,
  libraryCache,
];

/** Opened packages and what becomes of them; must be removed after its layers are written. */
export interface Assembly {
  readonly packages: readonly OpenedPackage[];
  /** The entries of each tier's layer, sorted. */
  layers(): Promise<ReadonlyMap<Tier, readonly TreeItem[]>>;
  remove(): Promise<void>;
}

export interface AssemblyRequest {
  readonly files: readonly PackageFile[];
  readonly docs: boolean;
  readonly snapshotService: string;
  readonly context: BaseContext;
  readonly signal: AbortSignal;
}

/** Fetches and opens all packages. */
export async function assemble(request: AssemblyRequest): Promise<Assembly> {
  const { files, docs, context, signal } = request;
  const spool = await openSpool(await context.store.draft());
  try {
    const packages: OpenedPackage[] = [];
    const keep = (path: string): boolean => docs || !isDocumentation(path);
    await fetchPackages(files, request, async (file) => {
      packages.push(await openPackage(file, context.store.open(file.sha256), spool, { keep, signal }));
    });
    await spool.flush();
    packages.sort((a, b) => orderOf(a.file) - orderOf(b.file) || comparePaths(a.file.name, b.file.name));
    tellAttributes(packages, context);
    return { packages, layers: () => layersOf(packages), remove: () => spool.remove() };
  } catch (error) {
    await spool.remove();
    throw error;
  }
}

function orderOf({ tier }: PackageFile): number {
  return TIERS.indexOf(tier);
}

async function layersOf(packages: readonly OpenedPackage[]): Promise<ReadonlyMap<Tier, readonly TreeItem[]>> {
  const layers = new Map<Tier, readonly TreeItem[]>();
  let before: ReadonlyMap<TreePath, TreeEntry> = new Map();
  for (const tier of TIERS) {
    const own = packages.filter(({ file }) => file.tier === tier);
    if (own.length === 0) continue;
    const after = await rootOf(packages.filter(({ file }) => orderOf(file) <= TIERS.indexOf(tier)));
    for (const path of before.keys()) if (!after.has(path)) throw moved(path, tier);
    layers.set(tier, differences(before, after));
    before = after;
  }
  return layers;
}

/** Everything that the packages and the cures make, in order of path. */
async function rootOf(packages: readonly OpenedPackage[]): Promise<ReadonlyMap<TreePath, TreeEntry>> {
  const tree = await mergePackages(packages);
  const entries = new Map([...tree].map(([path, { entry }]) => [path, entry]));
  const root: RootView = { entries, packages, locate: locatorOf(packages) };
  for (const cure of CURES) for (const [path, entry] of await cure(root)) entries.set(path, entry);
  for (const [path, entry] of statusOf(packages)) {
    if (entry.type !== 'directory' || !entries.has(path)) entries.set(path, entry);
  }
  return withParents(entries);
}

/** A cure may be the first to have something in a folder. */
function withParents(entries: ReadonlyMap<TreePath, TreeEntry>): ReadonlyMap<TreePath, TreeEntry> {
  const whole = new Map(entries);
  for (const path of entries.keys()) {
    for (const parent of ancestorsOf(path)) {
      if (!whole.has(parent)) whole.set(...folderOf(parent));
    }
  }
  return new Map([...whole].sort(([a], [b]) => comparePaths(a, b)));
}

function differences(
  before: ReadonlyMap<TreePath, TreeEntry>,
  after: ReadonlyMap<TreePath, TreeEntry>,
): readonly TreeItem[] {
  return [...after].filter(([path, entry]) => {
    const known = before.get(path);
    return known === undefined || !isSame(known, entry);
  });
}

/** Entries of packages are the same objects in every tier; those of cures are made anew and held in memory. */
function isSame(a: TreeEntry, b: TreeEntry): boolean {
  if (a === b) return true;
  if (a.type !== b.type || a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid || a.mtime !== b.mtime)
    return false;
  if (a.type === 'symlink') return b.type === 'symlink' && a.target === b.target;
  if (a.type === 'directory') return true;
  const [one, other] = [a.content.bytes, b.type === 'file' ? b.content.bytes : undefined];
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
}

function moved(path: TreePath, tier: Tier): LayerOrderError {
  return new LayerOrderError(`the ${tier} layer turns a folder above \`/${visible(path)}\` into a link`, {
    hint: 'exclude the package that has the link',
  });
}

function tellAttributes(packages: readonly OpenedPackage[], context: BaseContext): void {
  for (const { file, attributed } of packages) {
    if (attributed.length === 0) continue;
    context.log.warn({
      /**
       * Files of a Debian package have extended attributes, mostly file capabilities, which layers made here do
       * not keep.
       */
      code: 'PYC_DEBIAN_ATTRIBUTES_LOST',
      message: `\`${file.name}\` has extended attributes that are not kept: ${attributed.map((path) => `\`/${visible(path)}\``).join(', ')}`,
      hint: 'a program that needs a capability must be given it when the container starts',
    });
  }
}
