/** A folder and a store that a test may fill, and entries to fill layers with. */
import { createCipheriv, createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach } from 'vitest';
import { streamOf } from '../../core/primitives/bytes.ts';
import { type Digest, digestOf } from '../../core/primitives/digest.ts';
import { type Content, FIXED_MTIME, type TreeItem } from '../../core/primitives/file-tree.ts';
import { parseTreePath } from '../../core/primitives/path.ts';
import { crc32 } from '../../core/runtime/crc32.ts';
import { createDiskStore, type DiskStore } from '../../core/store/disk-store.ts';

const folders: string[] = [];
const stores: DiskStore[] = [];

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Removed after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pyc-oci-'));
  folders.push(folder);
  return folder;
}

export async function temporaryStore(): Promise<DiskStore> {
  const store = createDiskStore({
    directory: join(await temporaryFolder(), 'store'),
    limit: Number.MAX_SAFE_INTEGER,
  });
  stores.push(store);
  return store;
}

/** Bytes that do not compress, the same for the same seed. */
export function noise(size: number, seed = 'noise'): Uint8Array {
  const key = createHash('md5').update(seed).digest();
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Bytes that compress about as well as sources do. */
export function prose(size: number, seed = 1): Uint8Array {
  const words = ['import', 'return', 'self', 'def', 'None', 'raise', 'value', 'for', 'in', 'class'];
  let text = '';
  for (let state = seed; text.length < size; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    text += `${words[state % words.length]}${state % 97}${state % 7 === 0 ? '\n' : ' '}`;
  }
  return Buffer.from(text.slice(0, size));
}

export function plain(bytes: Uint8Array | string): Content {
  const data = Buffer.from(bytes as string);
  return { size: data.length, sha256: digestOf(data), bytes: data, open: () => streamOf(data) };
}

/** Content as a wheel holds it, with or without a file that it lies in. */
export function deflated(
  bytes: Uint8Array,
  at?: { readonly file: string; readonly offset: number },
): Content {
  const raw = deflateRawSync(bytes);
  return {
    size: bytes.length,
    sha256: digestOf(bytes),
    open: () => streamOf(bytes),
    deflated: {
      crc32: crc32(bytes),
      size: raw.length,
      open: () => streamOf(raw),
      ...(at === undefined ? {} : { range: { ...at, size: raw.length } }),
    },
  };
}

const OWNER = { uid: 0, gid: 0, mtime: FIXED_MTIME };

export function file(path: string, content: Content | string, mode = 0o644): TreeItem {
  const held = typeof content === 'string' ? plain(content) : content;
  return [parseTreePath(path), { type: 'file', mode, ...OWNER, content: held }];
}

export function directory(path: string, mode = 0o755): TreeItem {
  return [parseTreePath(path), { type: 'directory', mode, ...OWNER }];
}

export function symlink(path: string, target: string): TreeItem {
  return [parseTreePath(path), { type: 'symlink', mode: 0o777, ...OWNER, target }];
}

export const ZERO_DIGEST = `sha256:${'0'.repeat(64)}` as Digest;
