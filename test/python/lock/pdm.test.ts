import { describe, expect, it } from 'vitest';
import type { LockWarning } from '../../../core/python/lock/index.ts';
import { targetOf } from './conformance-data.ts';
import { outcome, readFrom, sampleFiles, selected } from './samples.ts';

const DEFAULT = [
  'certifi==2026.10.18',
  'h11==0.16.0',
  'h2==4.4.1',
  'hpack==4.2.0',
  'httpcore==1.0.9',
  'hyperframe==6.1.0',
];

const HASH = `sha256:${'0'.repeat(64)}`;

/** A lock with one package. */
function one(entry: string, metadata = ''): string {
  return `[metadata]\nlock_version = "4.5.0"\ngroups = ["default"]\nstrategy = ["inherit_metadata"]\n${metadata}\n[[package]]\nname = "a"\nversion = "1.0"\ngroups = ["default"]\n${entry}`;
}

describe('a pdm.lock', () => {
  it.each(['pdm-inherited', 'pdm-walked'])('gives what PDM installs: %s', async (sample) => {
    const lock = await readFrom(sampleFiles(sample));
    expect(selected(lock, '3.11.7')).toEqual(DEFAULT);
    expect(selected(lock, '3.10.1')).toContain('exceptiongroup==1.3.1');
    const more = selected(lock, '3.11.7', { extras: ['shell'], groups: ['dev'] });
    expect(more.filter((item) => !DEFAULT.includes(item))).toEqual([
      'iniconfig==2.3.1',
      'shellingham==1.5.4',
    ]);
    const { chosen } = lock.select(targetOf('3.11.7'), { extras: [], groups: [] });
    expect(chosen.find(({ name }) => name === 'h2')?.requestedBy).toEqual(['httpcore']);
    expect(chosen.find(({ name }) => name === 'httpcore')?.requestedBy).toEqual(['grouped']);
  });

  it('takes static URLs as they are, and holds for the environments that it was made for', async () => {
    const lock = await readFrom(sampleFiles('pdm-static'));
    expect(selected(lock, '3.11.7')).toEqual(DEFAULT);
    const { chosen } = lock.select(targetOf('3.11.7'), { extras: [], groups: [] });
    expect(chosen[0]?.file?.url).toMatch(/^https:\/\/files\.pythonhosted\.org\/.*\.whl$/);
    expect(() => selected(lock, '3.12.4')).toThrow(
      expect.objectContaining({ code: 'PYC_LOCK_PYTHON_UNSUPPORTED' }),
    );
    for (const target of [targetOf('3.11.7', 'bookworm', 'aarch64'), targetOf('3.11.7', 'alpine')]) {
      expect(() => lock.select(target, { extras: [], groups: [] })).toThrow(
        expect.objectContaining({ code: 'PYC_LOCK_PLATFORM_UNSUPPORTED' }),
      );
    }
  });

  it('refuses groups that were not locked, and tells extras from groups', async () => {
    const lock = await readFrom(sampleFiles('pdm-static'));
    expect(() => selected(lock, '3.11.7', { extras: ['shell'] })).toThrow(
      expect.objectContaining({ code: 'PYC_LOCK_SELECTION_UNKNOWN' }),
    );
    expect(() => selected(lock, '3.11.7', { extras: ['dev'] })).toThrow(
      expect.objectContaining({ code: 'PYC_LOCK_SELECTION_UNKNOWN' }),
    );
    expect(selected(lock, '3.11.7', { groups: ['dev'] })).toContain('iniconfig==2.3.1');
  });

  it.each(['pdm-inherited', 'pdm-walked', 'pdm-static'])(
    'is known to be stale by its hash: %s',
    async (sample) => {
      const files = sampleFiles(sample);
      expect((await readFrom(files)).staleness?.(undefined)).toBeUndefined();
      const changed = {
        ...files,
        'pyproject.toml': files['pyproject.toml']!.replace('version = "1.0.0"', 'version = "2"'),
      };
      expect((await readFrom(changed)).staleness?.(undefined)).toBeUndefined();
      const other = { ...files, 'pyproject.toml': files['pyproject.toml']!.replace('~=1.0', '~=1.1') };
      expect((await readFrom(other)).staleness?.(undefined)).toContain('changed');
    },
  );

  it('asks the sources of pyproject.toml, with credentials from the environment', async () => {
    const file = `files = [{file = "a-1.0-py3-none-any.whl", hash = "${HASH}"}]`;
    const source = (text: string): string => `[project]\nname = "x"\n${text}`;
    const indexes = async (text: string): Promise<unknown> => {
      const lock = await readFrom({ 'pdm.lock': one(file), 'pyproject.toml': source(text) });
      const [item] = lock.select(targetOf('3.11.7'), { extras: [], groups: [] }).chosen;
      return item?.indexes ?? item?.index;
    };
    const table = (name: string, more = ''): string =>
      `[[tool.pdm.source]]\nname = "${name}"\nurl = "https://\${USER}:\${PASSWORD}@${name}.example.org/simple"\n${more}\n`;
    expect(await indexes('')).toBeUndefined();
    expect(await indexes(table('pypi'))).toBe('https://me:p%40ss@pypi.example.org/simple');
    expect(await indexes(table('own'))).toEqual([
      'https://pypi.org/simple/',
      'https://me:p%40ss@own.example.org/simple',
    ]);
    expect(await indexes(table('own', 'include_packages = ["a*"]'))).toBe(
      'https://me:p%40ss@own.example.org/simple',
    );
    expect(await indexes(table('own', 'exclude_packages = ["*"]'))).toBe('https://pypi.org/simple/');
    const warnings: LockWarning[] = [];
    await readFrom(
      { 'pdm.lock': one(file), 'pyproject.toml': source(table('own', 'type = "find_links"')) },
      warnings,
    );
    expect(warnings.map(({ code }) => code)).toEqual(['PYC_LOCK_OPTION_IGNORED']);
  });

  it('reads every kind of source', async () => {
    const select = async (entry: string) =>
      (await readFrom({ 'pdm.lock': one(entry) })).select(targetOf('3.11.7'), { extras: [], groups: [] });
    const commit = 'a'.repeat(40);
    expect(
      await select(
        `git = "https://example.org/a.git"\nref = "v1"\nrevision = "${commit}"\nsubdirectory = "s"`,
      ),
    ).toMatchObject({
      rejected: [
        {
          buildable: {
            source: 'vcs',
            directUrl: { vcs_info: { commit_id: commit, requested_revision: 'v1' }, subdirectory: 's' },
          },
        },
      ],
    });
    expect(await select('path = "./libs/a"\neditable = true')).toMatchObject({
      chosen: [{ source: 'directory', path: '/work/project/libs/a' }],
    });
    expect(
      await select(
        `path = "./a-1.0-py3-none-any.whl"\nfiles = [{file = "a-1.0-py3-none-any.whl", hash = "${HASH}"}]`,
      ),
    ).toMatchObject({
      chosen: [{ source: 'wheel', file: { path: '/work/project/a-1.0-py3-none-any.whl' } }],
    });
    expect(
      await select(
        `url = "https://example.org/a-1.0-py3-none-any.whl"\nfiles = [{url = "https://example.org/a-1.0-py3-none-any.whl", hash = "${HASH}"}]`,
      ),
    ).toMatchObject({ chosen: [{ file: { hashes: [HASH] }, directUrl: {} }] });
    expect(await select(`files = [{file = "a-1.0.tar.gz", hash = "${HASH}"}]`)).toMatchObject({
      rejected: [{ buildable: { source: 'sdist', file: { name: 'a-1.0.tar.gz' } } }],
    });
    expect(await select('')).toMatchObject({ rejected: [{ reason: 'the lock has no file of it' }] });
  });

  it('reads format 4 up to what is known', async () => {
    const version = (text: string): string => one('').replace('4.5.0', text);
    const codes = await Promise.all(
      ['4.0', '4.3.1', '4.5.9', '4.6.0', '3.1', '5.0', 'x'].map((text) =>
        outcome(() => readFrom({ 'pdm.lock': version(text) })),
      ),
    );
    expect(codes).toEqual([
      'ok',
      'ok',
      'ok',
      'PYC_LOCK_VERSION_UNSUPPORTED',
      'PYC_LOCK_VERSION_UNSUPPORTED',
      'PYC_LOCK_VERSION_UNSUPPORTED',
      'PYC_LOCK_MALFORMED',
    ]);
  });
});
