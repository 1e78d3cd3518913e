import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeTarHeader, TAR_END, tarPadding } from '../../core/archive/tar-header.ts';
import type { Image, Layer } from '../../core/oci/image.ts';
import { OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from '../../core/oci/media-types.ts';
import { openRootfs } from '../../core/oci/rootfs.ts';
import { streamOf } from '../../core/primitives/bytes.ts';
import { digestOf } from '../../core/primitives/digest.ts';

const FILES: Readonly<Record<string, string>> = {
  'bin/large': 'x'.repeat(200_000),
  'bin/python3.12': 'P'.repeat(3000),
  'usr/lib/other': 'o',
};

interface Made extends Layer {
  /** Stretches that were asked for. */
  readonly ranges: [from: number, to: number][];
  readonly opened: () => number;
  readonly bytes: Buffer;
}

type Row = Record<string, unknown>;

function layerOf(bytes: Buffer, tar: Buffer, mediaType: string, annotations: Record<string, string>): Made {
  const ranges: [number, number][] = [];
  let opened = 0;
  return {
    descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length, annotations },
    diffId: digestOf(tar),
    bytes,
    ranges,
    opened: () => opened,
    async open() {
      opened += 1;
      return streamOf(bytes);
    },
    async readRange(from, to) {
      ranges.push([from, to]);
      return bytes.subarray(from, to);
    },
  };
}

function tarOf(files: Readonly<Record<string, string>>): { header: Buffer; body: Buffer; path: string }[] {
  return Object.entries(files).map(([path, text]) => ({
    path,
    header: Buffer.from(
      encodeTarHeader({ path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: text.length }),
    ),
    body: Buffer.concat([Buffer.from(text), new Uint8Array(tarPadding(text.length))]),
  }));
}

/** As containerd's stargz-snapshotter writes it: a member a file, the table as the last entry, a footer. */
function makeEstargz(change: (rows: Row[]) => void = () => undefined): Made {
  const parts: Buffer[] = [];
  const rows: Row[] = [];
  let size = 0;
  const add = (bytes: Buffer): void => {
    parts.push(bytes);
    size += bytes.length;
  };
  for (const { header, body, path } of tarOf(FILES)) {
    add(gzipSync(header));
    const text = FILES[path]!;
    rows.push({ name: path, type: 'reg', size: text.length, offset: size, digest: digestOf(text) });
    add(gzipSync(body));
  }
  change(rows);
  const json = JSON.stringify({ version: 1, entries: rows });
  const tableOffset = size;
  const [table] = tarOf({ 'stargz.index.json': json });
  add(gzipSync(Buffer.concat([table!.header, table!.body, new Uint8Array(TAR_END)])));
  const footer = Buffer.alloc(51);
  footer.write(`${tableOffset.toString(16).padStart(16, '0')}STARGZ`, 16, 'latin1');
  add(footer);
  return layerOf(Buffer.concat(parts), Buffer.alloc(0), OCI_LAYER_GZIP, {
    'containerd.io/snapshot/stargz/toc.digest': digestOf(json),
  });
}

/** A frame of raw blocks (RFC 8878, 3.1.1). */
function zstdFrame(bytes: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(0xfd2fb528, 0);
  head[4] = 0b1010_0000;
  head.writeUInt32LE(bytes.length, 5);
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += 100_000) {
    const block = bytes.subarray(at, at + 100_000);
    const isLast = at + 100_000 >= bytes.length;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    blocks.push(header, block);
  }
  return Buffer.concat([head, ...blocks]);
}

/** As containers/storage writes it: a frame a file, the table in a skippable frame. */
function makeZstdChunked(): Made {
  const parts: Buffer[] = [];
  const rows: Row[] = [];
  let size = 0;
  const add = (bytes: Buffer): void => {
    parts.push(bytes);
    size += bytes.length;
  };
  for (const { header, body, path } of tarOf(FILES)) {
    add(zstdFrame(header));
    const text = FILES[path]!;
    const offset = size;
    add(zstdFrame(Buffer.from(text)));
    rows.push({
      name: path,
      type: 'reg',
      size: text.length,
      offset,
      endOffset: size,
      digest: digestOf(text),
    });
    add(zstdFrame(body.subarray(text.length)));
  }
  const json = Buffer.from(JSON.stringify({ version: 1, entries: rows }));
  const table = zstdFrame(json);
  const skippable = Buffer.alloc(8);
  skippable.writeUInt32LE(0x184d2a50, 0);
  skippable.writeUInt32LE(table.length, 4);
  add(skippable);
  const position = `${size}:${table.length}:${json.length}:1`;
  add(table);
  return layerOf(Buffer.concat(parts), Buffer.alloc(0), OCI_LAYER_ZSTD, {
    'io.github.containers.zstd-chunked.manifest-checksum': digestOf(table),
    'io.github.containers.zstd-chunked.manifest-position': position,
  });
}

function imageOf(layer: Layer): Image {
  return {
    platform: { os: 'linux', architecture: 'amd64' },
    config: { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [layer.diffId] } },
    layers: [layer],
  };
}

async function pythonOf(layer: Layer): Promise<string | undefined> {
  const rootfs = await openRootfs(imageOf(layer), { wanted: [/^bin\/python3\.\d+$/] });
  expect(await rootfs.list('')).toEqual(['bin/python3.12']);
  return (await rootfs.read('bin/python3.12'))?.toString();
}

describe('a layer with a table of contents', () => {
  it('is read by its table and the stretches of the files that are wanted', async () => {
    for (const layer of [makeEstargz(), makeZstdChunked()]) {
      expect(await pythonOf(layer)).toBe(FILES['bin/python3.12']);
      expect(layer.opened()).toBe(0);
      const read = layer.ranges.reduce((sum, [from, to]) => sum + to - from, 0);
      expect(read).toBeLessThan(6000);
    }
  });

  it('is read whole where the table is not the one that the manifest states', async () => {
    const { descriptor, ...rest } = makeEstargz();
    const [key] = Object.keys(descriptor.annotations ?? {});
    const layer = { ...rest, descriptor: { ...descriptor, annotations: { [key!]: digestOf('other') } } };
    // Opening it fails, since the test's layer is no tar as a whole: it was asked for.
    await openRootfs(imageOf(layer), { wanted: [/./] }).catch(() => undefined);
    expect(layer.opened()).toBe(1);
  });

  it('is refused where a file is not what the table states', async () => {
    const changes: ((rows: Row[]) => void)[] = [
      (rows) => Object.assign(rows[1]!, { digest: digestOf('other') }),
      (rows) => Object.assign(rows[1]!, { digest: undefined }),
      (rows) => Object.assign(rows[1]!, { offset: 10 ** 12 }),
      (rows) => Object.assign(rows[1]!, { chunkSize: 10 ** 9 }),
    ];
    const codes: unknown[] = [];
    for (const change of changes) {
      const failed = pythonOf(makeEstargz(change)).catch((error: { code?: unknown }) => error.code);
      codes.push(await failed);
    }
    expect(codes).toEqual(changes.map(() => 'PYC_IMAGE_BLOB_CHANGED'));
  });

  it('is read whole where a name in the table leads outside', async () => {
    const layer = makeEstargz((rows) => Object.assign(rows[1]!, { name: '../x' }));
    await openRootfs(imageOf(layer), { wanted: [/./] }).catch(() => undefined);
    expect(layer.opened()).toBe(1);
  });
});
