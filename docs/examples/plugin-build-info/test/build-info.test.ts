import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildInMemory, expectBuild } from 'pycontainer/testing';
import buildInfo from '../src/index.ts';

const wheels = [{ name: 'idna', version: '3.10' }];

test('says in the image, by its labels and beside it what it was built from', async () => {
  const built = await buildInMemory({ wheels }, { plugins: [buildInfo({ team: 'payments' })] });
  expectBuild(built).toBeBuilt();
  expectBuild(built).toHaveLabel('build-info.team', 'payments');
  expectBuild(built).toHaveLabel('build-info.file', '/etc/build-info.json');
  const { files, attachments } = built.image;
  const text = files.get('etc/build-info.json')!.text();
  assert.deepEqual(JSON.parse(text), {
    project: 'shop',
    version: '1.0',
    team: 'payments',
    commit: null,
    dirty: false,
    platform: 'linux/amd64',
    python: '3.12.7',
    base: 'scratch',
    distributions: { idna: '3.10' },
  });
  assert.deepEqual(
    attachments.map((attachment) => [attachment.type, attachment.text()]),
    [['application/vnd.build-info+json', text]],
  );
});

test('says of each platform what is true of it', async () => {
  const platforms = ['linux/amd64', 'linux/arm64'];
  const built = await buildInMemory(
    {},
    { platforms, plugins: [buildInfo({ team: 'a', file: 'info.json' })] },
  );
  const said = built.images.map(({ files }) => JSON.parse(files.get('info.json')!.text()).platform);
  assert.deepEqual(said, platforms);
});

test('gives the same image twice', async () => {
  const build = () => buildInMemory({ wheels }, { plugins: [buildInfo({ team: 'payments' })] });
  expectBuild(await build()).toBeSameImageAs(await build());
});

test('keeps a record of each step, and of a failure', async () => {
  const plugins = [buildInfo({ team: 'payments', record: 'build/record.jsonl' })];
  const steps = async (config: { readonly base?: string }): Promise<unknown[]> => {
    const { written } = await buildInMemory({}, { ...config, plugins });
    const lines = String(written.get('build/record.jsonl')).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line));
  };
  const recorded = (await steps({})) as { readonly step: string }[];
  assert.deepEqual(
    recorded.map(({ step }) => step),
    ['resolved', 'collected', 'layered', 'labelled', 'published', 'done'],
  );
  const [failure] = await steps({ base: 'layout:nowhere' });
  assert.equal((failure as { readonly step: string }).step, 'failed');
});

test('keeps no record of a dry run', async () => {
  const plugins = [buildInfo({ team: 'payments', record: 'build/record.jsonl' })];
  const { written } = await buildInMemory({}, { plugins }, { dryRun: true });
  assert.deepEqual([...written.keys()], []);
});
