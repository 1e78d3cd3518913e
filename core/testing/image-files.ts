/** The files of a finished image, all in memory: what a process would find once its layers lie on each other. */
import type { TarEntry } from '../archive/tar/entry.ts';
import { readTar } from '../archive/tar.ts';
import type { Image } from '../oci/image.ts';
import { readLayerTar } from '../oci/layer-tar.ts';
import { createFileSystem } from '../oci/rootfs/file-system.ts';
import { comparePaths } from '../primitives/path.ts';

/** What lies at a path of an image. A hard link is a file like the other one. */
export interface ImageFile {
  readonly type: 'file' | 'directory' | 'symlink';
  /** The 12 permission bits, as in `0o644`. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Empty for what is no file. */
  readonly bytes: Uint8Array;
  /** Where a link leads, as it is written there; undefined for what is none. */
  readonly target: string | undefined;
  /** Which layer it comes from, counted from the base up. */
  readonly layer: number;
  /** The bytes as UTF-8. */
  text(): string;
}

/** Files, links and those directories that a layer states, by path, sorted. Devices and pipes are left out. */
export type ImageFiles = ReadonlyMap<string, ImageFile>;

/**
 * Reads every layer of an image into memory.
 *
 * @returns what is there in the end, and the paths that each layer states, whiteouts among them
 * @throws RootfsError, TarError and BlobContentError for layers that no engine would unpack
 */
export async function readFilesOf(
  image: Image,
): Promise<{ readonly files: ImageFiles; readonly layers: readonly (readonly string[])[] }> {
  const system = createFileSystem();
  const bySource = new Map<string, ImageFile>();
  const byPath = new Map<string, ImageFile>();
  const layers: string[][] = [];
  for (const [index, layer] of image.layers.entries()) {
    const paths: string[] = [];
    const limits = { backslashes: true };
    await readTar(
      readLayerTar(layer),
      async (entry, body) => {
        const path = system.apply(entry, index, paths.length);
        const file = await read(entry, body, index);
        bySource.set(`${index} ${paths.length}`, file);
        byPath.set(path, file);
        paths.push(entry.path);
      },
      { limits },
    );
    layers.push(paths);
  }
  const directories = [...byPath].filter(
    ([path, { type }]) => type === 'directory' && path !== '' && system.find(path)?.type === 'directory',
  );
  const files = new Map<string, ImageFile>(directories);
  for (const [path, node] of system.walk()) {
    const stated =
      node.type === 'file' ? bySource.get(`${node.source.layer} ${node.source.entry}`) : byPath.get(path);
    const type = node.type;
    files.set(path, { ...stated!, type, target: type === 'symlink' ? node.target : undefined });
  }
  return { files: new Map([...files].sort(([a], [b]) => comparePaths(a, b))), layers };
}

async function read(entry: TarEntry, body: AsyncIterable<Uint8Array>, layer: number): Promise<ImageFile> {
  const chunks: Uint8Array[] = [];
  if (entry.type === 'file') for await (const chunk of body) chunks.push(chunk);
  const { mode, uid, gid, mtime } = entry;
  const bytes = Buffer.concat(chunks);
  const type = entry.type === 'directory' || entry.type === 'symlink' ? entry.type : 'file';
  const target = entry.type === 'symlink' ? entry.linkTarget : undefined;
  return { type, mode, uid, gid, mtime, bytes, target, layer, text: () => bytes.toString() };
}
