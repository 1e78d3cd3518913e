import { describe, expect, it } from 'vitest';
import { BASE_PATTERNS, readBase } from '../../../plugins/sbom/base-packages.ts';
import { packageUrl } from '../../../plugins/sbom/package-url.ts';

const read = (files: Record<string, string>): ReturnType<typeof readBase> =>
  readBase(new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)])));

const urls = (files: Record<string, string>): string[] =>
  read(files).components.map(({ facts }) => packageUrl(facts));

const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n';

describe('the databases of a base', () => {
  it('reads dpkg status and status.d, without what was removed', () => {
    const status = `Package: libc6
Status: install ok installed
Maintainer: GNU Libc Maintainers
Architecture: arm64
Version: 2.41-12+deb13u1
Depends: libgcc-s1 (>= 12), libcrypt1 | libcrypt2
Description: GNU C Library: Shared libraries
 Contains the standard libraries.
Homepage: https://www.gnu.org/software/libc/libc.html

Package: gone
Status: deinstall ok config-files
Architecture: arm64
Version: 1

Package: g++-14
Status: install ok installed
Version: 4:14.2.0-19
Architecture: all
`;
    const files = {
      'etc/os-release': DEBIAN,
      'var/lib/dpkg/status': status,
      'var/lib/dpkg/status.d/tzdata': 'Package: tzdata\nVersion: 2025b-4\nArchitecture: all\n',
      'var/lib/dpkg/status.d/libc6': 'Package: libc6\nVersion: 2.41-12+deb13u1\nArchitecture: arm64\n',
    };
    expect(urls(files)).toEqual([
      'pkg:deb/debian/libc6@2.41-12%2Bdeb13u1?arch=arm64&distro=debian-13',
      'pkg:deb/debian/g%2B%2B-14@4:14.2.0-19?arch=all&distro=debian-13',
      'pkg:deb/debian/tzdata@2025b-4?arch=all&distro=debian-13',
    ]);
    expect(read(files).components[0]?.facts).toMatchObject({
      summary: 'GNU C Library: Shared libraries',
      homepage: 'https://www.gnu.org/software/libc/libc.html',
      requires: ['libcrypt1', 'libcrypt2', 'libgcc-s1'],
    });
    expect(read(files).system).toEqual({ id: 'debian', version: '13', name: 'Debian GNU/Linux 13 (trixie)' });
  });

  it('reads the database of apk and distributions of Python', () => {
    expect(
      urls({
        'etc/os-release': 'ID=alpine\nVERSION_ID=3.22.1\n',
        'lib/apk/db/installed':
          'C:Q1x=\nP:musl\nV:1.2.5-r10\nA:aarch64\nL:MIT\nT:the musl c library\n\nP:zlib\nV:1.3.1-r2\nA:aarch64\nD:so:libc.musl-aarch64.so.1 musl\n\n',
        'usr/local/lib/python3.12/site-packages/pip-25.0.dist-info/METADATA':
          'Metadata-Version: 2.4\nName: Pip\nVersion: 25.0\n\nName: not this\n',
      }),
    ).toEqual([
      'pkg:apk/alpine/musl@1.2.5-r10?arch=aarch64&distro=alpine-3.22.1',
      'pkg:apk/alpine/zlib@1.3.1-r2?arch=aarch64&distro=alpine-3.22.1',
      'pkg:pypi/pip@25.0',
    ]);
  });

  it('names derivatives as the vendor of their packages and survives nonsense', () => {
    const status = 'Package: x\nVersion: 1\nArchitecture: amd64\n';
    expect(
      urls({ 'usr/lib/os-release': "ID='ubuntu'\nVERSION_ID=24.04\n", 'var/lib/dpkg/status': status }),
    ).toEqual(['pkg:deb/ubuntu/x@1?arch=amd64&distro=ubuntu-24.04']);
    expect(
      urls({ 'etc/os-release': 'ID=$(rm)\n', 'var/lib/dpkg/status': `\0\n:\n x\n\n\n\n${status}\n\n` }),
    ).toHaveLength(1);
  });

  it('asks for these files alone', () => {
    const wanted = (path: string): boolean => BASE_PATTERNS.some((pattern) => pattern.test(path));
    const paths = [
      'var/lib/dpkg/status',
      'var/lib/dpkg/status.d/a',
      'lib/apk/db/installed',
      'etc/os-release',
      'usr/lib/python3/dist-packages/x-1.dist-info/METADATA',
    ];
    expect(paths.filter(wanted)).toEqual(paths);
    expect(
      ['var/lib/dpkg/status-old', 'var/lib/dpkg/info/x.list', 'home/x.dist-info/METADATA'].filter(wanted),
    ).toEqual([]);
  });
});
