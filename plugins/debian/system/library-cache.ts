/**
 * `/etc/ld.so.cache` as ldconfig(8) writes it (glibc's format 1.1). Debian's loader finds its own folders
 * without; what asks `ldconfig -p`, such as Python's `ctypes.util.find_library`, and what lies in further
 * folders of `ld.so.conf` needs it. Debian's packages name files and links by soname, so no ELF file is read.
 */

import type { TreePath } from 'pycontainer';
import { baseName, comparePaths } from 'pycontainer';
import { resolveTarget } from '../root-tree.ts';
import type { Cured, RootView } from './root-view.ts';
import { fileOf, readFile } from './root-view.ts';

/** Debian's architecture → what marks a library as its own: glibc's FLAG_ELF_LIBC6 and the ABI. */
const FLAGS: Readonly<Record<string, number>> = {
  amd64: 0x0303,
  arm64: 0x0a03,
  armhf: 0x0903,
  i386: 0x0003,
  ppc64el: 0x0503,
  riscv64: 0x1003,
  s390x: 0x0403,
};

/** Looked at after what `ld.so.conf` names. */
const DEFAULT_FOLDERS = ['lib', 'usr/lib', 'lib64', 'usr/lib64'];
const LIBRARY = /^(?:lib.+|ld-.+)\.so(?:\.|$)/;

interface Library {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

/** Nothing without libc-bin, whose script would run ldconfig, and on architectures whose ABI has several variants. */
export async function libraryCache(root: RootView): Promise<readonly Cured[]> {
  const libc = root.packages.find(({ file }) => file.name === 'libc-bin');
  const flags = FLAGS[libc?.file.architecture ?? ''];
  // s390x alone is big-endian.
  if (libc === undefined || flags === undefined) return [];
  const libraries = librariesIn(root, await foldersOf(root));
  return [fileOf('etc/ld.so.cache', encodeCache(libraries, flags, libc.file.architecture === 's390x'))];
}

/** The folders of `ld.so.conf` and of what it includes, then the default ones. */
async function foldersOf(root: RootView): Promise<readonly string[]> {
  const included = [...root.entries.keys()]
    .filter((path) => /^etc\/ld\.so\.conf\.d\/[^/]+\.conf$/.test(path))
    .sort();
  const found: string[] = [];
  for (const file of included) {
    const text = Buffer.from((await readFile(root, file)) ?? new Uint8Array()).toString('utf8');
    for (const line of text.split('\n')) {
      const folder = /^\/([^#\s:=]+?)\/?$/.exec(line.trim())?.[1];
      // Libraries of another ABI lie there, which would need marks of their own.
      if (folder !== undefined && !/(?:^|\/)lib(?:32|x32|o32)$/.test(folder)) found.push(folder);
    }
  }
  return [...new Set([...found, ...DEFAULT_FOLDERS])];
}

function librariesIn(root: RootView, folders: readonly string[]): readonly Library[] {
  const byFolder = new Map<string, TreePath[]>();
  for (const path of root.entries.keys()) {
    if (!LIBRARY.test(baseName(path))) continue;
    const folder = path.slice(0, path.lastIndexOf('/'));
    const known = byFolder.get(folder);
    if (known === undefined) byFolder.set(folder, [path]);
    else known.push(path);
  }
  const libraries = new Map<string, Library>();
  const seen = new Set<string>();
  for (const folder of folders) {
    // Merged `/usr` gives one folder two names; the first counts.
    const real = root.locate(`${folder}/x` as TreePath).slice(0, -2);
    if (seen.has(real)) continue;
    seen.add(real);
    for (const path of namesIn(root, byFolder.get(real) ?? [])) {
      const name = baseName(path);
      if (!libraries.has(name)) libraries.set(name, { name, path: `/${folder}/${name}` });
    }
  }
  return [...libraries.values()].sort((a, b) => compareNames(b.name, a.name) || comparePaths(a.path, b.path));
}

/** Links, and files that no link of their folder stands for: `libz.so.1`, not the `libz.so.1.2.13` behind it. */
function namesIn(root: RootView, paths: readonly TreePath[]): readonly TreePath[] {
  const linked = new Set<string>();
  for (const path of paths) {
    const entry = root.entries.get(path);
    if (entry?.type === 'symlink') linked.add(root.locate(resolveTarget(path, entry.target) as TreePath));
  }
  return paths.filter((path) => root.entries.get(path)?.type === 'symlink' || !linked.has(path));
}

/** glibc's `_dl_cache_libcmp`: numbers in names count as numbers, and sort after everything else. */
function compareNames(a: string, b: string): number {
  const left = partsOf(a);
  const right = partsOf(b);
  for (const [at, one] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    if (typeof one === 'number' && typeof other === 'number') {
      if (one !== other) return one - other;
    } else if (typeof one !== typeof other) {
      return typeof one === 'number' ? 1 : -1;
    } else if (one !== other) {
      return one < other ? -1 : 1;
    }
  }
  return left.length - right.length;
}

/** Numbers, and all other characters one by one. */
function partsOf(name: string): readonly (string | number)[] {
  return (name.match(/\d+|\D/g) ?? []).map((part) => (/\d/.test(part) ? Number(part) : part));
}

const HEADER_SIZE = 48;
const ENTRY_SIZE = 24;
/** In the header: the byte order of the numbers that follow. */
const LITTLE_ENDIAN = 2;
const BIG_ENDIAN = 3;

/** A header, an entry a library (flags, offsets of name and path, no OS version, no hardware), the strings. */
function encodeCache(libraries: readonly Library[], flags: number, isBigEndian: boolean): Uint8Array {
  const strings = libraries.map(({ name, path }) => Buffer.from(`${path}\0${name}\0`));
  const size = strings.reduce((sum, each) => sum + each.length, 0);
  const head = Buffer.alloc(HEADER_SIZE + ENTRY_SIZE * libraries.length);
  const write = (value: number, at: number) =>
    isBigEndian ? head.writeUInt32BE(value, at) : head.writeUInt32LE(value, at);
  head.write('glibc-ld.so.cache1.1', 'latin1');
  write(libraries.length, 20);
  write(size, 24);
  head.writeUInt8(isBigEndian ? BIG_ENDIAN : LITTLE_ENDIAN, 28);
  let offset = head.length;
  for (const [index, { path }] of libraries.entries()) {
    const at = HEADER_SIZE + ENTRY_SIZE * index;
    write(flags, at);
    write(offset + Buffer.byteLength(path) + 1, at + 4);
    write(offset, at + 8);
    offset += strings[index]!.length;
  }
  return Buffer.concat([head, ...strings]);
}
