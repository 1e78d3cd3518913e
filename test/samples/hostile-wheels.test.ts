import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { makeWheel, type WheelFileRecipe, type WheelRecipe, wheelFileName } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import { filesBelow, makeSample } from './sample.ts';

type Hostile = Partial<WheelRecipe>;
/** What is wrong with the wheel, the code of the error, what its text must name, and the wheel. */
type Row = readonly [what: string, code: string, named: string, wheel: Hostile];

const GOOD: WheelRecipe = { name: 'good', version: '1.0' };
const EVIL: WheelRecipe = { name: 'evil', version: '1.0' };
const ZIP = 'PYC_ZIP_INVALID';
const LAYOUT = 'PYC_WHEEL_LAYOUT_REFUSED';
const RECORD = 'PYC_WHEEL_RECORD_INVALID';
const WHEEL = 'PYC_WHEEL_INVALID';

const file = (path: string, recipe: WheelFileRecipe = 'x'): Hostile => ({
  files: { 'evil/__init__.py': '', [path]: recipe },
});
const files = (...paths: string[]): Hostile => ({
  files: Object.fromEntries(paths.map((path, index) => [path, `${index}`])),
});
const both = (over: object, content = 'x'.repeat(500)) => ({ content, local: over, central: over });
const record = (change: (honest: string) => string | undefined): Hostile => ({ record: change });
const script = (name: string, reference: string): Hostile => ({
  entryPoints: { console_scripts: { [name]: reference } },
});

/** Builds each wheel beside a good one; nothing may come of it but the refusal. */
async function surprises(rows: readonly Row[]): Promise<unknown[]> {
  const sample = await makeSample();
  const found: unknown[] = [];
  const offered = new Set([await digestOf(GOOD)]);
  for (const [what, code, named, recipe] of rows) {
    const wheel = { ...EVIL, ...recipe };
    offered.add(await digestOf(wheel));
    await sample.lock([GOOD, wheel]);
    const { error, outputs } = await sample.build();
    const text = [error?.message, ...(error?.details ?? [])].join('\n');
    const isNamed = text.includes(named) && text.includes(wheelFileName(wheel));
    const written = [
      ...(await filesBelow(join(sample.directory, 'build'))),
      ...(await strangersIn(sample.cache, offered)),
      ...outputs,
    ];
    if (error?.code !== code || error.exitCode !== 1 || !isNamed || written.length > 0)
      found.push({ what, code: error?.code, text, written });
  }
  return found;
}

async function digestOf(wheel: WheelRecipe): Promise<string> {
  return createHash('sha256')
    .update(await makeWheel(wheel))
    .digest('hex');
}

/** What a store holds besides the wheels themselves: layers, records of parts or layers, temporary files, locks. */
async function strangersIn(cache: string, wheels: ReadonlySet<string>): Promise<string[]> {
  const strangers: string[] = [];
  for (const path of await filesBelow(cache)) {
    const [folder, ...rest] = path.split('/');
    if (folder === 'blobs' && (wheels.has(rest.at(-1)!) || (await isOtherLayer(join(cache, path))))) continue;
    // The size of a wheel that was fetched is known whatever the wheel is.
    if (folder === 'actions' && /"value":\d+\}$/.test(await readFile(join(cache, path), 'utf8'))) continue;
    if (path !== 'CACHEDIR.TAG' && path !== 'evicted') strangers.push(path);
  }
  return strangers;
}

/** Layers are written side by side: one that was finished before another was refused is as good as ever. */
async function isOtherLayer(blob: string): Promise<boolean> {
  const bytes = await readFile(blob);
  return bytes.readUInt16BE(0) === 0x1f8b && !gunzipSync(bytes).includes('site-packages/evil');
}

describe('a build with a hostile wheel leaves nothing but an error that names the entry', () => {
  it('where the archive contradicts itself', async () => {
    const end = Buffer.from(await makeWheel(EVIL)).subarray(-22);
    expect(
      await surprises([
        ['two names', ZIP, 'evil.py', file('evil.py', { content: 'x', local: { name: 'good.py' } })],
        ['two ends', ZIP, '', { zip: { after: end } }],
        ['two ends, one in a comment', ZIP, '', { zip: { comment: end } }],
        ['bytes before', ZIP, '', { zip: { before: Buffer.from('#!/bin/sh\n') } }],
        ['bytes after', ZIP, '', { zip: { after: Buffer.from('hidden') } }],
        ['duplicate names', ZIP, 'twice.py', { files: { 'twice.py': '1', b: both({ name: 'twice.py' }) } }],
        ['unlisted entry', ZIP, 'evil', file('hidden.py', { content: 'x', unlisted: true })],
        ['listed only', ZIP, 'evil', file('ghost.py', { content: 'x', central: { offset: 99_999 } })],
        ['ZIP64 locator elsewhere', ZIP, '', { zip: { zip64: { locatorOffset: 1 } } }],
        ['lying descriptor', ZIP, 'd.py', file('d.py', { content: 'x', descriptor: Buffer.alloc(12, 1) })],
        ['bad CRC', 'PYC_ARCHIVE_ENTRY_CORRUPT', 'c.py', file('c.py', both({ crc32: 1 }))],
        [
          'bad CRC, large',
          'PYC_ARCHIVE_ENTRY_CORRUPT',
          'c.bin',
          file('c.bin', both({ crc32: 1 }, 'x'.repeat(5_000_000))),
        ],
        ['bad size', RECORD, 'c.py', file('c.py', both({ size: 9 }))],
        [
          'bad size, in RECORD as well',
          'PYC_ARCHIVE_ENTRY_CORRUPT',
          'c.py',
          { ...file('c.py', both({ size: 9 })), record: (text) => text.replace(/(c\.py,.*),500/, '$1,9') },
        ],
        [
          'Unicode path that differs',
          ZIP,
          'good.py',
          file('good.py', {
            content: 'x',
            central: { extra: Buffer.from('757009000100000000652e7079', 'hex') },
          }),
        ],
        ['overlap', ZIP, 'evil', file('o.py', { content: 'x', central: { offset: 7 } })],
        ['encryption', 'PYC_ZIP_UNSUPPORTED', 'e.py', file('e.py', both({ flags: 1 }))],
        ['several disks', 'PYC_ZIP_UNSUPPORTED', '', { zip: { end: { disk: 1 } } }],
        ['unknown method', 'PYC_ZIP_UNSUPPORTED', 'm.py', file('m.py', both({ method: 14 }))],
      ]),
    ).toEqual([]);
  });

  it('where it would unpack to far more than it is', async () => {
    expect(
      await surprises([
        [
          'a bomb',
          'PYC_ZIP_TOO_LARGE',
          '',
          file('bomb.bin', both({ size: 10_000_000_000 % 2 ** 32, crc32: 0 })),
        ],
        [
          'many bombs',
          'PYC_ZIP_TOO_LARGE',
          '',
          { files: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, both({ size: 99_000_000 })])) },
        ],
        ['a million empty entries', 'PYC_ZIP_TOO_LARGE', '', { zip: { zip64: { entries: 1_000_000 } } }],
      ]),
    ).toEqual([]);
  });

  it('where a name lies outside, hides something or collides', async () => {
    expect(
      await surprises([
        ['NUL', ZIP, '\\u0000', file('a\0.py')],
        ['newline', ZIP, '\\u000a', file('a\n.py')],
        ['escape sequence', ZIP, '\\u001b', file('a\x1b[2J.py')],
        ['changed direction', ZIP, '\\u202e', file('a\u202eyp.py')],
        ['parents', ZIP, 'a/../../x', file('a/../../x')],
        ['absolute', ZIP, '/etc/cron.d/x', file('/etc/cron.d/x')],
        ['drive', ZIP, 'C:/x', file('C:/x')],
        ['UNC', ZIP, '//server/x', file('//server/x')],
        ['backslash', ZIP, 'a\\..\\x', file('a\\..\\x')],
        ['sibling prefix', ZIP, '../site-packages-x/y', file('../site-packages-x/y')],
        ['symlink', ZIP, 'link', file('link', { content: '/etc/passwd', mode: 0o120777 })],
        ['device', ZIP, 'null', file('null', { content: '', mode: 0o020666 })],
        ['case', LAYOUT, 'A.py', files('a.py', 'A.py')],
        ['Unicode form', LAYOUT, 'e\u0301.py', files('\u00e9.py', 'e\u0301.py')],
        ['file and folder', LAYOUT, 'site-packages/a', files('a', 'a/b')],
        ['whiteout', LAYOUT, '.wh.bin', file('.wh.bin')],
        ['whiteout in .data', LAYOUT, '.wh..wh..opq', file('{data}/data/.wh..wh..opq')],
        ['.data/scripts outside', ZIP, 'scripts/../../x', file('{data}/scripts/../../x')],
        ['unknown key of .data', LAYOUT, 'sbin', file('{data}/sbin/x')],
        ['script in place of Python', LAYOUT, 'bin/python3', file('{data}/scripts/python3')],
      ]),
    ).toEqual([]);
  });

  it('where RECORD, entry points, names and versions are not what they should be', async () => {
    expect(
      await surprises([
        ['no RECORD', RECORD, 'RECORD', record(() => undefined)],
        [
          'RECORD without a file',
          RECORD,
          'evil/__init__.py',
          record((text) => text.replace(/^evil.*\n/, '')),
        ],
        ['RECORD that points outside', RECORD, '../../x', record((text) => `../../x,,\n${text}`)],
        [
          'RECORD with a wrong hash',
          'PYC_LAYER_CONTENT_CHANGED',
          'evil/__init__.py` of `evil-1.0',
          record((text) => text.replace(/(__init__.py,sha256=)...../, '$1AAAAA')),
        ],
        [
          'entry point outside',
          'PYC_ENTRY_POINTS_INVALID',
          '../../bin/x',
          script('../../bin/x', 'evil:main'),
        ],
        ['code in an entry point', 'PYC_ENTRY_POINTS_INVALID', 'system', script('x', 'os:system("id")')],
        ['other name in METADATA', WHEEL, 'other', { metadata: { Name: 'other' } }],
        ['other version in METADATA', WHEEL, '2.0', { metadata: { Version: '2.0' } }],
        ['other tag in WHEEL', WHEEL, 'cp312-cp312-win_amd64', { wheel: { Tag: 'cp312-cp312-win_amd64' } }],
        ['other name of the folder', WHEEL, 'other-1.0', { stem: 'other-1.0' }],
        ['two dist-infos', WHEEL, 'evil-2.0.dist-info', file('evil-2.0.dist-info/METADATA')],
        ['later format', 'PYC_WHEEL_UNSUPPORTED', '2.0', { wheel: { 'Wheel-Version': '2.0' } }],
      ]),
    ).toEqual([]);
  });
});

describe('a build with an odd wheel', () => {
  it('drops setuid and world-writable modes, and reports start-up code', async () => {
    const sample = await makeSample({
      wheels: [
        {
          ...EVIL,
          files: {
            'evil/set.py': { content: '1', mode: 0o104777 },
            'evil/world.py': { content: '2', mode: 0o100666 },
            'evil.pth': 'import evil\n',
          },
        },
      ],
    });
    const modes: Record<string, string> = {};
    const report = await sample.build(
      {},
      {
        plugins: [
          {
            name: 'look',
            apply: (hooks) =>
              hooks.collected.tapPromise('look', async ({ tree }) => {
                for await (const [path, { mode }] of tree.entries()) modes[path] = mode.toString(8);
              }),
          },
        ],
      },
    );
    expect(report.error).toBeNull();
    const site = 'opt/venv/lib/python3.12/site-packages';
    expect([modes[`${site}/evil/set.py`], modes[`${site}/evil/world.py`]]).toEqual(['755', '644']);
    expect(report.warnings).toMatchObject([
      { code: 'PYC_STARTUP_CODE', message: expect.stringContaining('evil.pth') },
    ]);
  });
});
