/** A plugin's test under `node:test`, which Node and Deno run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInMemory, expectBuild } from 'pycontainer/testing';
import greeting from './greeting.mjs';

test('greets who logs in', async () => {
  const built = await buildInMemory({ wheels: [{ name: 'idna', version: '3.10' }] }, { plugins: [greeting] });
  expectBuild(built).toHaveFile('etc/motd', 'hello\n');
  expectBuild(built).toHaveLabel('greeting', 'hello');
  expectBuild(built).toHaveDistribution('idna', '3.10');
  assert.throws(() => expectBuild(built).toHaveFile('etc/mtod'), /did you mean `motd`/);
});

test('does not hide what fails', async () => {
  expectBuild(await buildInMemory({}, { plugins: [greeting], outputs: ['nowhere:x'] })).toFailWith(
    'PYC_OUTPUT_UNKNOWN',
  );
});
