import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  buildInMemory,
  expectBuild,
  type FakeFile,
  type FakeIndex,
  offerWheel,
  startFakeIndex,
  startFakeRegistry,
} from 'pycontainer/testing';
import houseRules from '../src/index.ts';

const wheels = [
  { name: 'house-auth', version: '7.1' },
  { name: 'idna', version: '3.10' },
  { name: 'ipdb', version: '0.13' },
];
const foreign = { name: 'native', version: '1.0', tag: 'cp38-cp38-win_amd64' };
let offered: readonly FakeFile[];
let index: FakeIndex;

before(async () => {
  offered = await Promise.all([...wheels, foreign].map(offerWheel));
  index = await startFakeIndex({ files: offered });
});
after(() => index.close());

/** A list of these wheels, as a project of the house has it. */
function listOf(...names: readonly string[]): string {
  const lines = offered
    .filter(({ project }) => names.includes(project))
    .map(({ name, bytes }) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return `${index.urlOf(name)}#sha256=${sha256}\n`;
    });
  return `# made by hand\n\n${lines.join('')}`;
}

test('puts a base behind its name, with the Python that is known of it', async () => {
  const python = { version: '3.13.5', libc: 'glibc-2.41', interpreter: '/usr/bin/python3.13' };
  const plugins = [houseRules({ bases: { 'house:python': { is: 'scratch', python } } })];
  const built = await buildInMemory({}, { base: 'house:python', plugins });
  expectBuild(built).toBeBuilt();
  assert.equal(built.image.base.reference, 'house:python');
  assert.equal(built.image.python.version, '3.13.5');
  assert.equal(built.image.files.get('opt/venv/bin/python')?.target, '/usr/bin/python3.13');
});

test('says that nobody knows what stands behind a name', async () => {
  const plugins = [houseRules({ bases: { 'house:python': { is: 'apt:trixie' } } })];
  const built = await buildInMemory({}, { base: 'house:python', plugins });
  expectBuild(built).toFailWith('PYC_HOUSE_BASE_UNKNOWN');
});

test('builds an older project, with a setup.cfg and a list of wheels', async () => {
  const files = {
    'old/setup.cfg': '[metadata]\nname = Old_Shop\nversion = 2.0\n\n[options]\npython_requires = >=3.9\n',
    'old/wheels.txt': listOf('house-auth', 'idna'),
    'old/main.py': 'print("old")\n',
  };
  const built = await buildInMemory({ files }, { project: 'old', plugins: [houseRules()] });
  expectBuild(built).toBeBuilt();
  expectBuild(built).toHaveDistribution('house-auth', '7.1');
  expectBuild(built).toHaveFile('app/main.py');
  assert.deepEqual(built.report.lock, { path: 'wheels.txt', format: 'wheel-list' });
  assert.equal(built.report.project?.name, 'old-shop');
  assert.equal(built.report.project?.version, '2.0');
});

test('opens the registries of the house, with a password from the environment', async () => {
  const access = { kind: 'basic', username: 'house', password: 'a-secret' } as const;
  const registry = await startFakeRegistry({ access });
  try {
    const registries = { [registry.host]: { username: 'house', password: 'HOUSE_PASSWORD' } };
    const config = {
      tags: [`${registry.host}/shop:1.0`],
      push: true,
      plugins: [houseRules({ registries })],
    };
    const built = await buildInMemory({}, config, { env: { HOUSE_PASSWORD: access.password } });
    expectBuild(built).toBeBuilt();
    assert.ok(registry.repository('shop').tags.has('1.0'));
    assert.equal(JSON.stringify(built.report).includes(access.password), false);
    expectBuild(await buildInMemory({}, config)).toFailWith('PYC_REGISTRY_ACCESS');
  } finally {
    await registry.close();
  }
});

test('says why no wheel of a list fits, and which lines are none', async () => {
  const build = (list: string) =>
    buildInMemory({ files: { 'wheels.txt': list } }, { plugins: [houseRules()] });
  expectBuild(await build(listOf('native'))).toFailWith('PYC_NO_WHEEL');
  const built = await build('https://example.com/shop.zip\nidna==3.10\n');
  expectBuild(built).toFailWith('PYC_WHEEL_LIST_INVALID');
  assert.deepEqual(
    built.report.error?.details.map((detail) => (detail as { readonly line: number }).line),
    [1, 2],
  );
});

test('leaves out what never goes in, and gives the house’s own a layer above the others', async () => {
  const plugins = [houseRules({ leaveOut: ['IPdb'], ownLayer: ['house_auth'] })];
  const built = await buildInMemory({ wheels }, { plugins });
  expectBuild(built).not.toHaveDistribution('ipdb');
  const layers = built.image.layers.filter(({ role }) => role === 'dependencies');
  assert.deepEqual(
    layers.map(({ distributions }) => distributions),
    [['idna'], ['house-auth']],
  );
});

test('changes nothing by itself', async () => {
  const one = await buildInMemory({ wheels });
  expectBuild(await buildInMemory({ wheels }, { plugins: [houseRules()] })).toBeSameImageAs(one);
});
