import { describe, expect, it } from 'vitest';
import { chooseWheel, explainWheels, wheelSupport } from '../../../core/python/lock/wheel-choice.ts';
import { targetOf } from './conformance-data.ts';

const glibc = wheelSupport(targetOf('3.12.7'));
const musl = wheelSupport(targetOf('3.12.7', 'alpine', 'aarch64'));
const threaded = wheelSupport({ ...targetOf('3.14.0'), abi: 'cp314t' });

function chosen(names: readonly string[], support = glibc): string | undefined {
  return chooseWheel(
    names.map((name) => ({ name })),
    support.ranks,
  )?.name;
}

function refusal(name: string, support = glibc): readonly (string | undefined)[] {
  const [only] = explainWheels([{ name }], support);
  return [only?.kind, only?.reason];
}

describe('the choice of a wheel', () => {
  it('takes the most specific tag, then the newest libc, wherever it stands in the list', () => {
    expect(
      chosen([
        'a-1-py3-none-any.whl',
        'a-1-cp312-cp312-manylinux_2_17_x86_64.whl',
        'a-1-cp312-cp312-manylinux_2_28_x86_64.whl',
        'a-1-cp39-abi3-manylinux_2_36_x86_64.whl',
        'a-1-cp312-cp312-manylinux_2_39_x86_64.whl',
      ]),
    ).toBe('a-1-cp312-cp312-manylinux_2_28_x86_64.whl');
  });

  it('takes the higher build of equals by number, and the first of those that are equal in all', () => {
    expect(chosen(['a-1-9-py3-none-any.whl', 'a-1-10-py3-none-any.whl', 'a-1-py3-none-any.whl'])).toBe(
      'a-1-10-py3-none-any.whl',
    );
    expect(chosen(['a-1.0-py3-none-any.whl', 'a-1-py3-none-any.whl'])).toBe('a-1.0-py3-none-any.whl');
  });

  it('passes over what is no wheel', () => {
    expect(chosen(['a-1.tar.gz', 'a-1-py3-none.whl', ''])).toBeUndefined();
  });
});

describe('the reason why a wheel does not fit', () => {
  it.each([
    ['a-1-cp311-cp311-manylinux_2_17_x86_64.whl', 'python', 'cp311 only; the target is cp312'],
    ['a-1-py2-none-any.whl', 'python', 'py2 only; the target is cp312'],
    ['a-1-cp313-abi3-manylinux_2_17_x86_64.whl', 'python', 'needs Python 3.13; the target has 3.12'],
    [
      'a-1-pp310-pypy310_pp73-manylinux_2_17_x86_64.whl',
      'implementation',
      'for PyPy only; the target is CPython',
    ],
    ['a-1-cp312-cp312-manylinux_2_39_x86_64.whl', 'libc', 'needs glibc 2.39; the base has glibc 2.36'],
    ['a-1-cp312-cp312-musllinux_1_2_x86_64.whl', 'libc', 'needs musl 1.2; the base has glibc 2.36'],
    ['a-1-cp312-cp312-manylinux_2_17_aarch64.whl', 'architecture', 'for aarch64; the target is x86_64'],
    ['a-1-cp312-cp312-linux_aarch64.whl', 'architecture', 'for aarch64; the target is x86_64'],
    ['a-1-cp312-cp312-macosx_11_0_arm64.whl', 'operating-system', 'for macOS'],
    ['a-1-cp312-cp312-win_amd64.whl', 'operating-system', 'for Windows'],
    ['a-1-py3-none-pyodide_2024_0_wasm32.whl', 'operating-system', 'for WebAssembly'],
    ['a-1-cp313-cp313t-manylinux_2_17_x86_64.whl', 'python', 'cp313 only; the target is cp312'],
    ['a-1.tar.gz', 'not-a-wheel', 'it does not have the name of a wheel'],
  ])('%s', (name, kind, reason) => {
    expect(refusal(name)).toEqual([kind, reason]);
  });

  it('knows musl bases and free-threaded builds', () => {
    expect(refusal('a-1-cp312-cp312-manylinux_2_17_aarch64.whl', musl)).toEqual([
      'libc',
      'needs glibc 2.17; the base has musl 1.2',
    ]);
    expect(refusal('a-1-cp314-cp314-manylinux_2_17_x86_64.whl', threaded)[0]).toBe('abi');
    expect(refusal('a-1-cp38-abi3-manylinux_2_17_x86_64.whl', threaded)[0]).toBe('abi');
  });

  it('is the one of the tag that comes nearest', () => {
    expect(refusal('a-1-cp312-cp312-macosx_10_9_x86_64.manylinux_2_39_x86_64.whl')[0]).toBe('libc');
  });

  it('names the wheel that fits better for one that would fit as well', () => {
    const refused = explainWheels(
      [{ name: 'a-1-py3-none-any.whl' }, { name: 'a-1-cp312-none-any.whl' }],
      glibc,
    );
    expect(refused).toEqual([
      { name: 'a-1-py3-none-any.whl', kind: 'outranked', reason: '`a-1-cp312-none-any.whl` fits better' },
    ]);
  });
});
