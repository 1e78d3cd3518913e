import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPycError, type PycError } from '../../../core/primitives/errors.ts';
import { findConflicts } from '../../../core/primitives/tree.ts';
import { installSchemeOf, layOut, startupFilesOf } from '../../../core/python/install.ts';
import { openWheel } from '../../../core/python/wheel.ts';
import {
  makeWheel,
  type WheelFileRecipe,
  type WheelRecipe,
  wheelFileName,
} from '../../../core/testing/wheels.ts';
import { makeZip } from '../../../core/testing/zip.ts';
import { inFolder, laidOut, readFiles, TARGET, withWheel } from './laid-out.ts';

type Hostile = Partial<WheelRecipe> & { readonly fileName?: string; readonly bytes?: Uint8Array };
type Answer = readonly [code: string | undefined, named: boolean];

const BASE: WheelRecipe = { name: 'pkg', version: '1.0' };
const FILE = wheelFileName(BASE);
const both = (over: object) => ({ content: 'x'.repeat(500), local: over, central: over });

/** One hostile file in an otherwise good wheel. */
const file = (path: string, recipe: WheelFileRecipe = 'x'): Hostile => ({
  files: { 'pkg.py': '', [path]: recipe },
});
const files = (...paths: string[]): Hostile => ({
  files: Object.fromEntries(paths.map((path, index) => [path, `${index}`])),
});

/**
 * What becomes of a wheel: the code of the error, and whether its message or details name the wheel and the entry.
 * Opening, laying out and reading every content are all tried, as a build does.
 */
async function outcome(recipe: Hostile, named: string): Promise<Answer> {
  return await inFolder(async (folder) => {
    const path = join(folder, 'blob');
    writeFileSync(path, recipe.bytes ?? (await makeWheel({ ...BASE, ...recipe })));
    try {
      const wheel = openWheel(path, recipe.fileName ?? FILE);
      try {
        await readFiles(layOut(wheel, { target: TARGET }).items);
      } finally {
        wheel.close();
      }
    } catch (error) {
      if (!isPycError(error)) throw error;
      return [error.code, names(error, named)];
    }
    return [undefined, true];
  });
}

function names(error: PycError, named: string): boolean {
  const text = [error.message, ...(error.details ?? [])].join('\n');
  return text.includes(named) && text.includes('.whl');
}

/** Runs rows of [what, code, what is named, wheel]; an empty list is what is hoped for. */
async function surprises(rows: readonly (readonly [string, string, string, Hostile])[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const [what, code, named, recipe] of rows) {
    const answer = await outcome(recipe, named);
    if (answer[0] !== code || !answer[1]) found.push([what, answer, code]);
  }
  return found;
}

describe('hostile wheels are refused', () => {
  it('for an archive that contradicts itself', async () => {
    const good = Buffer.from(await makeWheel(BASE));
    const end = good.subarray(-22);
    expect(
      await surprises([
        [
          'local and central names differ',
          'PYC_ZIP_INVALID',
          'evil.py',
          file('evil.py', { content: 'x', local: { name: 'good.py' } }),
        ],
        ['two ends', 'PYC_ZIP_INVALID', '', { zip: { after: end } }],
        ['two ends, one in a comment', 'PYC_ZIP_INVALID', '', { zip: { comment: end } }],
        ['bytes before', 'PYC_ZIP_INVALID', '', { zip: { before: Buffer.from('#!/bin/sh\n') } }],
        ['bytes after', 'PYC_ZIP_INVALID', '', { zip: { after: Buffer.from('hidden') } }],
        [
          'entry before content only',
          'PYC_ZIP_INVALID',
          'pkg.py',
          file('evil.py', { content: 'x', unlisted: true }),
        ],
        [
          'entry in the directory only',
          'PYC_ZIP_INVALID',
          'pkg.py',
          file('evil.py', { content: 'x', central: { offset: 99_999 } }),
        ],
        ['ZIP64 locator elsewhere', 'PYC_ZIP_INVALID', '', { zip: { zip64: { locatorOffset: 1 } } }],
        [
          'lying descriptor',
          'PYC_ZIP_INVALID',
          'evil.py',
          file('evil.py', { content: 'x', descriptor: Buffer.alloc(12, 1) }),
        ],
        ['bad CRC', 'PYC_ARCHIVE_ENTRY_CORRUPT', 'evil.py', file('evil.py', both({ crc32: 1 }))],
        [
          'bad CRC of a stored entry',
          'PYC_ARCHIVE_ENTRY_CORRUPT',
          'evil.py',
          file('evil.py', { ...both({ crc32: 1 }), method: 0 }),
        ],
        [
          'Unicode path that differs',
          'PYC_ZIP_INVALID',
          'good.py',
          file('good.py', {
            content: 'x',
            central: { extra: Buffer.from('757009000100000000652e7079', 'hex') },
          }),
        ],
        [
          'overlapping entries',
          'PYC_ZIP_INVALID',
          'pkg.py',
          file('evil.py', { content: 'x', central: { offset: 7 } }),
        ],
        ['encryption', 'PYC_ZIP_UNSUPPORTED', 'evil.py', file('evil.py', both({ flags: 1 }))],
        ['several disks', 'PYC_ZIP_UNSUPPORTED', '', { zip: { end: { disk: 1 } } }],
        ['unknown method', 'PYC_ZIP_UNSUPPORTED', 'evil.py', file('evil.py', both({ method: 14 }))],
      ]),
    ).toEqual([]);
  });

  it('for content whose size is not the one stated, whoever states it', async () => {
    const record = (honest: string) => honest.replace(/(evil\.py,.*),500/, '$1,9');
    expect(
      await surprises([
        ['in RECORD', 'PYC_WHEEL_RECORD_INVALID', 'evil.py', { ...file('evil.py', both({})), record }],
        ['in the archive', 'PYC_WHEEL_RECORD_INVALID', 'evil.py', file('evil.py', both({ size: 9 }))],
        [
          'in both',
          'PYC_ARCHIVE_ENTRY_CORRUPT',
          'evil.py',
          { ...file('evil.py', both({ size: 9 })), record },
        ],
      ]),
    ).toEqual([]);
  });

  it('for names that lie outside, hide something or collide', async () => {
    const zip = 'PYC_ZIP_INVALID';
    const layout = 'PYC_WHEEL_LAYOUT_REFUSED';
    const twice = makeZip([
      { name: 'a.py', content: '1' },
      { name: 'a.py', content: '2' },
    ]);
    expect(
      await surprises([
        ['duplicate names', zip, 'a.py', { bytes: twice }],
        ['NUL', zip, '\\u0000', file('a\0.py')],
        ['newline', zip, '\\u000a', file('a\n.py')],
        ['escape sequence', zip, '\\u001b', file('a\x1b[2J.py')],
        ['changed direction', zip, '\\u202e', file('a\u202eyp.py')],
        ['parents', zip, 'a/../../x', file('a/../../x')],
        ['absolute', zip, '/etc/cron.d/x', file('/etc/cron.d/x')],
        ['drive', zip, 'C:/x', file('C:/x')],
        ['UNC', zip, '//server/x', file('//server/x')],
        ['backslash', zip, 'a\\..\\x', file('a\\..\\x')],
        ['sibling prefix', zip, '../site-packages-x/y', file('../site-packages-x/y')],
        ['symlink', zip, 'link', file('link', { content: '/etc/passwd', mode: 0o120777 })],
        ['case', layout, 'A.py', files('a.py', 'A.py')],
        ['Unicode form', layout, 'e\u0301.py', files('\u00e9.py', 'e\u0301.py')],
        ['case, outside ASCII', layout, '\u00c9.py', files('\u00e9.py', '\u00c9.py')],
        ['file and folder', layout, 'site-packages/a', files('a', 'a/b')],
        ['file and folder by case', layout, 'site-packages/A', files('A', 'a/b')],
        ['whiteout', layout, '.wh.bin', file('.wh.bin')],
        ['whiteout in .data', layout, '.wh..wh..opq', file('{data}/data/.wh..wh..opq')],
        ['whiteout as a folder', layout, '.wh.x', file('pkg/.wh.x/y')],
        ['.data/scripts outside', zip, 'scripts/../../x', file('{data}/scripts/../../x')],
        ['loose in .data', layout, 'loose.txt', file('{data}/loose.txt')],
        ['unknown key of .data', layout, 'sbin', file('{data}/sbin/x')],
        ['script replaces Python', layout, 'bin/python3', file('{data}/scripts/python3')],
        [
          'entry point replaces Python',
          layout,
          'bin/python',
          { entryPoints: { console_scripts: { python: 'pkg:main' } } },
        ],
        ['data replaces pyvenv.cfg', layout, 'pyvenv.cfg', file('{data}/data/pyvenv.cfg')],
        [
          'script made twice',
          layout,
          'bin/tool',
          { ...file('{data}/data/bin/tool'), entryPoints: { console_scripts: { tool: 'pkg:main' } } },
        ],
      ]),
    ).toEqual([]);
  });

  it('for unpacking to far more than they hold', async () => {
    const bomb = both({ size: 10_000_000_000 % 2 ** 32, crc32: 0 });
    expect(
      await surprises([
        ['a bomb', 'PYC_ZIP_TOO_LARGE', '', file('bomb.bin', bomb)],
        [
          'many bombs',
          'PYC_ZIP_TOO_LARGE',
          '',
          { files: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, both({ size: 99_000_000 })])) },
        ],
      ]),
    ).toEqual([]);
  });

  it('for a million empty entries, before looking at any', async () => {
    const directory = Buffer.alloc(46 * 1_000_000);
    const bytes = makeZip([], { before: directory, zip64: { entries: 1_000_000 } });
    expect(await outcome({ bytes }, '')).toEqual(['PYC_ZIP_TOO_LARGE', true]);
  });

  it('for a RECORD that is missing, wrong or points outside', async () => {
    const code = 'PYC_WHEEL_RECORD_INVALID';
    const row = (text: string): Hostile => ({ record: (honest) => `${text}\n${honest}` });
    expect(
      await surprises([
        ['missing', code, 'RECORD', { record: () => undefined }],
        ['empty', code, 'pkg/__init__.py', { record: () => '' }],
        ['file not in it', code, 'pkg/__init__.py', { record: (honest) => honest.replace(/^pkg.*\n/, '') }],
        [
          'file without a hash',
          code,
          'pkg/__init__.py',
          { record: (honest) => honest.replace(/sha256=[^,]+/, '') },
        ],
        ['points outside', code, '../../../../etc/passwd', row('../../../../etc/passwd,,')],
        ['absolute', code, '/etc/passwd', row('/etc/passwd,,')],
        ['names what is not there', code, 'ghost.py', row(`ghost.py,sha256=${'A'.repeat(43)},0`)],
        [
          'MD5',
          code,
          'pkg/__init__.py',
          { record: (honest) => honest.replace(/sha256=[^,]+/, 'md5=1B2M2Y8AsgTpgAmY7PhCfg') },
        ],
        [
          'malformed hash',
          code,
          'pkg/__init__.py',
          { record: (honest) => honest.replace(/sha256=[^,]+/, 'sha256=short') },
        ],
        ['malformed size', code, 'pkg/__init__.py', { record: (honest) => honest.replace(/,0\n/, ',-1\n') }],
        ['two hashes for a file', code, 'pkg/__init__.py', row(`pkg/__init__.py,sha256=${'A'.repeat(43)},0`)],
        ['too few fields', code, 'pkg.py', row('pkg.py')],
        ['too many fields', code, 'a', row('a,b,c,d')],
        ['wrong quotes', code, 'is quoted wrongly', row('"a"b,,')],
        [
          'wrong hash of METADATA',
          code,
          'METADATA',
          { record: (honest) => honest.replace(/(METADATA,sha256=)...../, '$1AAAAA') },
        ],
        [
          'wrong hash of a script',
          code,
          'tool',
          {
            ...file('{data}/scripts/tool', '#!python\n'),
            record: (honest) => honest.replace(/(tool,sha256=)...../, '$1AAAAA'),
          },
        ],
        [
          'wrong hash of a file',
          'PYC_ARCHIVE_ENTRY_CORRUPT',
          'pkg/__init__.py',
          { record: (honest) => honest.replace(/(__init__.py,sha256=)...../, '$1AAAAA') },
        ],
        [
          'wrong hash of a stored file',
          'PYC_ARCHIVE_ENTRY_CORRUPT',
          'a.py',
          {
            ...file('a.py', { content: 'x', method: 0 }),
            record: (honest) => honest.replace(/(a.py,sha256=)...../, '$1AAAAA'),
          },
        ],
        [
          'wrong SHA-512 of a file',
          code,
          'pkg/__init__.py',
          { record: (honest) => honest.replace(/sha256=[^,]+/, `sha512=${'A'.repeat(86)}`) },
        ],
      ]),
    ).toEqual([]);
  });

  it('for entry points that are paths or code', async () => {
    const code = 'PYC_ENTRY_POINTS_INVALID';
    const script = (name: string, reference: string): Hostile => ({
      entryPoints: { console_scripts: { [name]: reference } },
    });
    expect(
      await surprises([
        ['a path', code, '../../bin/x', script('../../bin/x', 'pkg:main')],
        ['an absolute path', code, '/bin/x', script('/bin/x', 'pkg:main')],
        ['code as a module', code, 'os;', script('x', 'os; import sys:main')],
        ['code as a function', code, 'system', script('x', 'os:system("id")')],
        ['no function', code, 'pkg', script('x', 'pkg')],
        ['a keyword', code, 'import', script('x', 'pkg:import')],
        ['a newline', code, '', { entryPoints: '[console_scripts]\nx = pkg:main\n import os\n' }],
        ['a whiteout', 'PYC_WHEEL_LAYOUT_REFUSED', '.wh.python', script('.wh.python', 'pkg:main')],
      ]),
    ).toEqual([]);
  });

  it('where file name, METADATA and WHEEL disagree', async () => {
    const wheel = 'PYC_WHEEL_INVALID';
    const metadata = 'PYC_METADATA_INVALID';
    expect(
      await surprises([
        ['no wheel’s name', 'PYC_DISTRIBUTION_FILENAME_INVALID', 'pkg.whl', { fileName: 'pkg.whl' }],
        ['other file name', wheel, 'pkg-1.0.dist-info', { fileName: 'other-1.0-py3-none-any.whl' }],
        [
          'other version in the file name',
          wheel,
          'pkg-1.0.dist-info',
          { fileName: 'pkg-1.1-py3-none-any.whl' },
        ],
        ['other name in METADATA', wheel, 'other', { metadata: { Name: 'other' } }],
        ['other version in METADATA', wheel, '2.0', { metadata: { Version: '2.0' } }],
        ['two names in METADATA', metadata, 'Name', { metadata: { Name: ['pkg', 'other'] } }],
        ['no name in METADATA', metadata, 'Name', { metadata: { Name: [] } }],
        ['invalid version in METADATA', metadata, 'one', { metadata: { Version: 'one' } }],
        ['later metadata', metadata, '3.0', { metadata: { 'Metadata-Version': '3.0' } }],
        ['other tag in WHEEL', wheel, 'cp312-cp312-win_amd64', { wheel: { Tag: 'cp312-cp312-win_amd64' } }],
        [
          'other machine in WHEEL',
          wheel,
          'aarch64',
          {
            fileName: 'pkg-1.0-cp312-cp312-manylinux_2_28_x86_64.whl',
            wheel: { Tag: 'cp312-cp312-linux_aarch64' },
          },
        ],
        [
          'a platform in WHEEL, none in the file name',
          wheel,
          'linux_x86_64',
          { wheel: { Tag: 'py3-none-linux_x86_64' } },
        ],
        ['other build in WHEEL', wheel, '7', { wheel: { Build: '7' } }],
        ['later format', 'PYC_WHEEL_UNSUPPORTED', '2.0', { wheel: { 'Wheel-Version': '2.0' } }],
        ['no version of the format', wheel, 'Wheel-Version', { wheel: { 'Wheel-Version': [] } }],
        ['no WHEEL', wheel, 'WHEEL', { bytes: await withoutFile('WHEEL') }],
        ['no METADATA', wheel, 'METADATA', { bytes: await withoutFile('METADATA') }],
        ['no dist-info', wheel, '.dist-info', { bytes: makeZip([{ name: 'a.py' }]) }],
        ['two dist-infos', wheel, 'pkg-2.0.dist-info', file('pkg-2.0.dist-info/METADATA')],
        [
          'two dist-infos, one in another case',
          wheel,
          'PKG-1.0.dist-info',
          file('PKG-1.0.dist-info/METADATA'),
        ],
        ['another distribution’s .data', wheel, 'other-1.0.data', file('other-1.0.data/scripts/x')],
        [
          'METADATA that is not text',
          wheel,
          'WHEEL',
          file('{distInfo}/WHEEL', Buffer.from([0xff, 0xfe, 0xfd])),
        ],
      ]),
    ).toEqual([]);
  });

  it('where two of them want different bytes at one path', async () => {
    const one = await laidOut({ name: 'one', version: '1.0', files: { 'shared/__init__.py': 'a = 1' } });
    const other = await laidOut({ name: 'other', version: '1.0', files: { 'shared/__init__.py': 'a = 2' } });
    const conflicts = findConflicts([
      { name: 'one', record: one.record },
      { name: 'other', record: other.record },
    ]);
    expect(conflicts).toMatchObject([
      { path: expect.stringMatching(/shared\/__init__\.py$/), first: 'one', second: 'other' },
    ]);
  });
});

describe('odd wheels are made harmless', () => {
  it('by normalising modes', async () => {
    const { files } = await laidOut({
      ...BASE,
      files: {
        'setuid.py': { content: '1', mode: 0o104755 },
        'world.py': { content: '2', mode: 0o100666 },
        'none.py': { content: '3', mode: 0o100000 },
        'secret.py': { content: '4', mode: 0o100600 },
        'sticky.py': { content: '5', mode: 0o107777 },
      },
    });
    const modes = [...files].flatMap(([path, { mode }]) =>
      path.includes('dist-info') ? [] : [mode.toString(8)],
    );
    expect(modes).toEqual(['644', '644', '755', '755', '644']);
  });

  it('and one that was built for any platform may be named for one', async () => {
    const renamed = 'pkg-1.0-py3-none-manylinux1_x86_64.whl';
    const recipe: WheelRecipe = { ...BASE, wheel: { Tag: 'py3-none-any' } };
    expect(await withWheel(recipe, ({ fileName }) => fileName, renamed)).toBe(renamed);
  });

  it('and start-up code is allowed, and reported', async () => {
    const { record } = await laidOut({
      ...BASE,
      files: {
        'evil.pth': 'import os\n',
        'sitecustomize.py': '',
        'pkg/inner.pth': '',
        'pkg/__init__.py': '',
      },
    });
    const found = startupFilesOf(record, installSchemeOf(TARGET));
    expect(found.map((path) => path.split('/').at(-1))).toEqual(['evil.pth', 'sitecustomize.py']);
  });

  it('and what only the installer may say is not taken from the wheel', async () => {
    const { files } = await laidOut({
      ...BASE,
      files: {
        'pkg.py': '',
        '{distInfo}/INSTALLER': 'pip',
        '{distInfo}/REQUESTED': '',
        '{distInfo}/direct_url.json': '{}',
        '{distInfo}/RECORD.jws': '{}',
      },
    });
    const info = [...files]
      .filter(([path]) => path.includes('dist-info'))
      .map(([path]) => path.split('/').at(-1));
    expect(info).toEqual(['INSTALLER', 'METADATA', 'RECORD', 'WHEEL']);
    const installer = [...files].find(([path]) => path.endsWith('INSTALLER'));
    expect(installer?.[1].text).toBe('pycontainer\n');
  });
});

/** A good wheel but for one file of its `.dist-info`. */
async function withoutFile(missing: string): Promise<Uint8Array> {
  const info = 'pkg-1.0.dist-info';
  const contents: Record<string, string> = {
    METADATA: 'Metadata-Version: 2.1\nName: pkg\nVersion: 1.0\n',
    WHEEL: 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  };
  const entries = Object.entries(contents).filter(([name]) => name !== missing);
  const rows = entries.map(
    ([name, content]) =>
      `${info}/${name},sha256=${createHash('sha256').update(content).digest('base64url')},\n`,
  );
  const recipes = entries.map(([name, content]) => ({ name: `${info}/${name}`, content }));
  return makeZip([...recipes, { name: `${info}/RECORD`, content: `${rows.join('')}${info}/RECORD,,\n` }]);
}
