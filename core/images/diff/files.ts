/**
 * Which files differ between two images. By default only the layers that one of them lacks are read: a file that a common layer has
 * too then counts as added or removed, not as changed. With all layers read, it is what two containers would see.
 */
import type { Digest } from '../../primitives/digest.ts';
import { type FileView, type ViewedFile, viewOf } from '../contents/file-view.ts';
import { listLayers } from '../contents/image-contents.ts';
import { installedPackages } from '../contents/installed-packages.ts';
import type { LayerListing } from '../contents/layer-listing.ts';
import type { FoundImage } from '../found-image.ts';
import type { ReportedPackage } from '../packages.ts';
import type { ImageSession } from '../session.ts';
import { changedPackages, type PackageChanges } from './packages.ts';

export interface ChangedFile {
  /** Absolute in the image. */
  readonly path: string;
  /** Bytes of the content; of a link 0. */
  readonly before: number;
  readonly after: number;
  /** What is another: its bytes or target, its mode, its owner, or what kind of thing it is. */
  readonly what: readonly ('content' | 'mode' | 'owner' | 'type')[];
}

export interface OneSidedFile {
  readonly path: string;
  readonly size: number;
}

/** Files and symbolic links, by path. */
export interface FileChanges {
  readonly added: readonly OneSidedFile[];
  readonly removed: readonly OneSidedFile[];
  readonly changed: readonly ChangedFile[];
}

export interface ComparedFiles {
  readonly changes: FileChanges;
  readonly packages: {
    readonly packagesFrom: 'files';
    readonly distributions: PackageChanges | null;
    readonly systemPackages: PackageChanges | null;
  };
}

/** @param deep true to read the layers that both have as well */
export async function changedFiles(
  before: FoundImage,
  after: FoundImage,
  deep: boolean,
  session: ImageSession,
): Promise<ComparedFiles> {
  const read = new Map<Digest, LayerListing>();
  const old = await viewed(before, deep ? [] : layersOf(after), read, session);
  const next = await viewed(after, deep ? [] : layersOf(before), read, session);
  return { changes: compare(old, next), packages: await comparePackages(old, next) };
}

function layersOf({ config }: FoundImage): readonly Digest[] {
  return config.rootfs.diff_ids;
}

async function viewed(
  image: FoundImage,
  passed: readonly Digest[],
  read: Map<Digest, LayerListing>,
  session: ImageSession,
): Promise<FileView> {
  const listings: LayerListing[] = [];
  for (const [number, diffId] of layersOf(image).entries()) {
    if (passed.includes(diffId)) continue;
    const listing = read.get(diffId) ?? (await listLayers(image, [number], true, session))[0]!;
    read.set(diffId, listing);
    listings.push(listing);
  }
  return viewOf(listings);
}

function compare(before: FileView, after: FileView): FileChanges {
  const had = new Map(before.files.map((file) => [file.path, file]));
  const has = new Map(after.files.map((file) => [file.path, file]));
  const alone = (files: readonly ViewedFile[], other: ReadonlyMap<string, ViewedFile>): OneSidedFile[] =>
    files
      .filter(({ path }) => !other.has(path))
      .map(({ path, entry }) => ({ path: `/${path}`, size: entry.size }));
  return {
    added: alone(after.files, had),
    removed: alone(before.files, has),
    changed: before.files.flatMap((file) => {
      const now = has.get(file.path);
      const what = now === undefined ? [] : whatDiffers(file, now);
      if (now === undefined || what.length === 0) return [];
      return [{ path: `/${file.path}`, before: file.entry.size, after: now.entry.size, what }];
    }),
  };
}

function whatDiffers({ entry: a }: ViewedFile, { entry: b }: ViewedFile): ChangedFile['what'] {
  if (a.type !== b.type) return ['type'];
  const what: ChangedFile['what'][number][] = [];
  if (a.digest !== b.digest || a.linkTarget !== b.linkTarget) what.push('content');
  // A link has no mode of its own.
  if (a.type === 'file' && a.mode !== b.mode) what.push('mode');
  if (a.uid !== b.uid || a.gid !== b.gid) what.push('owner');
  return what;
}

async function comparePackages(before: FileView, after: FileView): Promise<ComparedFiles['packages']> {
  const [old, next] = await Promise.all([installedPackages(before), installedPackages(after)]);
  const ofKind = (packages: typeof old, kind: 'python' | 'system'): ReportedPackage[] =>
    packages.filter((one) => one.kind === kind);
  const [had, has] = [ofKind(old, 'system'), ofKind(next, 'system')];
  // A database that only one of them has in the layers that were read is in a layer that was not.
  const isHalf = (had.length === 0) !== (has.length === 0);
  return {
    packagesFrom: 'files',
    distributions: changedPackages(ofKind(old, 'python'), ofKind(next, 'python')),
    systemPackages: isHalf ? null : changedPackages(had, has),
  };
}
