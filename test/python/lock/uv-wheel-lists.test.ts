import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import { readUvLock, type UvPackage } from '../../../core/python/lock/uv/index.ts';
import { takeWheelLists } from '../../../core/python/lock/uv/wheel-lists.ts';
import { conformancePath, describeConformance } from './conformance-data.ts';

/** With this in it, all of a lock is left to the parser of TOML. */
const WHOLE = '\n# """\n';
const HEAD = 'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n';

function locked(name: string, wheels: string, more = ''): string {
  return `\n[[package]]\nname = "${name}"\nversion = "1.0"\nsource = { registry = "https://pypi.org/simple" }\n${more}wheels = [\n${wheels}]\n`;
}

function wheel(file: string, more = ', hash = "sha256:ab", size = 3'): string {
  return `    { url = "https://files.example.org/${file}"${more} },\n`;
}

/** What is read of a lock, or how it is refused. */
async function readingOf(text: string): Promise<unknown> {
  try {
    const { lock } = await readUvLock('uv.lock', text, { directory: '/work' });
    return lock.packages.map(({ name, version, wheels, sdist }: UvPackage) => [name, version, wheels, sdist]);
  } catch (error) {
    return isPycError(error) ? [error.code, error.message] : error;
  }
}

const WRITTEN_BY_UV = [
  locked('a', wheel('a-1.0-py3-none-any.whl')),
  locked('a', wheel('a-1.0-py3-none-any.whl')) + locked('b', wheel('b-1.0%2Bcpu-py3-none-any.whl', '')),
  locked('a', '') + locked('b', wheel('b-1.0-py3-none-any.whl')),
  locked(
    'a',
    wheel(
      'a-1.0-py3-none-any.whl',
      ', hash = "sha256:ab", size = 3, upload-time = "2025-01-02T03:04:05.678Z"',
    ),
  ),
  locked(
    'a',
    '    { path = "wheels/a-1.0-py3-none-any.whl" },\n    { filename = "a-1.0-py2-none-any.whl" },\n',
  ),
];

const WRITTEN_OTHERWISE = [
  locked('a', '  { url="https://files.example.org/a-1.0-py3-none-any.whl" }\n'),
  locked('a', wheel('a-1.0-py3-none-any.whl').replaceAll('"', "'")),
  locked('a', wheel('a-1.0-py3-none-any.whl#sha256=ab')),
  locked('a', wheel('a%zz-1.0-py3-none-any.whl')),
  locked('a', wheel('a-1.0-py3-none-any.whl', ', size = 007')),
  locked('a', `${wheel('a-1.0-py3-none-any.whl')}# the only one\n`),
];

const REFUSED = [
  `${locked('a', wheel('a-1.0-py3-none-any.whl'))}broken\n`,
  `${locked('a', wheel('a-1.0-py3-none-any.whl'), 'wheels = 0\n')}`,
  `${locked('a', wheel('a-1.0-py3-none-any.whl'))}wheels = []\n`,
  `${locked('b', '').replace('wheels = [\n]', 'wheels = 0')}${locked('a', wheel('a-1.0-py3-none-any.whl'))}`,
  locked('a', wheel('a-1.0-py3-none-any.whl', ', hash = "none"')),
  locked('a', '    { },\n'),
  locked('a', wheel('a-1.0-py3-none-any.whl')).replace('\n]\n', '\n]\nversion = "2.0"\n'),
];

describe('the lists of wheels in a uv.lock', () => {
  it('are read as the parser of TOML reads them', async () => {
    for (const text of WRITTEN_BY_UV) expect(takeWheelLists(HEAD + text)).toBeDefined();
    const all = [...WRITTEN_BY_UV, ...WRITTEN_OTHERWISE, ...REFUSED];
    const taken = await Promise.all(all.map((text) => readingOf(HEAD + text)));
    const whole = await Promise.all(all.map((text) => readingOf(HEAD + text + WHOLE)));
    expect(taken).toEqual(whole);
  });

  it('outside of packages are passed over as all unknown keys', async () => {
    const text = `${locked('a', wheel('a-1.0-py3-none-any.whl'))}\n[tool]\nwheels = [\n${wheel('b-1.0-py3-none-any.whl')}]\n`;
    expect(await readingOf(HEAD + text)).toEqual(await readingOf(HEAD + text + WHOLE));
  });

  it('do not move the line in which a fault is', async () => {
    const text = `${locked('a', wheel('a-1.0-py3-none-any.whl').repeat(3))}broken\n`;
    expect(await readingOf(HEAD + text)).toEqual(['PYC_LOCK_MALFORMED', expect.stringContaining('line 14')]);
  });
});

describeConformance('the lists of wheels in real locks', () => {
  it('are taken out of the lock and read as the parser of TOML reads them', async () => {
    const folder = conformancePath('locks/');
    for (const name of readdirSync(folder).filter((file) => file.endsWith('uv.lock'))) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      expect([name, takeWheelLists(text) !== undefined]).toEqual([name, true]);
      expect(await readingOf(text)).toEqual(await readingOf(text + WHOLE));
    }
  });
});
