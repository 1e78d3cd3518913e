/** The base's own interpreter as the compiler. Its loader is a script here that plays the interpreter, so that no Python is needed. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ImageRecipe, makeImage } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Image } from '../../core/oci/image.ts';
import { findImageCompiler, runsHere } from '../../core/pipeline/bytecode/image-interpreter.ts';
import type { PythonInBase } from '../../core/pipeline/values.ts';
import { createDiskStore } from '../../core/store/disk-store.ts';
import { makeElf } from '../python/elf-maker.ts';

const PYTHON: PythonInBase = {
  interpreter: '/usr/local/bin/python3.12',
  target: {
    implementation: 'cpython',
    version: '3.12.7',
    abi: 'cp312',
    os: 'linux',
    architecture: 'amd64',
    libc: { family: 'glibc', version: '2.36' },
  },
};
const SAID = JSON.stringify({
  ...{ executable: '/x', implementation: 'cpython', version: '3.12.7' },
  ...{ magic: 'cb0d0d0a', cacheTag: 'cpython-312', flags: '' },
});

/** Says what it is where it is asked, else gives `abc` of one module; only where it sees its own modules and none of the user's secrets. */
const LOADER = `#!/bin/sh
[ "$1" = --library-path ] && [ -f "$3" ] && [ -f "$PYTHONHOME/lib/python3.12/os.py" ] && [ -z "$SECRET" ] || exit 1
case "$*" in *json.dumps*) echo '${SAID}';; *) cat >/dev/null; printf '\\003\\000\\000\\000abc';; esac
`;

function base(files: ImageRecipe['files'] = {}): Image {
  return imageOf({
    files: {
      lib64: { symlink: 'usr/lib64' },
      'usr/lib64/ld-linux-x86-64.so.2': { bytes: LOADER, mode: 0o755 },
      'usr/local/bin/python3.12': {
        bytes: makeElf({ loader: '/lib64/ld-linux-x86-64.so.2' }),
        mode: 0o755,
      },
      'usr/local/lib/python3.12/os.py': { bytes: '' },
      ...files,
    },
  });
}

function imageOf(recipe: ImageRecipe): Image {
  const { platform, layers, config } = makeImage(recipe);
  return { platform, layers, config: config.document };
}

async function options() {
  const directory = await mkdtemp(join(tmpdir(), 'pyc-image-bytecode-'));
  vi.stubEnv('TMPDIR', directory);
  vi.stubEnv('SECRET', 'not for the base');
  const store = createDiskStore({ directory: join(directory, 'store'), limit: 100_000_000 });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  return { directory, store, signal: new AbortController().signal, noCache: false };
}

describe("the base's own Python", () => {
  it('compiles, is asked once what it is, and leaves nothing behind', async () => {
    const made = await options();
    const compiler = await findImageCompiler(PYTHON, base(), made);
    expect([compiler.cacheTag, compiler.identity]).toEqual([
      'cpython-312',
      ['pyc/1', 'cpython', '3.12.7', 'cb0d0d0a', 'cpython-312'],
    ]);
    const source = { path: '/a.py', bytes: Buffer.from('A = 1\n') };
    const compiled = await Promise.all([1, 2].map(() => compiler.compile([source], made.signal)));
    expect(compiled.map(([bytes]) => Buffer.from(bytes!).toString())).toEqual(['abc', 'abc']);
    expect(await readdir(made.directory)).toEqual(['store']);
    const broken = { ...base(), layers: [] };
    expect((await findImageCompiler(PYTHON, broken, made)).identity).toEqual(compiler.identity);
  });

  it('is refused where the base has none that starts, or another one', async () => {
    const made = await options();
    const bases = [
      imageOf({}),
      base({ 'usr/local/bin/python3.12': { bytes: 'no program', mode: 0o755 } }),
      base({ 'usr/lib64/ld-linux-x86-64.so.2': { bytes: '#!/bin/sh\nexit 1\n', mode: 0o755 } }),
      base({
        'usr/lib64/ld-linux-x86-64.so.2': { bytes: LOADER.replaceAll('3.12.7', '3.11.7'), mode: 0o755 },
      }),
    ];
    const codes = await Promise.all(
      bases.map((image) => findImageCompiler(PYTHON, image, made).catch(({ code }) => code)),
    );
    expect(codes).toEqual(bases.map(() => 'PYC_BYTECODE_IMAGE_PYTHON'));
    expect(await readdir(made.directory)).toEqual([]);
  });

  it("runs on Linux of the base's architecture alone", () => {
    const hosts = [
      ['linux', 'amd64'],
      ['linux', 'arm64'],
      ['darwin', 'amd64'],
    ].map(([os = '', architecture = '']) => ({ os, architecture, libc: undefined }));
    expect(hosts.map((host) => runsHere(PYTHON, host))).toEqual([true, false, false]);
    const pypy = { ...PYTHON, target: { ...PYTHON.target, implementation: 'pypy' as const } };
    expect(runsHere(pypy, hosts[0]!)).toBe(false);
  });
});
