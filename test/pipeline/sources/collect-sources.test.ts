import { createHash } from 'node:crypto';
import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { collectSources } from '../../../core/pipeline/sources/index.ts';
import { readAll } from '../../../core/primitives/bytes.ts';
import { FIXED_MTIME, type TreeItem } from '../../../core/primitives/file-tree.ts';
import { projectFolder } from './project-folder.ts';

const show = ([path, entry]: TreeItem): string => {
  const what =
    entry.type === 'file'
      ? String(entry.content.size)
      : entry.type === 'symlink'
        ? `-> ${entry.target}`
        : '/';
  return `${path} ${entry.mode.toString(8)} ${what}`;
};

it('gives sorted entries with even modes, owners and times', async () => {
  const directory = projectFolder({
    'b.py': { text: 'b', mode: 0o640 },
    'run.sh': { text: '#!/bin/sh', mode: 0o775 },
    'pkg/sub/\u00e4.txt': 'x',
    'pkg/sub/a\u0308.txt': 'decomposed',
    'pkg/README': '',
    'pkg/readme': 'other case',
    'pkg/link': { link: '../b.py' },
    'empty/.gitkeep': '',
  });
  utimesSync(join(directory, 'b.py'), 5, 5);
  const items = await collectSources(directory);
  expect(items.map(show)).toEqual([
    'app 755 /',
    'app/b.py 644 1',
    'app/pkg 755 /',
    'app/pkg/README 644 0',
    'app/pkg/link 777 -> ../b.py',
    'app/pkg/readme 644 10',
    'app/pkg/sub 755 /',
    'app/pkg/sub/a\u0308.txt 644 10',
    'app/pkg/sub/\u00e4.txt 644 1',
    'app/run.sh 755 9',
  ]);
  expect(items.every(([, { uid, gid, mtime }]) => uid === 0 && gid === 0 && mtime === FIXED_MTIME)).toBe(
    true,
  );
  const stamped = await collectSources(directory, { mtime: 1_700_000_000, prefix: 'srv/shop' });
  expect(stamped[0]).toMatchObject(['srv/shop', { type: 'directory', mtime: 1_700_000_000 }]);
});

it('hashes small and large files and reads them back', async () => {
  const large = Buffer.alloc(3 * 1024 * 1024 + 7, 'pycontainer');
  const directory = projectFolder({ 'a.py': 'print()\n', empty: '' });
  writeFileSync(join(directory, 'large.bin'), large);
  for (const [path, entry] of await collectSources(directory)) {
    if (entry.type !== 'file') continue;
    const bytes = readFileSync(join(directory, path.slice('app/'.length)));
    expect(entry.content.sha256).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    expect(Buffer.compare(Buffer.from(await readAll(entry.content.open(), 1e8, path)), bytes)).toBe(0);
  }
});

it('refuses links that lead out of the project, whether anything is there or not', async () => {
  const outside = ['/etc/passwd', '../../secret', '../..', 'C:\\key', 'x/../../../y'];
  const codes = await Promise.all(
    outside.map((link) =>
      collectSources(projectFolder({ 'pkg/bad': { link } })).then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      ),
    ),
  );
  expect(codes).toEqual(outside.map(() => 'PYC_SOURCE_LINK_OUTSIDE'));
  await expect(
    collectSources(projectFolder({ 'pkg/bad': { link: '/etc/passwd' }, '.pycignore': 'bad\n' })),
  ).resolves.toHaveLength(1);
});

it('refuses names that cannot be in an image', async () => {
  await expect(collectSources(projectFolder({ 'a\u202eb.py': '' }))).rejects.toMatchObject({
    code: 'PYC_PATH_UNSAFE',
  });
});

it('stops when it is interrupted', async () => {
  const directory = projectFolder({ 'a.py': '' });
  await expect(collectSources(directory, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
});
