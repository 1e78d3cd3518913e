import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planLocalProject } from '../../../core/python/local-project/index.ts';
import { parseConfig } from '../../../core/python/local-project/setuptools/config-parser.ts';
import { filesOf, surroundingsOf } from './project-files.ts';

const SYSTEM = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n';
const NAMED = '[metadata]\nname = demo\nversion = 1.0\n';

async function planOf(setupCfg: string, files: Readonly<Record<string, string>> = {}, toml = '') {
  const all = {
    'pyproject.toml': SYSTEM + toml,
    'setup.cfg': setupCfg,
    'demo/__init__.py': '__version__ = "2.0"\n',
    ...files,
  };
  return planLocalProject(filesOf(all), surroundingsOf(all));
}

const metadataOf = (plan: Awaited<ReturnType<typeof planOf>>): string => {
  if (!plan.static) return plan.reason;
  const file = plan.wheel.files.find(({ path }) => path.endsWith('/METADATA'));
  return file !== undefined && 'bytes' in file ? file.bytes.toString() : '';
};

it('is read as Python reads it', () => {
  const text =
    '# c\n[a]\none = 1\ntwo : x = y\nthree =\n  b\n\n  ; left out\n  c = d\n   deeper\n\nFour=5%%\n[b.c]\n[d]\n  in = x\n  same = y\n';
  const sections = [...parseConfig(text, 'x')].map(([name, members]) => [name, Object.fromEntries(members)]);
  expect(sections).toEqual([
    ['a', { one: '1', two: 'x = y', three: '\nb\n\nc = d\ndeeper', Four: '5%' }],
    ['b.c', {}],
    ['d', { in: 'x', same: 'y' }],
  ]);
});

it('describes a project alone, and behind pyproject.toml', async () => {
  expect(metadataOf(await planOf(`${NAMED}[options]\ninstall_requires = a; b>1\n`))).toBe(
    'Metadata-Version: 2.4\nName: demo\nVersion: 1.0\nRequires-Dist: a\nRequires-Dist: b>1\n',
  );
  const both = await planOf(
    '[metadata]\nname = other\nversion = attr: demo.__version__\ndescription = theirs\nurl = https://x\n',
    {},
    '[project]\nname = "demo"\ndescription = "ours"\ndynamic = ["version"]\n',
  );
  expect(metadataOf(both)).toBe(
    'Metadata-Version: 2.4\nName: demo\nVersion: 2.0\nSummary: ours\nHome-page: https://x\n',
  );
});

it('leaves to setuptools what only that can tell', async () => {
  const cases = {
    'a section of a command': `${NAMED}[bdist_wheel]\nuniversal = 1\n`,
    'an unknown section': `${NAMED}[options.x]\n`,
    'an unknown key': `${NAMED}requires_dist = x\n`,
    'requirements of its build': `${NAMED}[options]\nsetup_requires = x\n`,
    'an attribute that is computed': NAMED.replace('1.0', 'attr: demo.x'),
    'a reference': `${NAMED}description = %(name)s\n`,
    'a key twice': `${NAMED}name = x\n`,
    'a key in two spellings': `${NAMED}author_email = x\nauthor-email = y\n`,
    'a section twice': `${NAMED}${NAMED}`,
    defaults: `[DEFAULT]\nx = 1\n${NAMED}`,
    'a line that is none': `${NAMED}nothing\n`,
    'no name': '[metadata]\nversion = 1\n',
    'no version': '[metadata]\nname = demo\n',
    'an extra with a marker': `${NAMED}[options.extras_require]\n:os_name=='nt' = x\n`,
    'another folder': `${NAMED}[options]\npackages = find:\npackage_dir = =a\n[options.packages.find]\nwhere = b\n`,
    'a readme above': `${NAMED}long_description = file: ../secret\n`,
    'packages above': `${NAMED}[options]\npackages = find:\n[options.packages.find]\nwhere = ..\n`,
    'data above': `${NAMED}[options.data_files]\netc = ../secret\n`,
    'a place above': `${NAMED}[options.data_files]\n../../etc = demo/__init__.py\n`,
    'a key of every object': `${NAMED}__proto__ = x\n`,
    'a field by a line break': `${NAMED}author =\n  a\n  Requires-Dist: evil\n`,
  };
  const planned: string[] = [];
  for (const [name, text] of Object.entries(cases)) if ((await planOf(text)).static) planned.push(name);
  const odd = await planOf(
    '[metadata]\nurl = x\n',
    {},
    '[project]\nname = "demo"\ndynamic = ["constructor"]\n',
  );
  expect([...planned, odd.static]).toEqual([false]);
});

it('ends in a plan or a reason, whatever is written', async () => {
  const lines = fc.constantFrom(
    ...[
      '[metadata]',
      '[options]',
      '[options.entry_points]',
      'name = demo',
      'version = 1',
      'packages = find:',
    ],
    ...['  x = y', '=', '%', ' = a', '__proto__ = x', '[__proto__]', 'license_files = **/**', '\t', 'a\r'],
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(lines, fc.string()), { maxLength: 12 }), async (parts) => {
      expect(typeof (await planOf(parts.join('\n'))).static).toBe('boolean');
    }),
    { numRuns: 200 },
  );
});
