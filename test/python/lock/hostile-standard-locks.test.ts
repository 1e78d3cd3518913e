/** uv.lock, pylock.toml and requirements.txt from a hostile hand; the locks that list files by name have a table of their own. */
import { describe, expect, it } from 'vitest';
import { type LockChoice, type LockWarning, readLock } from '../../../core/python/lock/index.ts';
import { targetOf } from './conformance-data.ts';
import { outcome } from './samples.ts';

type Format = 'uv' | 'pylock' | 'requirements';

const FILES: Readonly<Record<Format, string>> = {
  uv: 'uv.lock',
  pylock: 'pylock.toml',
  requirements: 'requirements.txt',
};
const HEADS: Readonly<Record<Format, string>> = {
  uv: 'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n',
  pylock: 'lock-version = "1.0"\ncreated-by = "test"\n',
  requirements: '',
};
const HASH = `sha256:${'0'.repeat(64)}`;

async function select(format: Format, text: string, warnings: LockWarning[] = []): Promise<LockChoice> {
  const lock = await readLock(FILES[format], HEADS[format] + text, {
    directory: '/work/project',
    boundary: '/work',
    environment: {},
    warn: (warning) => warnings.push(warning),
    readFile: async () => undefined,
  });
  return lock.select(targetOf('3.12.7'), { extras: [], groups: [] });
}

const tried = (format: Format, text: string): Promise<string> => outcome(() => select(format, text));

function uvPackage(name: string, more: string): string {
  return `[[package]]\nname = "${name}"\nversion = "1.0"\n${more}\n`;
}

/** The project itself, which needs these. */
function uvProject(names: readonly string[]): string {
  return uvPackage(
    'project',
    `source = { virtual = "." }\ndependencies = [${names.map((name) => `{ name = "${name}" }`).join(', ')}]`,
  );
}

function uvFromIndex(name: string, more = ''): string {
  const wheel = `{ url = "https://f.example/${name}-1.0-py3-none-any.whl", hash = "${HASH}" }`;
  return uvPackage(name, `source = { registry = "https://i.example/simple" }\nwheels = [${wheel}]\n${more}`);
}

function uvFrom(more: string): string {
  return uvProject(['a']) + uvPackage('a', more);
}

function pylockFrom(more: string): string {
  return `[[packages]]\nname = "a"\nversion = "1.0"\n${more}\n`;
}

const PYLOCK_HASH = `hashes = { sha256 = "${'0'.repeat(64)}" }`;

/** What lies outside of the repository. */
const OUTSIDE = ['../../secret', '/etc', '/root/.ssh/a-1.0-py3-none-any.whl', 'libs/../../../x', 'a\\u0000b'];
const FOREIGN_URLS = [
  'file:///etc/a-1.0-py3-none-any.whl',
  'file://host/share/a-1.0-py3-none-any.whl',
  'ftp://x/a-1.0-py3-none-any.whl',
];

describe('a standard lock from a hostile hand', () => {
  it('is refused for a path that leaves the repository, and for a URL of a secret', async () => {
    const rows: (readonly [Format, string])[] = [
      ...OUTSIDE.flatMap((path): (readonly [Format, string])[] => [
        ['uv', uvFrom(`source = { directory = "${path}" }`)],
        ['uv', uvFrom(`source = { editable = "${path}" }`)],
        [
          'uv',
          uvFrom(
            `source = { path = "${path}" }\nwheels = [{ filename = "a-1.0-py3-none-any.whl", hash = "${HASH}" }]`,
          ),
        ],
        ['uv', uvFrom(`source = { path = "${path}" }`)],
        ['uv', uvFrom(`source = { registry = "wheels" }\nwheels = [{ path = "../${path}" }]`)],
        ['pylock', pylockFrom(`directory = { path = "${path}" }`)],
        ['pylock', pylockFrom(`directory = { path = "lib", subdirectory = "../../../${path}" }`)],
        ['pylock', pylockFrom(`archive = { path = "${path}", ${PYLOCK_HASH} }`)],
        [
          'pylock',
          pylockFrom(`wheels = [{ name = "a-1.0-py3-none-any.whl", path = "${path}", ${PYLOCK_HASH} }]`),
        ],
        ['pylock', pylockFrom(`sdist = { name = "a-1.0.tar.gz", path = "${path}", ${PYLOCK_HASH} }`)],
      ]),
      ...FOREIGN_URLS.flatMap((url): (readonly [Format, string])[] => [
        ['uv', uvFrom(`source = { url = "${url}" }\nwheels = [{ url = "${url}", hash = "${HASH}" }]`)],
        [
          'uv',
          uvFrom(
            `source = { registry = "https://i.example/simple" }\nwheels = [{ url = "${url}", hash = "${HASH}" }]`,
          ),
        ],
        ['pylock', pylockFrom(`archive = { url = "${url}", ${PYLOCK_HASH} }`)],
        ['pylock', pylockFrom(`wheels = [{ url = "${url}", ${PYLOCK_HASH} }]`)],
      ]),
      ['requirements', 'a @ file:///etc/a-1.0-py3-none-any.whl'],
      ['requirements', 'a @ file:///root/.ssh'],
      ['requirements', '-e file:///etc#egg=a'],
      ['requirements', 'a @ file:///work/project/../../etc/a-1.0-py3-none-any.whl'],
    ];
    const wrong: unknown[] = [];
    for (const [format, text] of rows) {
      const code = await tried(format, text);
      if (code !== 'PYC_LOCK_PATH_OUTSIDE') wrong.push([code, format, text]);
    }
    expect(wrong).toEqual([]);
  });

  it('may name what lies in the repository, and a folder of wheels anywhere', async () => {
    const rows: (readonly [Format, string])[] = [
      ['uv', uvFrom('source = { directory = "../lib" }')],
      [
        'uv',
        uvFrom(
          `source = { path = "../wheels/a-1.0-py3-none-any.whl" }\nwheels = [{ filename = "a-1.0-py3-none-any.whl", hash = "${HASH}" }]`,
        ),
      ],
      ['uv', uvFrom('source = { registry = "/opt/wheels" }\nwheels = [{ path = "a-1.0-py3-none-any.whl" }]')],
      ['pylock', pylockFrom('directory = { path = "../lib", subdirectory = "python" }')],
      ['requirements', 'a @ file:///work/wheels/a-1.0-py3-none-any.whl'],
    ];
    for (const [format, text] of rows) expect([text, await tried(format, text)]).toEqual([text, 'ok']);
  });

  it('is refused for an unknown major version, and for two entries of a name', async () => {
    const twice = uvFromIndex('a').replace('"1.0"', '"2.0"');
    const text = (major: string) => major.replace('\n', '');
    expect([
      await outcome(() => readLock('uv.lock', text('version = 2'), { directory: '/work' })),
      await outcome(() => readLock('pylock.toml', text('lock-version = "2.0"'), { directory: '/work' })),
      await tried('uv', uvProject(['a']) + uvFromIndex('a') + uvFromIndex('a')),
      await tried('uv', uvProject(['a']) + uvFromIndex('a') + twice),
      await tried(
        'pylock',
        pylockFrom('directory = { path = "a" }') + pylockFrom('directory = { path = "b" }'),
      ),
      await tried('requirements', 'a==1\nA==2\n'),
    ]).toEqual([
      'PYC_LOCK_VERSION_UNSUPPORTED',
      'PYC_LOCK_VERSION_UNSUPPORTED',
      'PYC_LOCK_MALFORMED',
      'PYC_LOCK_MALFORMED',
      'PYC_LOCK_AMBIGUOUS',
      'PYC_LOCK_AMBIGUOUS',
    ]);
  });

  it('is read or refused wherever it was cut off', async () => {
    const locks: Readonly<Record<Format, string>> = {
      uv:
        uvProject(['a', 'b']) +
        uvFromIndex('a', 'dependencies = [{ name = "b", marker = "os_name == \'posix\'" }]') +
        uvFromIndex('b'),
      pylock: pylockFrom(
        `marker = "os_name == 'posix'"\nwheels = [{ url = "https://f.example/a-1.0-py3-none-any.whl", ${PYLOCK_HASH} }]`,
      ),
      requirements: `a==1.0 ; os_name == "posix" \\\n    --hash=${HASH}\nb==2.0 --hash=${HASH}\n`,
    };
    const codes = new Set<string>();
    for (const [format, text] of Object.entries(locks)) {
      // `outcome` passes on what is no error of ours.
      for (let length = 0; length < text.length; length += 3)
        codes.add(await tried(format as Format, text.slice(0, length)));
    }
    expect([...codes].every((code) => code === 'ok' || code.startsWith('PYC_'))).toBe(true);
    expect(codes.size).toBeGreaterThan(2);
  });

  it('ends where packages require each other, and themselves', async () => {
    const ring = ['a', 'b', 'c'].map((name, index, all) =>
      uvFromIndex(
        name,
        `dependencies = [{ name = "${all[(index + 1) % 3]}", extra = ["x"] }, { name = "${name}" }]\n[package.optional-dependencies]\nx = [{ name = "${all[(index + 2) % 3]}", extra = ["x"] }]`,
      ),
    );
    const { chosen } = await select('uv', uvProject(['a']) + ring.join(''));
    expect(chosen.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const wheel = (name: string) =>
      `wheels = [{ url = "https://f.example/${name}-1.0-py3-none-any.whl", ${PYLOCK_HASH} }]`;
    const edges = (name: string, to: string) =>
      `[[packages]]\nname = "${name}"\nversion = "1.0"\n${wheel(name)}\ndependencies = [{ name = "${to}" }]\n`;
    expect((await select('pylock', edges('a', 'b') + edges('b', 'a'))).chosen).toHaveLength(2);
  });

  it('is read with 100,000 packages, however deep they require each other', async () => {
    const count = 100_000;
    const names = Array.from({ length: count }, (_, index) => `p${index}`);
    expect((await select('requirements', names.map((name) => `${name}==1`).join('\n'))).chosen).toHaveLength(
      count,
    );
    const chain = names.slice(0, 30_000);
    const packages = chain.map((name, index) =>
      uvPackage(
        name,
        `source = { registry = "https://i.example/simple" }\nwheels = [{ url = "https://f.example/${name}-1.0-py3-none-any.whl" }]\n${index + 1 < chain.length ? `dependencies = [{ name = "p${index + 1}" }]` : ''}`,
      ),
    );
    expect((await select('uv', uvProject(['p0']) + packages.join(''))).chosen).toHaveLength(chain.length);
    const entries = chain.map((name) => `[[packages]]\nname = "${name}"\ndirectory = { path = "${name}" }\n`);
    expect((await select('pylock', entries.join(''))).chosen).toHaveLength(chain.length);
  });
});
