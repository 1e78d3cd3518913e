import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import { type Files, outcome, readFrom, sampleFiles, selected } from './samples.ts';

const HASH = `sha256:${'0'.repeat(64)}`;
const SAMPLES = [
  'poetry-1.1',
  'poetry-2.0',
  'poetry-2.1',
  'pdm-inherited',
  'pdm-walked',
  'pdm-static',
  'pipenv',
];

/** Reads and selects; the code of the error, or `ok`. */
function tried(files: Files): Promise<string> {
  return outcome(async () => selected(await readFrom(files), '3.11.7'));
}

/** The lock's file name in a project. */
function lockName(files: Files): string {
  return Object.keys(files).find((name) => name.endsWith('.lock'))!;
}

function poetry(packages: string, version = '2.1'): string {
  return `${packages}\n[metadata]\nlock-version = "${version}"\npython-versions = "*"\ncontent-hash = "x"`;
}

function poetryEntry(name: string, more = ''): string {
  return `[[package]]\nname = "${name}"\nversion = "1.0"\ngroups = ["main"]\nfiles = [{file = "${name}-1.0-py3-none-any.whl", hash = "${HASH}"}]\n${more}\n`;
}

function pdmEntry(name: string, more = ''): string {
  return `[[package]]\nname = "${name}"\nversion = "1.0"\ngroups = ["default"]\n${more}\n`;
}

const PDM = '[metadata]\nlock_version = "4.5.1"\nstrategy = []\n';

function pipfile(categories: object): string {
  return JSON.stringify({ _meta: { 'pipfile-spec': 6 }, ...categories });
}

describe('a lock from a hostile hand', () => {
  it('is refused where it was cut off or overwritten, with nothing but our own errors', async () => {
    const odd = await fc.check(
      fc.asyncProperty(
        fc.constantFrom(...SAMPLES),
        fc.nat(20_000),
        fc.string({ maxLength: 8 }),
        fc.nat(20_000),
        async (sample, at, text, kept) => {
          const files = sampleFiles(sample);
          const name = lockName(files);
          const lock = files[name]!;
          const place = at % lock.length;
          const changed = `${lock.slice(0, place)}${text}${lock.slice(place + (kept % (lock.length - place)))}`;
          try {
            selected(await readFrom({ ...files, [name]: changed }), '3.11.7');
          } catch (error) {
            return isPycError(error);
          }
          return true;
        },
      ),
      { numRuns: 300 },
    );
    expect(odd.counterexample).toBeNull();
  });

  it('is refused for an unknown major version', async () => {
    expect(
      await Promise.all([
        tried({ 'poetry.lock': poetry('', '3.0') }),
        tried({ 'poetry.lock': poetry('', '0.9') }),
        tried({ 'pdm.lock': PDM.replace('4.5.1', '5.0') }),
        tried({ 'Pipfile.lock': '{"_meta": {"pipfile-spec": 7}}' }),
      ]),
    ).toEqual(Array(4).fill('PYC_LOCK_VERSION_UNSUPPORTED'));
  });

  it('is read for a later minor version, with a warning', async () => {
    const warnings: { code: string }[] = [];
    await readFrom({ 'poetry.lock': poetry(poetryEntry('a'), '2.7') }, warnings as never);
    expect(warnings.map(({ code }) => code)).toEqual(['PYC_LOCK_VERSION_NEWER']);
  });

  it('is refused for two entries of a name', async () => {
    const twice = {
      default: { 'a-b': { version: '==1', hashes: [HASH] }, A_b: { version: '==1', hashes: [HASH] } },
    };
    expect(
      await Promise.all([
        tried({ 'poetry.lock': poetry(poetryEntry('a') + poetryEntry('A')) }),
        tried({ 'poetry.lock': poetry(poetryEntry('a') + poetryEntry('a').replace('"1.0"', '"2.0"')) }),
        tried({ 'pdm.lock': PDM + pdmEntry('a') + pdmEntry('a') }),
        tried({ 'Pipfile.lock': pipfile(twice) }),
      ]),
    ).toEqual(['PYC_LOCK_MALFORMED', 'PYC_LOCK_AMBIGUOUS', 'PYC_LOCK_MALFORMED', 'PYC_LOCK_MALFORMED']);
  });

  it('is refused for a path that leaves the repository, and for files that are no wheels of the project', async () => {
    const places = [
      '../../secret',
      '/etc',
      '../../../root/.ssh/a-1.0-py3-none-any.whl',
      'libs/../../../x',
      'a\\u0000b',
    ];
    const urls = ['file:///etc/a-1.0-py3-none-any.whl', 'file://host/share/a.whl', 'ftp://x/a.whl', 'a b'];
    const codes = await Promise.all([
      ...places.flatMap((place) => [
        tried({
          'poetry.lock': poetry(poetryEntry('a', `[package.source]\ntype = "directory"\nurl = "${place}"`)),
        }),
        tried({
          'poetry.lock': poetry(poetryEntry('a', `[package.source]\ntype = "file"\nurl = "${place}"`)),
        }),
        tried({
          'pdm.lock': `${PDM.replace('[]', '["inherit_metadata"]')}${pdmEntry('a', `path = "${place}"`)}`,
        }),
        tried({ 'Pipfile.lock': pipfile({ default: { a: { path: JSON.parse(`"${place}"`) as string } } }) }),
      ]),
      ...urls.flatMap((url) => [
        tried({ 'poetry.lock': poetry(poetryEntry('a', `[package.source]\ntype = "url"\nurl = "${url}"`)) }),
        tried({
          'pdm.lock': `${PDM.replace('[]', '["inherit_metadata"]')}${pdmEntry('a', `url = "${url}"`)}`,
        }),
      ]),
      tried({ 'Pipfile.lock': pipfile({ default: { a: { file: urls[0] } } }) }),
    ]);
    expect([...new Set(codes)]).toEqual(['PYC_LOCK_PATH_OUTSIDE']);
  });

  it('may take a file of the repository by a file URL', async () => {
    const inside = 'file:///work/wheels/a-1.0-py3-none-any.whl';
    expect(
      await tried({ 'Pipfile.lock': pipfile({ default: { a: { file: inside, hashes: [HASH] } } }) }),
    ).toBe('ok');
  });

  it('ends where packages require each other', async () => {
    const ring = ['a', 'b', 'c'].map((name, index, all) => [name, all[(index + 1) % all.length]!] as const);
    const project = {
      'pyproject.toml': '[project]\ndependencies = ["a[x]"]\n[tool.poetry.dependencies]\na = "*"',
    };
    const poetryRing = ring
      .map(([name, next]) =>
        poetryEntry(name, `[package.dependencies]\n${next} = {version = "*", extras = ["x", "y"]}`),
      )
      .join('');
    const pdmRing = ring.map(([name, next]) => pdmEntry(name, `dependencies = ["${next}[x]"]`)).join('');
    for (const [files, none] of [
      [{ ...project, 'poetry.lock': poetry(poetryRing, '2.0') }, []],
      [{ ...project, 'poetry.lock': poetry(poetryRing) }, []],
      [{ ...project, 'pdm.lock': PDM + pdmRing }, ': no file'],
    ] as const) {
      const names = selected(await readFrom(files), '3.11.7').map((one) => one.replace(/[=:].*/, ''));
      expect([names, none]).toEqual([['a', 'b', 'c'], none]);
    }
  });

  it('is refused where its versions contradict its requirements', async () => {
    const files = {
      'pyproject.toml': '[tool.poetry.dependencies]\na = "*"\nb = "^2"',
      'poetry.lock': poetry(
        poetryEntry('a', '[package.dependencies]\nb = "<1"') +
          poetryEntry('b').replace('"1.0"', '"0.5"') +
          poetryEntry('b').replace('"1.0"', '"2.0"'),
        '2.0',
      ),
    };
    expect(
      await tried({
        ...files,
        'pyproject.toml': `${files['pyproject.toml']}\n[tool.poetry.dev-dependencies]`,
      }),
    ).toBe('PYC_LOCK_MALFORMED');
  });

  it('is settled where a later requirement excludes what an earlier one took', async () => {
    const files = {
      'pyproject.toml': '[tool.poetry.dependencies]\nb = "*"\na = "*"\n[tool.poetry.dev-dependencies]',
      'poetry.lock': poetry(
        poetryEntry('a', '[package.dependencies]\nb = "<1"') +
          poetryEntry('b').replaceAll('1.0', '0.5') +
          poetryEntry('b').replaceAll('1.0', '2.0'),
        '2.0',
      ),
    };
    expect(selected(await readFrom(files), '3.11.7')).toEqual(['a==1.0', 'b==0.5']);
  });

  it('takes keys that JavaScript knows for names like any other', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const codes = await Promise.all(
      names.flatMap((name) => [
        tried({
          'Pipfile.lock': `{"_meta": {"pipfile-spec": 6}, "default": {"${name}": {"version": "==1"}}}`,
        }),
        tried({
          'poetry.lock': poetry(poetryEntry('a', `[package.dependencies]\n${name} = "*"`)),
          'pyproject.toml': '',
        }),
      ]),
    );
    expect(
      codes.every((code) => ['ok', 'PYC_LOCK_MALFORMED', 'PYC_LOCK_SELECTION_UNKNOWN'].includes(code)),
    ).toBe(true);
  });

  it('is read with 100,000 packages', async () => {
    const count = 100_000;
    const items = Array.from({ length: count }, (_, index) => `p${index}`);
    const packages = Object.fromEntries(items.map((name) => [name, { version: '==1', hashes: [HASH] }]));
    expect(
      selected(await readFrom({ 'Pipfile.lock': pipfile({ default: packages }) }), '3.11.7'),
    ).toHaveLength(count);
    // Each one requires the next: nothing may go as deep as that.
    const length = 30_000;
    const chain = items
      .slice(0, length)
      .map(
        (name, index) =>
          `[[package]]\nname = "${name}"\nversion = "1"\nfiles = []\n${index + 1 < length ? `[package.dependencies]\np${index + 1} = "*"\n` : ''}`,
      );
    const files = {
      'pyproject.toml': '[tool.poetry.dependencies]\np0 = "*"',
      'poetry.lock': poetry(chain.join(''), '2.0'),
    };
    expect(selected(await readFrom(files), '3.11.7')).toHaveLength(length);
  });
});
