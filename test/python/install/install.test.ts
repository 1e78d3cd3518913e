import './conformance-cases.ts';
import { describe, expect, it } from 'vitest';
import { FIXED_MTIME } from '../../../core/primitives/file-tree.ts';
import { installSchemeOf } from '../../../core/python/install.ts';
import { codeOf } from '../../codes.ts';
import { laidOut, SITE, TARGET } from './laid-out.ts';

const text = (files: ReadonlyMap<string, { text: string }>, path: string) => files.get(path)?.text;

describe('layOut', () => {
  it('puts every kind of file where a virtual environment has it', async () => {
    const { files } = await laidOut({
      name: 'My.Pkg',
      version: '1.0',
      files: {
        'my_pkg/__init__.py': 'a',
        'my_pkg/bin/tool': { content: 'b', mode: 0o100755 },
        '{data}/purelib/pure.py': 'c',
        '{data}/platlib/plat.so': 'd',
        '{data}/headers/my.h': 'e',
        '{data}/scripts/run': 'f',
        '{data}/data/share/x.txt': 'g',
        '{data}/data/lib64/y.txt': 'h',
        '{data}/data/etc/z': { content: 'i', mode: 0o100644 },
        'folder/': { content: '', method: 0, mode: 0o040755 },
      },
    });
    const found = [...files]
      .filter(([path]) => !path.includes('dist-info'))
      .map(([path, { mode, text }]) => [path, mode, text]);
    expect(found).toEqual([
      ['opt/venv/bin/run', 0o755, 'f'],
      ['opt/venv/etc/z', 0o644, 'i'],
      ['opt/venv/include/site/python3.12/My.Pkg/my.h', 0o644, 'e'],
      [`${SITE}/my_pkg/__init__.py`, 0o644, 'a'],
      [`${SITE}/my_pkg/bin/tool`, 0o755, 'b'],
      [`${SITE}/plat.so`, 0o644, 'd'],
      [`${SITE}/pure.py`, 0o644, 'c'],
      ['opt/venv/lib/y.txt', 0o644, 'h'],
      ['opt/venv/share/x.txt', 0o644, 'g'],
    ]);
  });

  it('gives directories from the prefix down, sorted with the files, owned by root, at one time', async () => {
    const { items, record } = await laidOut({
      name: 'pkg',
      version: '1.0',
      files: { 'pkg/a.py': '', 'pkg-x.py': '' },
    });
    const paths = items.map(([path]) => path);
    expect(paths).toEqual([...paths].sort());
    expect(items.filter(([, { type }]) => type === 'directory').map(([path]) => path)).toEqual([
      'opt/venv',
      'opt/venv/lib',
      'opt/venv/lib/python3.12',
      SITE,
      `${SITE}/pkg`,
      `${SITE}/pkg-1.0.dist-info`,
    ]);
    for (const [, entry] of items) expect(entry).toMatchObject({ uid: 0, gid: 0, mtime: FIXED_MTIME });
    expect(record.entries.map(({ path, type, mode }) => [path, type, mode])).toEqual(
      items.map(([path, { type, mode }]) => [path, type, mode]),
    );
  });

  it('keeps contents in the wheel: deflated ones as ranges to splice, stored ones as ranges to copy', async () => {
    const { items } = await laidOut({
      name: 'pkg',
      version: '1.0',
      files: { 'a.py': 'x'.repeat(1000), 'b.py': { content: 'y'.repeat(10), method: 0 } },
    });
    const content = (name: string) => {
      const entry = items.find(([path]) => path === `${SITE}/${name}`)?.[1];
      return entry?.type === 'file' ? entry.content : undefined;
    };
    const [a, b] = [content('a.py'), content('b.py')];
    expect(a).toMatchObject({ size: 1000, deflated: { range: { size: a?.deflated?.size } } });
    expect(a?.range).toBeUndefined();
    expect(b).toMatchObject({ size: 10, range: { size: 10 } });
    expect(b?.deflated).toBeUndefined();
  });

  it('makes scripts of console and GUI entry points, and leaves out what wraps them in the wheel', async () => {
    const { files } = await laidOut({
      name: 'pkg',
      version: '1.0',
      files: {
        'pkg.py': '',
        '{data}/scripts/tool': '#!python\nold\n',
        '{data}/scripts/tool.exe': 'MZ',
        '{data}/scripts/tool-script.py': 'old',
      },
      entryPoints: {
        console_scripts: { tool: 'pkg.cli:App.run', both: 'pkg:one [extra]' },
        gui_scripts: { window: 'pkg : gui', both: 'pkg:two' },
        'other.group': { plugin: 'pkg:plugin' },
      },
    });
    const scripts = [...files].filter(([path]) => path.startsWith('opt/venv/bin/'));
    expect(scripts.map(([path, { mode }]) => [path.split('/').at(-1), mode])).toEqual([
      ['both', 0o755],
      ['tool', 0o755],
      ['window', 0o755],
    ]);
    expect(text(files, 'opt/venv/bin/tool')).toBe(
      '#!/opt/venv/bin/python\nimport sys\n\nfrom pkg.cli import App\n\nif __name__ == "__main__":\n    sys.exit(App.run())\n',
    );
    expect(text(files, 'opt/venv/bin/both')).toContain('from pkg import two\n');
  });

  it('points scripts of the wheel to the environment’s Python, and leaves others as they are', async () => {
    const binary = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 3]);
    const scripts = {
      '{data}/scripts/plain': '#!python\nprint(1)\n',
      '{data}/scripts/windowed': { content: '#!pythonw -E\r\nprint(2)\n', method: 0 as const },
      '{data}/scripts/only': '#!python',
      '{data}/scripts/shell': '#!/bin/sh\necho 3\n',
      '{data}/scripts/binary': binary,
      '{data}/scripts/empty': '',
      '{data}/scripts/sub/nested': '#!python\n',
    };
    const { files } = await laidOut({ name: 'pkg', version: '1.0', files: { 'pkg.py': '', ...scripts } });
    const found = Object.fromEntries([...files].filter(([path]) => path.startsWith('opt/venv/bin/')));
    expect(
      Object.fromEntries(
        Object.entries(found).map(([path, { text }]) => [path.slice('opt/venv/bin/'.length), text]),
      ),
    ).toEqual({
      binary: binary.toString(),
      empty: '',
      only: '#!/opt/venv/bin/python\n',
      plain: '#!/opt/venv/bin/python\nprint(1)\n',
      shell: '#!/bin/sh\necho 3\n',
      'sub/nested': '#!/opt/venv/bin/python\n',
      windowed: '#!/opt/venv/bin/python\nprint(2)\n',
    });
    expect(new Set(Object.values(found).map(({ mode }) => mode))).toEqual(new Set([0o755]));
  });

  it('goes through the shell where the path of Python is too long or has a space', async () => {
    for (const prefix of ['opt/my env', `opt/${'x'.repeat(120)}`]) {
      const { files } = await laidOut(
        { name: 'pkg', version: '1.0', entryPoints: { console_scripts: { tool: 'pkg:main' } } },
        { target: { ...TARGET, prefix } },
      );
      expect(text(files, `${prefix}/bin/tool`)?.split('\n').slice(0, 3)).toEqual([
        '#!/bin/sh',
        `'''exec' "/${prefix}/bin/python" "$0" "$@"`,
        "' '''",
      ]);
    }
  });

  it('writes a RECORD with every file, sorted, relative to site-packages', async () => {
    const { files } = await laidOut({
      name: 'pkg',
      version: '1.0',
      files: { 'pkg.py': 'x', 'a,b "c".txt': '', '{data}/scripts/run': 'f' },
      entryPoints: { console_scripts: { tool: 'pkg:main' } },
    });
    const record = text(files, `${SITE}/pkg-1.0.dist-info/RECORD`) ?? '';
    const rows = record.split('\n');
    expect(rows.pop()).toBe('');
    expect(rows.map((row) => row.split(',sha256')[0])).toEqual([
      '../../../bin/run',
      '../../../bin/tool',
      '"a,b ""c"".txt"',
      'pkg-1.0.dist-info/INSTALLER',
      'pkg-1.0.dist-info/METADATA',
      'pkg-1.0.dist-info/RECORD,,',
      'pkg-1.0.dist-info/WHEEL',
      'pkg-1.0.dist-info/entry_points.txt',
      'pkg.py',
    ]);
    const tool = files.get('opt/venv/bin/tool');
    const hash = Buffer.from(tool?.sha256 ?? '', 'hex').toString('base64url');
    expect(rows[1]).toBe(`../../../bin/tool,sha256=${hash},${tool?.size}`);
  });

  it('records where a distribution came from, without credentials, only where it is no index', async () => {
    const directUrl = {
      url: 'https://user:secret@example.org/pkg-1.0-py3-none-any.whl',
      archive_info: { hashes: { sha256: 'a'.repeat(64) } },
    };
    const recipe = { name: 'pkg', version: '1.0' };
    const direct = await laidOut(recipe, { directUrl });
    const path = `${SITE}/pkg-1.0.dist-info/direct_url.json`;
    expect(JSON.parse(text(direct.files, path) ?? '')).toEqual({
      ...directUrl,
      url: 'https://example.org/pkg-1.0-py3-none-any.whl',
    });
    expect((await laidOut(recipe)).files.has(path)).toBe(false);
    expect(await codeOf(() => laidOut(recipe, { directUrl: { url: 'https://example.org' } }))).toMatch(
      /^PYC_/,
    );
  });

  it('accepts a RECORD of SHA-384 and SHA-512, and states SHA-256 itself', async () => {
    const { createHash } = await import('node:crypto');
    for (const algorithm of ['sha384', 'sha512']) {
      const hash = createHash(algorithm).update('x').digest('base64url');
      const { record, files } = await laidOut({
        name: 'pkg',
        version: '1.0',
        files: { 'pkg.py': 'x' },
        record: (honest) => honest.replace(/pkg.py,sha256=[^,]+/, `pkg.py,${algorithm}=${hash}`),
      });
      const sha256 = createHash('sha256').update('x').digest('hex');
      expect(record.entries.find(({ path }) => path === `${SITE}/pkg.py`)).toMatchObject({
        sha256: `sha256:${sha256}`,
      });
      expect(text(files, `${SITE}/pkg-1.0.dist-info/RECORD`)).not.toContain(algorithm);
    }
  });

  it('keeps one of two identical files of a wheel', async () => {
    const { files } = await laidOut({
      name: 'pkg',
      version: '1.0',
      files: { 'pkg.py': 'x', '{data}/purelib/pkg.py': 'x' },
    });
    expect(files.has(`${SITE}/pkg.py`)).toBe(true);
  });

  it('states the facts of METADATA', async () => {
    const { record } = await laidOut({
      name: 'My.Pkg',
      version: '1.0.0',
      metadata: {
        Summary: 'Does it',
        'License-Expression': 'MIT OR Apache-2.0',
        'Project-URL': ['Docs, https://docs.example.org', 'Homepage, https://example.org'],
        'Author-email': 'Ann <ann@example.org>',
        'Requires-Dist': [
          'Zope.Interface>=5',
          'anyio (>=4,<5) ; python_version < "3.13"',
          'uvloop; extra == "fast"',
          'anyio',
        ],
      },
    });
    expect(record.components).toEqual([
      {
        kind: 'python',
        name: 'my-pkg',
        version: '1.0.0',
        license: 'MIT OR Apache-2.0',
        summary: 'Does it',
        homepage: 'https://example.org',
        author: 'Ann <ann@example.org>',
        requirements: [
          'Zope.Interface>=5',
          'anyio (>=4,<5) ; python_version < "3.13"',
          'uvloop; extra == "fast"',
          'anyio',
        ],
        requires: ['anyio', 'uvloop', 'zope-interface'],
      },
    ]);
  });
});

describe('METADATA of old wheels', () => {
  it('may have names in another encoding than UTF-8', async () => {
    const metadata = Buffer.from(
      'Metadata-Version: 1.0\nName: pkg\nVersion: 1.0\nAuthor: Andr\xe9\n',
      'latin1',
    );
    const { record } = await laidOut({
      name: 'pkg',
      version: '1.0',
      files: { 'pkg.py': '', '{distInfo}/METADATA': metadata },
    });
    expect(record.components[0]?.author).toBe('Andr\ufffd');
  });
});

describe('installSchemeOf', () => {
  it('knows the folders of free-threaded and other implementations', () => {
    const folder = (over: object) => installSchemeOf({ ...TARGET, ...over }).sitePackages;
    expect(folder({ pythonVersion: '3.13', abi: 'cp313t' })).toBe('opt/venv/lib/python3.13t/site-packages');
    expect(folder({ implementation: 'pypy', pythonVersion: '3.10', abi: 'pypy310_pp73' })).toBe(
      'opt/venv/lib/pypy3.10/site-packages',
    );
    expect(installSchemeOf(TARGET).interpreter).toBe('/opt/venv/bin/python');
  });

  it('refuses a prefix that is no path in an image', async () => {
    for (const prefix of ['', '/opt/venv', '../venv', 'opt//venv']) {
      expect(await codeOf(() => installSchemeOf({ ...TARGET, prefix }))).toBe('PYC_PATH_UNSAFE');
    }
  });
});
