/** Layers are gzip files of many members: every reader that matters must see the whole of them. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ExampleImage, exampleImage } from './harness/images.ts';
import { blobFile, manifestOf } from './harness/layout.ts';
import { run } from './harness/processes.ts';
import { newFolder } from './harness/workspace.ts';

const TARFILE = `
import hashlib, json, sys, tarfile
digests = {}
with tarfile.open(sys.argv[1], "r:gz") as archive:
    for member in archive:
        if member.isfile():
            digests[member.name] = hashlib.sha256(archive.extractfile(member).read()).hexdigest()
json.dump(digests, sys.stdout)
`;

let image: ExampleImage;
/** The largest layer of wheels. */
let layer: string;
let diffId: string;

beforeAll(async () => {
  image = await exampleImage('fastapi');
  const spliced = image.image.layers.filter(({ role }) => role === 'dependencies');
  const largest = spliced.sort((a, b) => (b.size ?? 0) - (a.size ?? 0))[0];
  layer = blobFile(image.layout, largest?.digest ?? '');
  diffId = largest?.diffId ?? '';
});

describe('a spliced layer', () => {
  test('has many members', () => {
    const bytes = readFileSync(layer);
    const first = gunzipMember(bytes);
    expect(first).toBeLessThan(bytes.length / 2);
  });

  test('is read whole by GNU gzip', async () => {
    await run(['sh', '-c', 'gzip --test <"$1"', 'sh', layer]);
    const sum = await run(['sh', '-c', 'gzip -dc <"$1" | sha256sum', 'sh', layer]);
    expect(`sha256:${sum.split(' ')[0]}`).toBe(diffId);
  });

  test('is read whole by Python, which finds the bytes that RECORD states', async () => {
    const digests = JSON.parse(await run(['/usr/bin/python3', '-c', TARFILE, layer])) as Record<
      string,
      string
    >;
    const record = Object.keys(digests).find((path) => path.endsWith('.dist-info/RECORD')) ?? '';
    const site = record.split('/').slice(0, -2).join('/');
    const text = await run(['tar', '--extract', '--gzip', '--to-stdout', '--file', layer, record]);
    const rows = text.split('\n').flatMap((line) => {
      const [path = '', hash = ''] = line.split(',');
      return hash === '' ? [] : [[join(site, path), hash]];
    });
    expect(rows.length).toBeGreaterThan(3);
    for (const [path = '', hash] of rows) {
      const own = Buffer.from(digests[path] ?? '', 'hex').toString('base64url');
      expect(`${path} sha256=${own}`).toBe(`${path} ${hash}`);
    }
  });

  test('is read whole by umoci and by skopeo, which unpacks and repacks it', async () => {
    const bundle = join(newFolder('bundle'), 'out');
    await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${image.layout}:latest`, bundle]);
    const unpacked = await run(['find', join(bundle, 'rootfs/opt/venv'), '-type', 'f', '-printf', '%s\n']);
    expect(unpacked.split('\n').length).toBeGreaterThan(500);

    const folder = newFolder('dir');
    await run(['skopeo', 'copy', '--dest-decompress', image.reference, `dir:${folder}`]);
    const plain = join(folder, diffId.slice(7));
    expect(`sha256:${createHash('sha256').update(readFileSync(plain)).digest('hex')}`).toBe(diffId);
  });

  test('is copied by skopeo without a change', async () => {
    const folder = newFolder('dir');
    await run(['skopeo', 'copy', '--preserve-digests', image.reference, `dir:${folder}`]);
    const manifest = manifestOf(image.layout, image.digest);
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      expect(statSync(join(folder, digest.slice(7))).size).toBe(size);
    }
  });
});

/** Where the first member of a gzip file ends: the first place from where the rest is a gzip file by itself. */
function gunzipMember(bytes: Buffer): number {
  for (let at = bytes.indexOf(GZIP_MAGIC, 1); at !== -1; at = bytes.indexOf(GZIP_MAGIC, at + 1)) {
    try {
      gunzipSync(bytes.subarray(0, at));
      return at;
    } catch {
      // No border of members, only bytes that look like one.
    }
  }
  return bytes.length;
}

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
