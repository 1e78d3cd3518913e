import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, test } from 'node:test';
import { digestOf, type FinishedBuild, type PublishContext } from 'pycontainer';
import { writeBundle } from '../src/write-bundle.ts';

const BYTES = Buffer.from('a layer');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A build with one layer, whose bytes are what its context gives. */
function buildOf(size: number): FinishedBuild {
  const document = {
    descriptor: { mediaType: 'a', digest: digestOf('{}'), size: 2 },
    bytes: Buffer.from('{}'),
  };
  const layer = { descriptor: { mediaType: 'a', digest: digestOf(BYTES), size } };
  const resolution = { python: { target: { version: '3.12.7' } }, distributions: [] };
  const image = { platform: { os: 'linux', architecture: 'amd64' }, resolution, layers: [layer] };
  const images = [{ ...image, manifest: document, config: document }];
  return { name: 'shop', tags: [], images, referrers: [] } as unknown as FinishedBuild;
}

const contextOf = (bytes: () => Readable, signal = new AbortController().signal): PublishContext => ({
  signal,
  open: async () => bytes(),
});

test('refuses a layer with other bytes than its descriptor states', async () => {
  const wrong = [
    [buildOf(BYTES.length), Buffer.from('another')],
    [buildOf(BYTES.length + 1), BYTES],
    [buildOf(BYTES.length - 1), BYTES],
  ] as const;
  for (const [build, bytes] of wrong) {
    const written = writeBundle(
      join(folder, 'shop.tar'),
      build,
      contextOf(() => Readable.from([bytes])),
    );
    await assert.rejects(written, { code: 'PYC_BUNDLE_LAYER_WRONG' });
    assert.deepEqual(await readdir(folder), []);
  }
});

test('ends when the build is interrupted, and closes what it reads', async () => {
  const controller = new AbortController();
  let closed = false;
  const endless = new Readable({
    read() {
      this.push(BYTES);
      controller.abort();
    },
    destroy(error, done) {
      closed = true;
      done(error);
    },
  });
  const context = contextOf(() => endless, controller.signal);
  await assert.rejects(writeBundle(join(folder, 'shop.tar'), buildOf(2 ** 40), context), {
    name: 'AbortError',
  });
  assert.deepEqual(await readdir(folder), []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(closed);
});
