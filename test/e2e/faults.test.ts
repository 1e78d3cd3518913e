/** What cannot be built says so: a code, what failed on what and why, one hint; and nothing half written stays. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeWheel, startFakeIndex } from 'pycontainer/testing';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startRegistry } from './harness/docker-registry.ts';
import { foreignBase } from './harness/images.ts';
import { freePort, run } from './harness/processes.ts';
import { makeProject, pylockOf, pyprojectOf, sha256 } from './harness/projects.ts';
import { build, buildInVain, type PycOptions, SHARED_STORE } from './harness/pyc.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

/** A base that needs no network. */
let base: string;

beforeAll(async () => {
  base = `layout:${await foreignBase()}:base`;
});

const mounts: string[] = [];

afterEach(async () => {
  for (const folder of mounts.splice(0)) await run(['umount', folder]);
});

async function mountTmpfs(options: string): Promise<string> {
  const folder = newFolder('mount');
  await run(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  mounts.push(folder);
  return folder;
}

/** Where nothing exists yet. */
function newOutput(): string {
  return join(newFolder('output'), 'image');
}

/**
 * Builds in vain, into a layout unless the flags say where to.
 *
 * @returns the code and what it was about; the exit code, the hint and that nothing stayed are checked here
 */
async function fault(
  project: string,
  flags: readonly string[] = [],
  options: PycOptions & { readonly exitCode?: 1 | 2 } = {},
): Promise<{ code: string; message: string; details: string }> {
  const { exitCode = 1, ...rest } = options;
  const target = newOutput();
  const temporary = newFolder('tmp');
  const output =
    flags.includes('--output') || flags.includes('--push') ? [] : ['--output', `layout:${target}`];
  const args = [project, '--base', base, ...output, ...flags];
  const { code, error, stderr } = await buildInVain(args, {
    ...rest,
    env: { TMPDIR: temporary, ...rest.env },
  });
  expect(error).toMatchObject({
    code: expect.stringMatching(/^PYC_[A-Z0-9_]+$/),
    message: expect.stringMatching(/^(?![A-Z][a-z]).*[^.\s]$/s),
    hint: expect.stringMatching(/\S/),
    exitCode,
  });
  expect(code).toBe(exitCode);
  expect(stderr).toContain(error.code);
  expect(stderr).toContain('hint: ');
  expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(temporary)).toEqual([]);
  expect(leftInStore(rest.store)).toEqual([]);
  return { code: error.code, message: error.message, details: JSON.stringify(error.details) };
}

/** Drafts of blobs and actions. */
function leftInStore(store = SHARED_STORE): string[] {
  return existsSync(join(store, 'tmp')) ? readdirSync(join(store, 'tmp')) : [];
}

function editLock(project: string, edit: (text: string) => string): void {
  const file = join(project, 'uv.lock');
  const before = readFileSync(file, 'utf8');
  const after = edit(before);
  expect(after).not.toBe(before);
  writeFileSync(file, after);
}

describe('a lock', () => {
  test('that is missing is asked for', async () => {
    const project = makeProject('nolock', {
      'pyproject.toml': `${pyprojectOf('nolock', ['rich>=14'])}[tool.pdm]\ndistribution = false\n`,
      'main.py': '',
    });
    expect(await fault(project)).toMatchObject({ code: 'PYC_LOCK_MISSING' });
  });

  test('older than pyproject.toml is refused', async () => {
    const project = copyExample('fastapi');
    const file = join(project, 'pyproject.toml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"httpx>=0.28"', '"httpx>=99"'));
    expect(await fault(project)).toMatchObject({
      code: 'PYC_LOCK_STALE',
      message: expect.stringContaining('httpx'),
    });
  });

  test('of an unknown version is refused, by either format', async () => {
    const project = copyExample('fastapi');
    editLock(project, (text) => text.replace(/^version = 1$/m, 'version = 99'));
    expect((await fault(project)).code).toMatch(/^PYC_LOCK_VERSION_/);
    const standard = makeProject('future', {
      'pyproject.toml': pyprojectOf('future', []),
      'pylock.toml': 'lock-version = "2.0"\ncreated-by = "test"\npackages = []\n',
    });
    expect((await fault(standard)).code).toMatch(/^PYC_LOCK_VERSION_/);
  });

  test('that is broken is refused with the place', async () => {
    const project = copyExample('fastapi');
    editLock(project, (text) => text.slice(0, text.length / 2));
    expect(await fault(project)).toMatchObject({
      code: 'PYC_LOCK_MALFORMED',
      message: expect.stringContaining('uv.lock'),
    });
  });
});

describe('a package without a fitting wheel', () => {
  test('is named with every wheel that exists and why it was refused, all packages at once', async () => {
    const wheel = (name: string, tag: string): string =>
      `{ url = "https://files.example/${name}-1.0-${tag}.whl", hashes = { sha256 = "${'0'.repeat(64)}" } }`;
    const project = makeProject('wheelless', {
      'pyproject.toml': pyprojectOf('wheelless', ['first', 'second']),
      'pylock.toml': `lock-version = "1.0"
created-by = "test"
[[packages]]
name = "first"
version = "1.0"
wheels = [${wheel('first', 'cp311-cp311-win_amd64')}, ${wheel('first', 'cp38-cp38-manylinux_2_17_x86_64')}]
[[packages]]
name = "second"
version = "1.0"
wheels = [${wheel('second', 'cp311-cp311-macosx_11_0_arm64')}]
`,
    });
    const { code, message, details } = await fault(project);
    expect(code).toBe('PYC_NO_WHEEL');
    for (const text of ['first', 'second', 'win_amd64', 'manylinux_2_17_x86_64', 'macosx', '3.11']) {
      expect(message).toContain(text);
    }
    expect(details).toMatch(/first.*second/s);
  });
});

describe('an output', () => {
  /** Each kind of output, in a folder, and the code of what cannot be written. */
  const outputs = (folder: string): [output: string, code: string][] => [
    [`layout:${folder}/image`, 'PYC_LAYOUT_UNWRITABLE'],
    [`archive:${folder}/image.tar`, 'PYC_ARCHIVE_UNWRITABLE'],
    [`docker-archive:${folder}/image.tar`, 'PYC_ARCHIVE_UNWRITABLE'],
  ];

  test('below a file is refused', async () => {
    const file = join(newFolder('place'), 'file');
    writeFileSync(file, 'kept');
    for (const [output, code] of outputs(file)) {
      expect(await fault(copyExample('script'), ['--output', output])).toMatchObject({ code });
    }
    expect(readFileSync(file, 'utf8')).toBe('kept');
  });

  test('on a read-only file system, or in a folder of somebody else, is refused', async () => {
    const readOnly = await mountTmpfs('ro');
    for (const [output, code] of outputs(readOnly)) {
      expect(await fault(copyExample('script'), ['--output', output])).toMatchObject({ code });
    }
    const somebodys = newFolder('somebodys');
    const store = newFolder('store');
    await run(['chmod', '777', store]);
    const under = [
      '/usr/bin/setpriv',
      '--reuid=54321',
      '--regid=54321',
      '--clear-groups',
      'env',
      'TMPDIR=/tmp',
    ];
    for (const [output, code] of outputs(somebodys)) {
      const refused = await fault(copyExample('script'), ['--output', output], { store, under });
      expect(refused).toMatchObject({ code });
    }
    expect(readdirSync(somebodys)).toEqual([]);
  });

  test('on a full disk is refused, and the disk is as it was', async () => {
    const small = await mountTmpfs('size=2m');
    for (const [output, code] of outputs(small)) {
      expect(await fault(copyExample('script'), ['--output', output])).toMatchObject({ code });
      expect(readdirSync(small)).toEqual([]);
    }
  });

  test('that exists already stays as it is when a build fails', async () => {
    const layout = newOutput();
    const { digest } = await build([copyExample('script'), '--base', base, '--output', `layout:${layout}`]);
    const before = await run(['find', layout, '-type', 'f', '-printf', '%P %s\\n']);
    const project = copyExample('fastapi');
    editLock(project, (text) => text.replace(/^version = 1$/m, 'version = 99'));
    await buildInVain([project, '--base', base, '--output', `layout:${layout}`]);
    expect(await run(['find', layout, '-type', 'f', '-printf', '%P %s\\n'])).toBe(before);
    expect(JSON.parse(await run(['skopeo', 'inspect', `oci:${layout}:latest`])).Digest).toBe(digest);
  });
});

describe('a store', () => {
  test('on a full disk is refused, and keeps no draft', async () => {
    const store = await mountTmpfs('size=1m');
    expect(await fault(copyExample('script'), [], { store })).toMatchObject({ code: 'PYC_STORE_FULL' });
  });

  test('that cannot be written is refused', async () => {
    const store = await mountTmpfs('ro');
    expect(await fault(copyExample('script'), [], { store })).toMatchObject({ code: 'PYC_STORE_UNWRITABLE' });
  });
});

describe('a registry', () => {
  test('that is dead is named, as a destination and as a base', async () => {
    const host = `127.0.0.1:${await freePort()}`;
    const pushed = await fault(copyExample('script'), ['--tag', `${host}/team/script:1`, '--push']);
    expect(pushed).toMatchObject({ code: 'PYC_HTTP_UNREACHABLE', message: expect.stringContaining(host) });
    const based = await fault(copyExample('script'), ['--base', `${host}/bases/python:3.11`]);
    expect(based).toMatchObject({ code: 'PYC_HTTP_UNREACHABLE', message: expect.stringContaining(host) });
  });

  test('that lacks the base is named', async () => {
    const registry = await startRegistry();
    try {
      const reference = `${registry.address}/bases/python:3.11`;
      const { code, message } = await fault(copyExample('script'), ['--base', reference]);
      expect(code).toBe('PYC_REGISTRY_NOT_FOUND');
      expect(message).toContain('bases/python');
    } finally {
      await registry.stop();
    }
  });
});

describe('a configuration', () => {
  const usage = { exitCode: 2 } as const;

  test('without a default export is refused', async () => {
    const project = copyExample('fastapi');
    writeFileSync(join(project, 'pycontainer.config.ts'), "export const config = { base: 'scratch' };\n");
    expect(await fault(project, [], usage)).toMatchObject({ code: 'PYC_CONFIG_NO_EXPORT' });
  });

  test('with several faults lists all of them, with paths and the nearest names', async () => {
    const project = copyExample('fastapi');
    writeFileSync(
      join(project, 'pycontainer.config.ts'),
      "export default { bas: 'scratch', python: { version: 312 }, platforms: ['linux/amd64', 7] };\n",
    );
    const { code, details } = await fault(project, [], usage);
    expect(code).toBe('PYC_CONFIG_INVALID');
    for (const text of ['bas', 'base', 'python.version', 'platforms']) expect(details).toContain(text);
  });

  test('that names what nobody knows is refused', async () => {
    const project = copyExample('fastapi');
    expect((await fault(project, ['--base', 'layuot:./somewhere'], usage)).code).toBe('PYC_BASE_UNKNOWN');
    expect((await fault(project, ['--output', 'lyout:x'], usage)).code).toBe('PYC_OUTPUT_UNKNOWN');
    expect((await fault(project, ['--preset', 'fastpai'], usage)).code).toBe('PYC_PRESET_UNKNOWN');
  });
});

describe('a wheel that is not what the lock says', () => {
  const file = 'honest-1.0-py3-none-any.whl';

  /** Builds a project whose index gives other bytes than are locked. */
  async function altered(good: Uint8Array, served: Uint8Array): Promise<{ code: string; message: string }> {
    const index = await startFakeIndex({ files: [{ project: 'honest', name: file, bytes: served }] });
    const store = newFolder('store');
    try {
      const project = makeProject('trusting', {
        'pyproject.toml': pyprojectOf('trusting', ['honest']),
        'pylock.toml': pylockOf([
          { name: 'honest', version: '1.0', file, url: index.urlOf(file), bytes: good },
        ]),
        'main.py': '',
      });
      return await fault(project, [], { store });
    } finally {
      await index.close();
      for (const bytes of [good, served]) {
        expect(existsSync(join(store, 'blobs/sha256', sha256(bytes)))).toBe(false);
      }
    }
  }

  test('is named with both hashes, and nothing of it stays in the store', async () => {
    const good = await makeWheel({ name: 'honest', version: '1.0' });
    const served = Uint8Array.from(good);
    served[served.length >> 1]! ^= 1;
    const { code, message } = await altered(good, served);
    expect(code).toBe('PYC_WHEEL_HASH_MISMATCH');
    for (const text of [file, sha256(good), sha256(served)]) expect(message).toContain(text);
  });

  test('is not even read where its size is another', async () => {
    const good = await makeWheel({ name: 'honest', version: '1.0' });
    const served = await makeWheel({
      name: 'honest',
      version: '1.0',
      files: { 'honest/__init__.py': 'import os\n' },
    });
    const { message } = await altered(good, served);
    for (const text of [file, String(good.length), String(served.length)]) expect(message).toContain(text);
  });
});
