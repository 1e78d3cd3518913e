import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildInMemory } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultBase, refuseEdition } from '../../core/pipeline/stages/default-base.ts';
import { abiOfStated, isAsStated, parseStatedPython } from '../../core/python/stated-python.ts';

const LIBC = 'glibc-2.36';

describe('a Python that is stated', () => {
  it('is read with its implementation and its kind of build', () => {
    const read = (text: string) => {
      const stated = parseStatedPython(text);
      return stated === undefined ? undefined : [stated.version.toString(), abiOfStated(stated)];
    };
    expect(
      [
        '3.12',
        '3.14.0rc2',
        '3.14t',
        '3.13.2t',
        '3.13d',
        '3.14td',
        'pypy3.11',
        'pypy@3.10',
        'cpython-3.9',
      ].map(read),
    ).toEqual([
      ['3.12', 'cp312'],
      ['3.14.0rc2', 'cp314'],
      ['3.14', 'cp314t'],
      ['3.13.2', 'cp313t'],
      ['3.13', 'cp313d'],
      ['3.14', 'cp314td'],
      ['3.11', 'pypy311_pp73'],
      ['3.10', 'pypy310_pp73'],
      ['3.9', 'cp39'],
    ]);
    expect(['3', '2.7', '3.12x', '3.14dt', 'pypy3.11t', 'graalpy3.11', '3.12 '].map(read)).toEqual(
      Array(7).fill(undefined),
    );
    const target = { implementation: 'cpython', version: '3.14.1', abi: 'cp314t' } as const;
    expect(
      ['3.14', '3.14t', '3.14d', '3.13t', 'pypy3.14'].map((text) =>
        isAsStated(parseStatedPython(text)!, target),
      ),
    ).toEqual([true, true, false, false, false]);
  });

  it('decides which wheels fit, and where the environment has its libraries', async () => {
    const wheels = [
      { name: 'alpha', version: '1.0', tag: 'py3-none-any' },
      { name: 'beta', version: '1.0', tag: 'cp314-cp314t-manylinux_2_17_x86_64' },
    ];
    const threaded = await buildInMemory({ wheels }, { python: { version: '3.14t', libc: LIBC } });
    expect(threaded.report.error).toBeNull();
    const site = '/opt/venv/lib/python3.14t/site-packages';
    const paths = [...threaded.image.files.keys()].map((path) => `/${path.replace(/^\//, '')}`);
    for (const path of [`${site}/alpha/__init__.py`, `${site}/beta/__init__.py`, '/opt/venv/bin/python3.14t'])
      expect(paths).toContain(path);
    expect(paths.filter((path) => path.startsWith('/opt/venv/lib/python3.14/'))).toEqual([]);
    expect(threaded.report.images[0]?.python).toMatchObject({ version: '3.14', tag: 'cp314t' });
    const pypy = await buildInMemory(
      { wheels: wheels.slice(0, 1) },
      { python: { version: '3.11', implementation: 'pypy', libc: LIBC } },
    );
    const inPypy = [...pypy.image.files.keys()].map((path) => `/${path.replace(/^\//, '')}`);
    for (const path of ['/opt/venv/lib/pypy3.11/site-packages/alpha/__init__.py', '/opt/venv/bin/pypy3'])
      expect(inPypy).toContain(path);
    const locked = await buildInMemory({ wheels }, { python: { version: '3.14', libc: LIBC } });
    expect(locked.report.error?.code).toBe('PYC_NO_WHEEL');
  });

  it('is refused where it says two things, or an implementation alone', async () => {
    const codes = [
      await buildInMemory({}, { python: { version: 'pypy3.11', implementation: 'cpython', libc: LIBC } }),
      await buildInMemory({}, { python: { version: '3.14x', libc: LIBC } }),
    ].map(({ report }) => report.error?.code);
    expect(codes).toEqual(['PYC_PYTHON_STATED_INVALID', 'PYC_CONFIG_INVALID']);
  });
});

describe('.python-version', () => {
  it('chooses PyPy, and refuses what no official image has', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pyc-edition-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const project = { directory, name: 'shop', isPackage: false };
    const baseFor = async (text: string) => {
      await writeFile(join(directory, '.python-version'), text);
      const refused = await refuseEdition(project).then(
        () => undefined,
        (error: { readonly code: string }) => error.code,
      );
      return refused ?? (await defaultBase(project, undefined, { extras: [], groups: [] }, []));
    };
    const bases: string[] = [];
    for (const text of ['3.12.4\n', 'pypy3.11-7.3.19\n', '3.14t\n']) bases.push(await baseFor(text));
    expect(bases).toEqual(['python:3.12-slim-trixie', 'pypy:3.11-slim', 'PYC_BASE_EDITION_UNKNOWN']);
  });
});
