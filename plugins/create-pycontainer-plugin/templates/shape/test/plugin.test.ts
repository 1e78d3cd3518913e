import { test } from 'node:test';
import { buildInMemory, expectBuild } from 'pycontainer/testing';
import plugin from '../src/index.ts';

test('greets by a file and by a label', async () => {
  const built = await buildInMemory({}, { plugins: [plugin({ greeting: 'welcome' })] });
  expectBuild(built).toBeBuilt();
  expectBuild(built).toHaveFile('etc/motd', 'welcome\n');
  expectBuild(built).toHaveLabel('com.example.greeting', 'welcome');
});

test('gives the same image twice', async () => {
  const build = () => buildInMemory({}, { plugins: [plugin()] });
  expectBuild(await build()).toBeSameImageAs(await build());
});
