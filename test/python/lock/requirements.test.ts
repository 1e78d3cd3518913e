import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import type { LockChoice } from '../../../core/python/lock/lock-file.ts';
import {
  type RequirementsReaderOptions,
  readRequirementsLock,
} from '../../../core/python/lock/requirements/index.ts';
import { targetOf } from './conformance-data.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;

type Files = Readonly<Record<string, string | Uint8Array>>;

function options(files: Files, more: Partial<RequirementsReaderOptions> = {}): RequirementsReaderOptions {
  return {
    directory: '/work/shop',
    environment: { PIN: '1.5' },
    pathKind: (path) =>
      path === '/work/shop/lib'
        ? 'directory'
        : path.startsWith('/work/shop/lib/pyproject')
          ? 'file'
          : undefined,
    readFile: async (path) => {
      const content = files[path.slice('/work/shop/'.length)];
      return typeof content === 'string' ? Buffer.from(content) : content;
    },
    ...more,
  };
}

async function select(text: string | Uint8Array, files: Files = {}): Promise<LockChoice> {
  const lock = await readRequirementsLock('requirements.txt', text, options(files));
  return lock.select(targetOf('3.12.7'), { extras: [], groups: [] });
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (isPycError(error) ? error.code : error),
  );
}

describe('a requirements file as a lock', () => {
  it('gives pinned versions to look up, with the hashes of all their files', async () => {
    const { chosen, rejected } = await select(
      `Flask[async]==3.0 ; python_version >= "3.8" \\\n  --hash=${A} --hash=${B}\nwin==1 ; sys_platform == "win32" --hash=${A}\n`,
    );
    expect(rejected).toEqual([]);
    expect(chosen).toEqual([
      { name: 'flask', version: '3.0', source: 'wheel', hashes: [A, B], requestedBy: [] },
    ]);
  });

  it('fills in variables that are set, reads what it includes, and knows the indexes in their order', async () => {
    const files = {
      'requirements/base.txt': `a==\${PIN}\n-r more/x.txt\n`,
      'requirements/more/x.txt': 'b==2\n',
    };
    const { indexes, select } = await readRequirementsLock(
      'requirements.txt',
      '--index-url https://one.example/simple\n--extra-index-url https://two.example/simple\n--find-links wheels\n-r requirements/base.txt\n',
      options(files),
    );
    const { chosen } = select(targetOf('3.12.7'), { extras: [], groups: [] });
    expect(chosen.map(({ name, version }) => `${name}==${version}`)).toEqual(['a==1.5', 'b==2']);
    expect(indexes).toEqual({
      index: 'https://one.example/simple',
      extra: ['https://two.example/simple'],
      links: ['/work/shop/wheels'],
      none: false,
    });
  });

  it('takes files, folders and commits by their URLs', async () => {
    const commit = '0dacfd662c64cb4ceb16e6cf65a157a8b715b979';
    const { chosen, rejected } = await select(
      [
        `https://example.org/a-1.0-py3-none-any.whl#${A.replace(':', '=')}`,
        `b @ https://example.org/b-1.0-cp311-cp311-win_amd64.whl#${A.replace(':', '=')}`,
        `c @ git+https://user@example.org/c.git@${commit}#subdirectory=py`,
        `d @ https://example.org/d.tar.gz#${B.replace(':', '=')}`,
        './lib',
        '-e ./lib',
      ].join('\n'),
    );
    expect(chosen).toMatchObject([
      { name: 'a', version: '1.0', file: { url: 'https://example.org/a-1.0-py3-none-any.whl', hashes: [A] } },
      { name: 'lib', source: 'directory', path: '/work/shop/lib' },
    ]);
    expect(rejected).toMatchObject([
      { name: 'b', files: [{ kind: 'python' }] },
      {
        name: 'c',
        buildable: {
          source: 'vcs',
          directUrl: {
            url: 'https://user@example.org/c.git',
            subdirectory: 'py',
            vcs_info: { vcs: 'git', commit_id: commit },
          },
        },
      },
      { name: 'd', buildable: { source: 'archive' } },
    ]);
  });

  it('is no lock where anything is open, and lists all of it', async () => {
    const text =
      'a\nb>=1\nc==1.*\nd @ https://example.org/d-1-py3-none-any.whl\ne @ git+https://example.org/e@main\nf==1\n';
    await expect(select(text)).rejects.toMatchObject({
      code: 'PYC_LOCK_NOT_PINNED',
      details: [1, 2, 3, 4, 5].map((line) => expect.objectContaining({ place: `requirements.txt:${line}` })),
    });
  });

  it('needs hashes for all once there is one, unless told otherwise', async () => {
    expect(await codeOf(select(`a==1 --hash=${A}\nb==2\n`))).toBe('PYC_LOCK_NOT_PINNED');
    expect(await codeOf(select('--require-hashes\nb==2\n'))).toBe('PYC_LOCK_NOT_PINNED');
    expect(await codeOf(select(`--no-require-hashes\na==1 --hash=${A}\nb==2\n`))).toBe('resolved');
  });

  it('lets constraints limit and add nothing', async () => {
    const files = { 'limits.txt': 'a<2\nb==9\n' };
    expect((await select('-c limits.txt\na==1\n', files)).chosen.map(({ name }) => name)).toEqual(['a']);
    expect(await codeOf(select('-c limits.txt\na==2\n', files))).toBe('PYC_LOCK_CONFLICT');
  });

  it('takes one pin twice for one, and two pins of a name for an error', async () => {
    expect((await select(`a==1 --hash=${A}\nA==1 --hash=${B}\n`)).chosen[0]?.hashes).toEqual([A, B]);
    expect(await codeOf(select('a==1\na==2\n'))).toBe('PYC_LOCK_AMBIGUOUS');
    expect(await codeOf(select("a==1 ; python_version < '3'\na==2\n"))).toBe('resolved');
  });

  it('reads the encodings that a mark or a comment states', async () => {
    const names = async (bytes: Uint8Array): Promise<string[]> =>
      (await select(bytes)).chosen.map(({ name }) => name);
    expect(await names(Buffer.from('\ufeffa==1', 'utf16le'))).toEqual(['a']);
    expect(await names(Buffer.from('\ufeffa==1', 'utf16le').swap16())).toEqual(['a']);
    expect(await names(Buffer.from('# coding: latin-1\na==1 # \xe9', 'latin1'))).toEqual(['a']);
    expect(await names(Buffer.from('# vim: set fileencoding=cp1252 :\na==1 # \x80', 'latin1'))).toEqual([
      'a',
    ]);
    const utf32 = [...'\ufeffa==1'].flatMap((character) => {
      const point = character.codePointAt(0) ?? 0;
      return [point & 0xff, point >> 8, 0, 0];
    });
    expect(await names(Uint8Array.from(utf32))).toEqual(['a']);
    expect(await codeOf(select(Buffer.from('a==1 # \xe9', 'latin1')))).toBe('PYC_LOCK_MALFORMED');
    expect(await codeOf(select(Buffer.from('# coding: no-such\na==1')))).toBe('PYC_LOCK_MALFORMED');
  });

  it.each([
    ['a file outside the project', '-r ../../etc/passwd'],
    ['an absolute path', '-r /etc/passwd'],
    ['a file that is not there', '-r missing.txt'],
    ['a file by URL', '-r https://example.org/r.txt'],
    ['a loop', '-r requirements.txt'],
    ['an option that there is not', '--frobnicate'],
    ['a weak hash', 'a==1 --hash=md5:00'],
    ['a line that says nothing', '==1'],
  ])('is refused for %s', async (_what, text) => {
    expect(await codeOf(select(text, { 'requirements.txt': '-r requirements.txt' }))).toBe(
      'PYC_LOCK_MALFORMED',
    );
  });

  it('survives includes that multiply', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [`${at}.txt`, `-r ${at + 1}.txt\n-r ${at + 1}.txt\n`]),
    );
    expect(await codeOf(select('-r 0.txt', { ...files, '20.txt': '' }))).toBe('PYC_LOCK_MALFORMED');
  });

  it('has no extras, groups or packages to ask for', async () => {
    const lock = await readRequirementsLock('requirements.txt', 'a==1', options({}));
    expect(() => lock.select(targetOf('3.12.7'), { extras: ['x'], groups: ['y'] })).toThrowError(
      expect.objectContaining({ code: 'PYC_LOCK_SELECTION_UNKNOWN' }),
    );
  });

  it('says which options it does not follow', async () => {
    const warnings: string[] = [];
    await readRequirementsLock(
      'requirements.txt',
      '--find-links ./wheels\n--no-binary :all:\na==1\n',
      options({}, { warn: ({ code }) => warnings.push(code) }),
    );
    expect(warnings).toEqual(['PYC_LOCK_OPTION_IGNORED']);
  });

  it('throws nothing but its own errors, whatever the text', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'a==1',
        '-e ',
        '-r ',
        '--hash=sha256:',
        '\\',
        '\n',
        '"',
        "'",
        ' ; ',
        '#',
        '@',
        '://',
        '[',
        ']',
        `\${PIN}`,
        'file:',
        '%',
      ),
      fc.string({ maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        expect(await codeOf(select(pieces.join('')))).toMatch(/^(?:resolved|PYC_)/);
      }),
      { numRuns: 500 },
    );
  });
});
