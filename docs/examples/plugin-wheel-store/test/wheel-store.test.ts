import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Log } from 'pycontainer';
import {
  buildInMemory,
  expectBuild,
  type FakeObjectStore,
  type InMemoryBuild,
  lockWheels,
  makeWheel,
  startFakeObjectStore,
  wheelFileName,
} from 'pycontainer/testing';
import wheelStore from '../src/index.ts';

const SECRET = '4f1c0b';
const wheel = { name: 'house-auth', version: '7.1' };
const key = `wheels/python/${wheelFileName(wheel)}`;
const env: Record<string, string> = {};
let bucket: FakeObjectStore;

before(async () => {
  bucket = await startFakeObjectStore({ authorization: `Bearer ${SECRET}` });
});
after(() => bucket.close());
beforeEach(async () => {
  env.WHEEL_STORE_KEY = `Bearer ${SECRET}`;
  bucket.requests.length = 0;
  bucket.objects.set(key, await makeWheel(wheel));
});

/** Builds a project whose lock names an address where nobody listens. */
async function build(options: { readonly authorization?: string }, log?: Log): Promise<InMemoryBuild> {
  const lock = await lockWheels([wheel], { urlOf: (file) => `http://127.0.0.1:9/${file}` });
  const place = { endpoint: bucket.origin, bucket: 'wheels', prefix: 'python/' };
  const plugins = [wheelStore({ ...place, ...options })];
  return buildInMemory(
    { files: { 'pylock.toml': lock } },
    { plugins },
    { env, ...(log === undefined ? {} : { log }) },
  );
}

const withKey = { authorization: 'WHEEL_STORE_KEY' };

test('takes a wheel from the bucket', async () => {
  const built = await build(withKey);
  expectBuild(built).toBeBuilt();
  expectBuild(built).toHaveDistribution('house-auth', '7.1');
  assert.deepEqual(
    bucket.requests.map(({ path }) => path),
    [`/${key}`],
  );
});

test('leaves to others what the bucket does not have', async () => {
  bucket.objects.clear();
  // The lock's own address is asked then, where nobody listens.
  expectBuild(await build(withKey)).toFailWith('PYC_HTTP_UNREACHABLE');
  assert.equal(bucket.requests.at(-1)?.status, 404);
});

test('refuses other bytes than those that are locked', async () => {
  bucket.objects.set(key, Buffer.from('another wheel'));
  const { report } = await build(withKey);
  assert.equal(report.ok, false);
  assert.match(report.error?.message ?? '', /house_auth/);
});

test('says what it needs where the bucket is closed to it', async () => {
  expectBuild(await build({})).toFailWith('PYC_WHEEL_STORE_ACCESS');
  delete env.WHEEL_STORE_KEY;
  expectBuild(await build(withKey)).toFailWith('PYC_WHEEL_STORE_ACCESS', /WHEEL_STORE_KEY/);
});

test('shows its secret nowhere, whatever happens', async () => {
  const said: unknown[] = [];
  const log: Log = {
    info: (message) => said.push(message),
    debug: (message) => said.push(message),
    warn: (warning) => said.push(warning),
    progress: (event) => said.push(event),
  };
  const good = bucket.objects.get(key)!;
  for (const object of [good, Buffer.from('another wheel'), undefined]) {
    if (object === undefined) bucket.objects.clear();
    else bucket.objects.set(key, object);
    const { report, images } = await build(withKey, log);
    said.push(report, ...images.flatMap(({ files }) => [...files.values()].map((file) => file.text())));
  }
  // A header that cannot be sent is not shown either.
  env.WHEEL_STORE_KEY = `Bearer ${SECRET}\n`;
  const { report } = await build(withKey, log);
  assert.equal(report.ok, false);
  said.push(report);
  assert.ok(!JSON.stringify(said).includes(SECRET));
});

test('takes no address that carries a secret, or would send one in the clear', async () => {
  const addresses = [
    'http://objects.example.com',
    'https://me:secret@objects.example.com',
    'ftp://a.example',
  ];
  for (const endpoint of addresses) {
    const plugin = wheelStore({ endpoint, bucket: 'wheels', ...withKey });
    expectBuild(await buildInMemory({}, { plugins: [plugin] })).toFailWith('PYC_CONFIG_INVALID');
  }
});
