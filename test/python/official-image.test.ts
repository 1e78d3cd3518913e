import { describe, expect, it } from 'vitest';
import { libcOfRelease, officialPython } from '../../core/python/detection/official-image.ts';

const PATH = '/usr/local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const OFFICIAL = { PATH, PYTHON_VERSION: '3.13.7', PYTHON_SHA256: 'ab' };
const of = (environment: Record<string, string>, steps: string[] = [], executable?: string) =>
  officialPython({ architecture: 'amd64', environment, executable }, steps)?.interpreter;

describe('the Python of an official image', () => {
  it('is told by its variables', () => {
    expect(of(OFFICIAL)).toBe('/usr/local/bin/python3.13');
    const { PYTHON_SHA256: _, ...older } = OFFICIAL;
    expect(of({ ...older, GPG_KEY: 'E3FF' })).toBe('/usr/local/bin/python3.13');
    expect(of({ ...OFFICIAL, PYTHON_VERSION: '3.14.0rc2' })).toBe('/usr/local/bin/python3.14');
    expect(of(OFFICIAL, [], 'python3.13')).toBe('/usr/local/bin/python3.13');
  });

  it('is told of no other image', () => {
    const { PYTHON_SHA256: _, ...unmarked } = OFFICIAL;
    const others: [Record<string, string>, string[]?, string?][] = [
      [unmarked],
      [{ ...OFFICIAL, PYTHON_VERSION: '3.13' }],
      [{ ...OFFICIAL, PYTHON_VERSION: '3.7.17' }],
      [{ ...OFFICIAL, PYTHON_VERSION: '2.7.18' }],
      [{ ...OFFICIAL, PATH: `/opt/venv/bin:${PATH}` }],
      [{ ...OFFICIAL, PATH: `${PATH}:/opt/conda/bin` }],
      [{ ...OFFICIAL, PATH: '/usr/bin:/usr/local/bin' }],
      [{ ...OFFICIAL, PYPY_VERSION: '7.3.20' }],
      [OFFICIAL, ['RUN ./configure --disable-gil']],
      [OFFICIAL, [], 'python3.12'],
      [OFFICIAL, [], 'python3.13t'],
    ];
    expect(others.filter((facts) => of(...facts) !== undefined)).toEqual([]);
  });

  it('has the C library of its release, where that is a known one', () => {
    const cases: [path: string, text: string, libc: string | undefined][] = [
      ['etc/debian_version', '12.11\n', 'glibc 2.36'],
      ['etc/debian_version', '13.1\n', 'glibc 2.41'],
      ['etc/debian_version', 'trixie/sid\n', undefined],
      ['etc/debian_version', '9.13\n', undefined],
      ['etc/alpine-release', '3.22.1\n', 'musl 1.2'],
      ['etc/alpine-release', '3.12.12\n', 'musl 1.1'],
      ['etc/alpine-release', '3.23_alpha20250612\n', 'musl 1.2'],
      ['etc/alpine-release', '', undefined],
    ];
    const wrong = cases.filter(([path, text, expected]) => {
      const libc = libcOfRelease(path, Buffer.from(text));
      return (libc && `${libc.family} ${libc.version}`) !== expected;
    });
    expect(wrong).toEqual([]);
  });
});
