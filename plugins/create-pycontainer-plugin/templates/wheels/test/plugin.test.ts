import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  buildInMemory,
  expectBuild,
  type FakeIndex,
  type InMemoryBuild,
  lockWheels,
  offerWheel,
  startFakeIndex,
} from 'pycontainer/testing';
import plugin from '../src/index.ts';

const wheel = { name: 'house-auth', version: '7.1' };
let server: FakeIndex;

before(async () => {
  server = await startFakeIndex({ files: [await offerWheel(wheel)] });
});
after(() => server.close());

/** Builds a project whose lock names an address where nobody listens. */
async function build(folder: string): Promise<InMemoryBuild> {
  const lock = await lockWheels([wheel], { urlOf: (name) => `http://127.0.0.1:9/${name}` });
  return buildInMemory({ files: { 'pylock.toml': lock } }, { plugins: [plugin({ folder })] });
}

test('takes a wheel from the folder', async () => {
  const { name } = await offerWheel(wheel);
  const built = await build(server.urlOf(name).replace(/\/[^/]*$/, '/'));
  expectBuild(built).toBeBuilt();
  expectBuild(built).toHaveDistribution('house-auth', '7.1');
});

test('leaves to others what is not there', async () => {
  const built = await build(`${server.origin}/nowhere`);
  expectBuild(built).toFailWith('PYC_HTTP_UNREACHABLE');
  assert.equal(server.requests.at(-1)?.status, 404);
});
