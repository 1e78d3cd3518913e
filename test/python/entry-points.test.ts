import { describe, expect, it } from 'vitest';
import { parseEntryPoints } from '../../core/python/entry-points.ts';
import { parseObjectReference } from '../../core/python/object-reference.ts';
import { codeOf } from './conformance.ts';

function script(line: string): string | undefined {
  return codeOf(() => parseEntryPoints(`[console_scripts]\n${line}\n`));
}

describe('parseEntryPoints', () => {
  it('reads groups, names, references and extras', () => {
    const groups = parseEntryPoints(
      '# a comment\n[console_scripts]\nfoo = pkg.mod:main.run [bar, baz]\r\nFoo-2.0=pkg : func\n\n; another\n[my.plugins]\nx = pkg\n',
    );
    expect(Object.fromEntries(groups)).toEqual({
      console_scripts: [
        { name: 'foo', module: 'pkg.mod', attribute: 'main.run', extras: ['bar', 'baz'] },
        { name: 'Foo-2.0', module: 'pkg', attribute: 'func', extras: [] },
      ],
      'my.plugins': [{ name: 'x', module: 'pkg', attribute: undefined, extras: [] }],
    });
  });

  it.each([
    '../../bin/x = a:b',
    'a/b = a:b',
    'a\\b = a:b',
    '.. = a:b',
    'a\u0007 = a:b',
    'a\u202eb = a:b',
    ' = a:b',
    'no-equals-sign',
    'x = a',
    'x = a:b()',
    'x = a:b; import os',
    'x = a.b:c d',
    'x = a:__import__("os")',
    'x = import:b',
    'x = a:lambda',
    'x = a-b:c',
    'x = 1a:b',
    'x =',
    'x = a:b\nx = a:c',
  ])('refuses the script `%s`', (line) => {
    expect(script(line)).toBe('PYC_ENTRY_POINTS_INVALID');
  });

  it('accepts the names that real scripts have', () => {
    for (const name of ['pip3.12', 'c++filt', 'a b', '_x', 'naïve', '-q'])
      expect(script(`${name} = a:b`)).toBeUndefined();
  });

  it('passes over what other groups hold beside references', () => {
    const groups = parseEntryPoints('[weird group]\nx = a:b()\ny = a:b\n');
    expect(groups.get('weird group')?.map(({ name }) => name)).toEqual(['y']);
  });

  it('names every faulty line', () => {
    try {
      parseEntryPoints('x = a:b\n[gui_scripts]\ny = a\n[]\n');
      expect.unreachable();
    } catch (thrown) {
      expect((thrown as { details: unknown[] }).details).toHaveLength(3);
    }
  });
});

describe('parseObjectReference', () => {
  it('takes letters of any script for names, as Python does', () => {
    expect(parseObjectReference('päckage.модуль:ƒ')).toEqual({
      module: 'päckage.модуль',
      attribute: 'ƒ',
      extras: [],
    });
    expect(parseObjectReference('a..b')).toBeUndefined();
    expect(parseObjectReference('a:b:c')).toBeUndefined();
    expect(parseObjectReference('a:b\nc')).toBeUndefined();
  });
});
