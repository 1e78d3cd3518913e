import { mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeZip } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unpackArchive } from '../../core/archive/unpack.ts';
import { codeOf } from '../codes.ts';
import { makeTar, type TarEntryRecipe } from './tars.ts';

const { signal } = new AbortController();

async function unpack(bytes: Uint8Array, name = 'a-1.0.tar.gz', limits = {}) {
  const root = await mkdtemp(join(tmpdir(), 'pyc-unpack-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const file = join(root, 'archive');
  await writeFile(file, bytes);
  const directory = await mkdtemp(join(root, 'to-'));
  const top = await unpackArchive(file, { name, directory, signal, limits });
  return { directory, top: relative(directory, top) };
}

const gz = (entries: readonly TarEntryRecipe[]) => gzipSync(makeTar(entries));

describe('unpackArchive', () => {
  it('gives files, folders and links that stay inside, and the only folder at the top', async () => {
    const { directory, top } = await unpack(
      gz([
        { path: 'a-1.0', type: 'directory' },
        { path: 'a-1.0/run.sh', text: '#!/bin/sh\n', mode: 0o4755, uid: 1000, mtime: 1_700_000_000 },
        { path: 'a-1.0/p/deep/x.py', text: 'X = 1\n', mode: 0o600 },
        { path: 'a-1.0/link', type: 'symlink', linkTarget: 'p/../run.sh' },
        { path: 'a-1.0/p/up', type: 'symlink', linkTarget: '../p/deep' },
        { path: 'a-1.0/same.sh', type: 'hardlink', linkTarget: 'a-1.0/run.sh' },
      ]),
    );
    expect(top).toBe('a-1.0');
    const at = (path: string) => join(directory, 'a-1.0', path);
    expect(await readFile(at('link'), 'utf8')).toBe('#!/bin/sh\n');
    expect(await readFile(at('p/up/x.py'), 'utf8')).toBe('X = 1\n');
    expect(await readlink(at('p/up'))).toBe('../p/deep');
    const run = await stat(at('run.sh'));
    expect([run.mode & 0o7111, Math.floor(run.mtimeMs / 1000)]).toEqual([0o111, 1_700_000_000]);
    expect((await stat(at('p/deep/x.py'))).mode & 0o500).toBe(0o400);
    expect(await readdir(at(''))).toHaveLength(4);
  });

  it('reads every compression that it can by the name, and by the first bytes where that says nothing', async () => {
    const tar = makeTar([{ path: 'setup.py' }, { path: 'p/x' }]);
    const zip = makeZip([{ name: 'b/setup.py', content: 'x' }]);
    for (const [name, bytes] of [
      ['a.tar', tar],
      ['a.tgz', gzipSync(tar)],
      ['main', gzipSync(tar)],
      ['main', tar],
    ] as const) {
      expect((await unpack(bytes, name)).top).toBe('');
    }
    expect((await unpack(zip, 'b.zip')).top).toBe('b');
    expect(await codeOf(() => unpack(tar, 'a.tar.gz'))).toBe('PYC_COMPRESSION_INVALID');
    expect(await codeOf(() => unpack(gzipSync(tar), 'a.zip'))).toBe('PYC_ZIP_INVALID');
  });

  it('refuses what leads out, stands in the way, is no file, or never ends', async () => {
    const file = { path: 'a/f', text: 'x' };
    const link = (path: string, linkTarget: string): TarEntryRecipe => ({
      path,
      type: 'symlink',
      linkTarget,
    });
    const refused: readonly (readonly [why: string, entries: readonly TarEntryRecipe[]])[] = [
      ['a link to an absolute path', [link('a/l', '/etc/passwd')]],
      ['a link above the top', [link('a/l', '../../x')]],
      ['a link above the top through another', [link('a/d', '..'), link('a/l', 'd/../x')]],
      ['a link that is followed in circles', [link('a/l', 'm'), link('a/m', 'l')]],
      ['a drive', [link('a/l', 'C:/x')]],
      ['a file below a link', [link('a/l', '.'), { path: 'a/l/f', text: 'x' }]],
      ['a folder that becomes a link', [{ path: 'a/d', type: 'directory' }, link('a/d', '.')]],
      ['a link that becomes a folder', [link('a/d', '.'), { path: 'a/d', type: 'directory' }]],
      ['a file that becomes a folder', [file, { path: 'a/f/g' }]],
      ['a file twice', [file, file]],
      ['a hard link to what is not there', [{ path: 'a/h', type: 'hardlink', linkTarget: 'a/f' }, file]],
      ['a hard link to a link', [link('a/l', 'f'), { path: 'a/h', type: 'hardlink', linkTarget: 'a/l' }]],
      ['a pipe', [{ path: 'a/p', flag: '6' }]],
      ['nothing', []],
    ];
    const wrong: unknown[] = [];
    for (const [why, entries] of refused) {
      const code = await codeOf(async () => unpack(gz(entries)));
      if (code !== 'PYC_ARCHIVE_UNSAFE') wrong.push([why, code]);
    }
    expect(wrong).toEqual([]);
    const bomb = gz([{ path: 'a/zeros', text: '\0'.repeat(5_000_000) }]);
    expect(await codeOf(() => unpack(bomb, 'a.tar.gz', { maxBytes: 1_000_000 }))).toBe('PYC_TAR_INVALID');
    const two = gz([0, 1, 2].map((one) => ({ path: `a/${one}`, text: '\0'.repeat(600_000) })));
    expect(await codeOf(() => unpack(two, 'a.tar.gz', { maxBytes: 1_000_000 }))).toBe('PYC_ARCHIVE_UNSAFE');
    const many = gz(Array.from({ length: 20 }, (_, index) => ({ path: `a/${index}/x` })));
    expect(await codeOf(() => unpack(many, 'a.tar.gz', { maxEntries: 25 }))).toBe('PYC_ARCHIVE_UNSAFE');
  });
});
