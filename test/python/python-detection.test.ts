import { describe, expect, it } from 'vitest';
import { readElf } from '../../core/python/elf.ts';
import { type BaseFacts, detectPython, isTargetFile } from '../../core/python/python-detection.ts';
import { makeElf } from './elf-maker.ts';

type Files = Readonly<Record<string, string | Buffer>>;

const GLIBC = '/lib64/ld-linux-x86-64.so.2';
const MUSL = '/lib/ld-musl-x86_64.so.1';
const LIBC = 'usr/lib/x86_64-linux-gnu/libc.so.6';
const BANNER = '\0GNU C Library (Debian GLIBC 2.36-9+deb12u9) stable release version 2.36.\n\0';

/** An image of these files that, as a real reader would, knows only those that the search asks for. */
async function detect(files: Files, facts: Partial<BaseFacts> = {}) {
  const reads: string[] = [];
  const found = await detectPython(
    {
      list: async (prefix) =>
        Object.keys(files).filter((path) => path.startsWith(prefix) && isTargetFile(path)),
      read: async (path) => {
        reads.push(path);
        const file = isTargetFile(path) ? files[path] : undefined;
        return typeof file === 'string' ? Buffer.from(file) : file;
      },
    },
    { architecture: 'amd64', environment: {}, ...facts },
  );
  return { ...found, reads };
}

describe('detectPython', () => {
  it('reads an image that states its version', async () => {
    const { target, interpreter, reads } = await detect(
      {
        'usr/local/bin/python3.12': makeElf({ loader: GLIBC }),
        'usr/bin/python3.11': makeElf({ loader: GLIBC }),
        'usr/local/lib/python3.12/_sysconfigdata__linux_x86_64-linux-gnu.py':
          "build_time_vars = {'SOABI': 'cpython-312-x86_64-linux-gnu'}\n",
        [LIBC]: makeElf({ tail: BANNER }),
      },
      { environment: { PATH: '/usr/local/bin:/usr/bin', PYTHON_VERSION: '3.12.7' } },
    );
    expect(interpreter).toBe('/usr/local/bin/python3.12');
    expect(target).toEqual({
      implementation: 'cpython',
      version: '3.12.7',
      abi: 'cp312',
      os: 'linux',
      architecture: 'amd64',
      libc: { family: 'glibc', version: '2.36' },
    });
    expect(new Set(reads).size).toBe(reads.length);
  });

  it('finds debug builds beside ordinary ones, and the interpreter that is asked for', async () => {
    const banner = { [LIBC]: makeElf({ tail: BANNER }) };
    const program = (version: string): Buffer => makeElf({ loader: GLIBC, tail: `\0${version}\0` });
    const both = {
      ...banner,
      'usr/bin/python3.13': program('3.13.5'),
      'usr/bin/python3.13d': program('3.13.5'),
      'usr/bin/pypy3.11': program('3.11.13'),
      'usr/lib/python3.13/_sysconfigdata__linux_x86_64-linux-gnu.py':
        "{'SOABI': 'cpython-313-x86_64-linux-gnu'}",
      'usr/lib/python3.13/_sysconfigdata_d_linux_x86_64-linux-gnu.py':
        "{'SOABI': 'cpython-313d-x86_64-linux-gnu'}",
    };
    const found = async (executable?: string) => (await detect(both, { executable })).target.abi;
    expect([
      await found(),
      await found('python3.13d'),
      await found('pypy3.11'),
      await found('python3.9'),
    ]).toEqual(['cp313', 'cp313d', 'pypy311_pp73', 'cp313']);
  });

  it('prefers what the build says of itself', async () => {
    const details = {
      schema_version: '1.0',
      language: { version: '3.14' },
      implementation: {
        name: 'cpython',
        version: { major: 3, minor: 14, micro: 0, releaselevel: 'candidate', serial: 2 },
      },
      abi: { flags: ['t'], extension_suffix: '.cpython-314t-x86_64-linux-gnu.so' },
    };
    const { target } = await detect(
      {
        'usr/local/bin/python3.14': makeElf({ loader: GLIBC }),
        'usr/local/lib/python3.14t/build-details.json': JSON.stringify(details),
        [LIBC]: makeElf({ tail: BANNER }),
      },
      { environment: { PYTHON_VERSION: '3.14.9' } },
    );
    expect([target.version, target.abi]).toEqual(['3.14.0rc2', 'cp314t']);
  });

  it('finds the version in the interpreter, in its library and in a package database', async () => {
    const libc = { [LIBC]: makeElf({ tail: BANNER }) };
    const program = (tail: string): Buffer => makeElf({ loader: GLIBC, tail });
    const own = await detect({
      ...libc,
      'usr/bin/python3.11': program('3.11.9x\0 13.11.8\0Python 3.11.2+\0'),
    });
    expect(own.target.version).toBe('3.11.2');
    const library = await detect({
      ...libc,
      'usr/bin/python3.13': program(''),
      'usr/lib/x86_64-linux-gnu/libpython3.13.so.1.0': makeElf({ tail: '\x003.13.0rc1\0' }),
    });
    expect(library.target.version).toBe('3.13.0rc1');
    const status = 'Package: libpython3.13-minimal\nStatus: install ok installed\nVersion: 3.13.0~rc3-2\n';
    const database = await detect({
      ...libc,
      'usr/bin/python3.13': program(''),
      'var/lib/dpkg/status.d/libpython3.13-minimal': status,
    });
    expect(database.target.version).toBe('3.13.0rc3');
  });

  it('passes over a stated version that is another interpreter’s', async () => {
    const { target } = await detect(
      {
        'usr/bin/python3.11': makeElf({ loader: GLIBC, tail: '\x003.11.2\0' }),
        [LIBC]: makeElf({ tail: BANNER }),
      },
      { environment: { PYTHON_VERSION: '3.12.7' } },
    );
    expect(target.version).toBe('3.11.2');
  });

  it('reads an image with musl', async () => {
    const alpine = {
      'usr/local/bin/python3.13': makeElf({ loader: MUSL }),
      'lib/ld-musl-x86_64.so.1': makeElf({ tail: 'musl libc\x001.2.5\0' }),
    };
    const facts = { environment: { PYTHON_VERSION: '3.13.1' } };
    expect((await detect(alpine, facts)).target.libc).toEqual({ family: 'musl', version: '1.2' });
    const apk = 'C:x\nP:busybox\nV:1.36\n\nC:y\nP:musl\nV:1.1.24-r8\nA:x86_64\n\n';
    const installed = await detect({ ...alpine, 'lib/apk/db/installed': apk }, facts);
    expect(installed.target.libc).toEqual({ family: 'musl', version: '1.1' });
  });

  it('takes the C library of its own machine, and the database where the library is silent', async () => {
    const facts = { architecture: 'arm64', environment: { PYTHON_VERSION: '3.12.7' } };
    const arm = { 'usr/bin/python3.12': makeElf({ machine: 183, loader: '/lib/ld-linux-aarch64.so.1' }) };
    const libraries = {
      'usr/lib/aarch64-linux-gnu/libc.so.6': makeElf({
        machine: 183,
        tail: BANNER.replace('2.36.', '2.41.'),
      }),
      [LIBC]: makeElf({ tail: BANNER }),
    };
    expect((await detect({ ...arm, ...libraries }, facts)).target.libc.version).toBe('2.41');
    const removed = 'Package: libc6\nStatus: deinstall ok config-files\nVersion: 2.19-1\n\n';
    const status = `${removed}Package: libc6\nStatus: install ok installed\nVersion: 2.39-0ubuntu8\n`;
    const { target } = await detect(
      { ...arm, 'var/lib/dpkg/status.d/libc6': status.slice(removed.length) },
      facts,
    );
    expect(target.libc).toEqual({ family: 'glibc', version: '2.39' });
    await expect(detect({ ...arm, 'var/lib/dpkg/status': removed }, facts)).rejects.toMatchObject({
      code: 'PYC_PYTHON_UNKNOWN',
    });
  });

  it('passes over virtual environments and looks outside PATH last', async () => {
    const { interpreter } = await detect(
      {
        'opt/venv/bin/python3.12': makeElf({ loader: GLIBC }),
        'opt/venv/pyvenv.cfg': 'home = /opt/python/bin\n',
        'opt/python/bin/python3.12': makeElf({ loader: GLIBC, tail: '\x003.12.1\0' }),
        [LIBC]: makeElf({ tail: BANNER }),
      },
      { environment: { PATH: '/opt/venv/bin:/usr/bin' } },
    );
    expect(interpreter).toBe('/opt/python/bin/python3.12');
  });

  it('chooses the newest of one folder, and of the same version the one with the lock', async () => {
    const program = (version: string): Buffer => makeElf({ loader: GLIBC, tail: `\0${version}\0` });
    const files = {
      'usr/bin/python3.9': program('3.9.1'),
      'usr/bin/python3.13t': program('3.13.1'),
      'usr/bin/python3.13': program('3.13.1'),
      [LIBC]: makeElf({ tail: BANNER }),
    };
    expect((await detect(files)).interpreter).toBe('/usr/bin/python3.13');
    const threaded = Object.fromEntries(
      Object.entries(files).filter(([path]) => path !== 'usr/bin/python3.13'),
    );
    expect((await detect(threaded)).target.abi).toBe('cp313t');
  });

  it('reads PyPy', async () => {
    const { target } = await detect(
      {
        'opt/pypy/bin/pypy3.10': makeElf({ loader: GLIBC }),
        'opt/pypy/bin/libpypy3.10-c.so': makeElf({ tail: '\x003.10.14\0' }),
        'opt/pypy/lib/pypy3.10/_sysconfigdata__linux_x86_64-linux-gnu.py':
          "{'SOABI': 'pypy310-pp73-x86_64-linux-gnu'}",
        [LIBC]: makeElf({ tail: BANNER }),
      },
      { environment: { PATH: '/opt/pypy/bin', PYPY_VERSION: '7.3.17' } },
    );
    expect(target).toMatchObject({
      implementation: 'pypy',
      version: '3.10.14',
      abi: 'pypy310_pp73',
      implementationVersion: '7.3.17',
    });
  });

  it('says what is missing', async () => {
    await expect(detect({})).rejects.toMatchObject({ code: 'PYC_PYTHON_NOT_FOUND' });
    await expect(detect({ 'usr/bin/python3.12': '#!/bin/sh\n' })).rejects.toMatchObject({
      code: 'PYC_PYTHON_NOT_FOUND',
    });
    await expect(
      detect({ 'usr/bin/python3.12': makeElf({ loader: GLIBC }) }, { architecture: 'arm64' }),
    ).rejects.toMatchObject({ code: 'PYC_PYTHON_NOT_FOUND' });
    await expect(
      detect({ 'usr/bin/python3.12': makeElf({ loader: GLIBC }), [LIBC]: makeElf({ tail: BANNER }) }),
    ).rejects.toMatchObject({ code: 'PYC_PYTHON_UNKNOWN' });
  });
});

describe('readElf', () => {
  it('reads either size and byte order', () => {
    expect(readElf(makeElf({ loader: GLIBC }))).toEqual({ architecture: 'amd64', loader: GLIBC });
    const arm = makeElf({ machine: 40, bits: 32, loader: '/lib/ld-linux-armhf.so.3' });
    expect(readElf(arm)).toEqual({ architecture: 'arm', loader: '/lib/ld-linux-armhf.so.3' });
    const s390x = makeElf({ machine: 22, bigEndian: true, loader: '/lib/ld64.so.1' });
    expect(readElf(s390x)).toEqual({ architecture: 's390x', loader: '/lib/ld64.so.1' });
    expect(readElf(makeElf())).toEqual({ architecture: 'amd64', loader: undefined });
  });

  it('never reads outside a file that lies or is cut', () => {
    const whole = makeElf({ loader: GLIBC });
    for (let length = 0; length < whole.length; length += 1) {
      expect(readElf(whole.subarray(0, length))?.loader).toBeUndefined();
    }
    for (const at of [32, 36, 39, 54, 56, 128, 135, 152, 159]) {
      const lying = Buffer.from(whole);
      lying[at] = 0xff;
      expect(readElf(lying)?.loader).not.toBe(GLIBC);
    }
  });
});
