import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInMemory, expectBuild } from 'pycontainer/testing';
import plugin from '../src/index.ts';

test('writes down the paths of an image', async () => {
  const built = await buildInMemory({}, { outputs: ['listing:build/paths.txt'], plugins: [plugin()] });
  expectBuild(built).toBeBuilt();
  const lines = String(built.written.get('build/paths.txt')).trimEnd().split('\n');
  assert.ok(lines.includes('linux/amd64 /app/shop/__init__.py'));
  assert.ok(!lines.includes('linux/amd64 /app/shop'));
});

test('lists directories where it is told to', async () => {
  const plugins = [plugin({ directories: true })];
  const built = await buildInMemory({}, { outputs: ['listing:build/paths.txt'], plugins });
  assert.match(String(built.written.get('build/paths.txt')), /^linux\/amd64 \/app\/shop$/m);
});
