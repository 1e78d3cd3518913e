/** Bases of Debian's packages against what dpkg makes of the same packages, and as root file systems that run. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Command, run } from './harness/processes.ts';
import { build } from './harness/pyc.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

/** What only whoever unpacks packages for good has, or only this program. */
const OURS = /^(?:app|opt\/venv|home\/nonroot|var\/lib\/dpkg\/status\.d)(?:\/|$)/;
/** Accounts are locked by `*` here, as in the masters, and nonroot is added; the listing lacks Debian's header. */
const DIFFERENT: readonly string[] = [
  'etc/ca-certificates.conf',
  'etc/group',
  'etc/ld.so.cache',
  'etc/passwd',
];
const DOCUMENTATION = /^usr\/share\/(?:bug|doc|doc-base|info|lintian|locale|man)(?:\/|$)/;

/** Everything of the standard library that needs a shared library, certificates, accounts, names or time zones. */
const PROGRAM = `
import asyncio, bz2, ctypes, ctypes.util, curses, datetime, decimal, grp, hashlib, json, locale, lzma, mimetypes
import multiprocessing, os, pwd, readline, socket, sqlite3, ssl, subprocess, sys, tempfile, unicodedata, uuid, venv, zlib, zoneinfo
print(json.dumps({
    'version': '.'.join(map(str, sys.version_info[:3])),
    'certificates': len(ssl.create_default_context().get_ca_certs()) > 100,
    'capath': os.path.isdir(ssl.get_default_verify_paths().capath),
    'sqlite': sqlite3.connect(':memory:').execute('select 1').fetchone()[0],
    'zone': str(zoneinfo.ZoneInfo('Europe/Berlin').utcoffset(datetime.datetime(2026, 7, 1))),
    'user': pwd.getpwuid(65532).pw_name, 'group': grp.getgrgid(65532).gr_name,
    'port': socket.getservbyname('https'), 'locale': locale.setlocale(locale.LC_ALL, 'C.UTF-8'),
    'library': ctypes.util.find_library('ssl'), 'shell': subprocess.check_output('echo hello', shell=True, text=True),
    'packages': len([name for name in os.listdir('/var/lib/dpkg/status.d') if not name.endswith('.md5sums')]) > 30,
}))`;

describe.each([
  ['bookworm', '3.11'],
  ['trixie', '3.13'],
])('apt:%s', (suite, minor) => {
  let root: string;

  beforeAll(async () => {
    root = await unpacked(suite, 'amd64');
  });

  test('runs Python with its libraries, certificates, accounts and time zones', async () => {
    // Python opens it for every program that it starts; engines mount one there.
    await run(['mknod', '-m', '666', join(root, 'dev/null'), 'c', '1', '3']);
    const said = await run(['chroot', root, `/usr/bin/python${minor}`, '-c', PROGRAM], {
      env: { LANG: 'C.UTF-8' },
    });
    rmSync(join(root, 'dev/null'));
    expect(JSON.parse(said)).toMatchObject({
      version: expect.stringMatching(new RegExp(`^${minor.replace('.', '\\.')}\\.\\d+$`)),
      certificates: true,
      capath: true,
      sqlite: 1,
      zone: '2:00:00',
      user: 'nonroot',
      group: 'nonroot',
      port: 443,
      locale: 'C.UTF-8',
      library: 'libssl.so.3',
      shell: 'hello\n',
      packages: true,
    });
  });

  test('has each file as dpkg and the scripts of the packages leave it', async () => {
    const status = readdirSync(join(root, 'var/lib/dpkg/status.d'));
    const packages = status.filter((name) => !name.endsWith('.md5sums'));
    const theirs = join(newFolder(`mmdebstrap-${suite}`), 'root');
    const archive = 'http://deb.debian.org/debian';
    await run([
      ...['mmdebstrap', '--quiet', '--variant=apt', `--include=${packages.join(',')}`, suite, theirs],
      ...[`deb ${archive} ${suite} main`, `deb ${archive} ${suite}-updates main`],
      `deb ${archive}-security ${suite}-security main`,
    ] as unknown as Command);
    const own = pathsIn(root).filter((path) => !OURS.test(path));
    const different = own.filter(
      (path) => !DIFFERENT.includes(path) && shapeOf(root, path) !== shapeOf(theirs, path),
    );
    expect(different.map((path) => [path, shapeOf(root, path), shapeOf(theirs, path)])).toEqual([]);
    const missing = packages
      .flatMap((name) => filesOf(theirs, name))
      .filter((path) => !DOCUMENTATION.test(path) && !existsAt(root, path));
    expect(missing).toEqual([]);
  });
});

test('a base for another architecture is assembled as well, and the same each time', async () => {
  const project = copyExample('script');
  const args = [project, '--base', 'apt:trixie', '--platform', 'linux/arm64'];
  const first = await build([...args, '--output', `layout:${newFolder('one')}`]);
  const store = newFolder('store');
  const second = await build([...args, '--output', `layout:${newFolder('two')}`], { store });
  expect(first.image.python).toMatchObject({ tag: 'cp313', libc: 'glibc-2.41' });
  expect(second.digest).toBe(first.digest);
});

/** The root file system of an image on the base. */
async function unpacked(suite: string, architecture: string): Promise<string> {
  const layout = newFolder(`base-${suite}`);
  const args = [
    '--base',
    `apt:${suite}`,
    '--platform',
    `linux/${architecture}`,
    '--output',
    `layout:${layout}`,
  ];
  await build([copyExample('script'), ...args]);
  const bundle = join(newFolder(`bundle-${suite}`), 'out');
  await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, bundle]);
  return join(bundle, 'rootfs');
}

function pathsIn(root: string, below = ''): string[] {
  return readdirSync(join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    return entry.isDirectory() ? [path, ...pathsIn(root, path)] : [path];
  });
}

/** Type, mode, owner and content of what lies at a path; the modes of links mean nothing. */
function shapeOf(root: string, path: string): string {
  const file = join(root, path);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return 'nothing';
  const owner = `${stat.uid}:${stat.gid}`;
  if (stat.isSymbolicLink()) return `link ${owner} ${readlinkSync(file)}`;
  const mode = (stat.mode & 0o7777).toString(8);
  if (stat.isDirectory()) return `folder ${mode} ${owner}`;
  return `file ${mode} ${owner} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
}

function filesOf(root: string, name: string): readonly string[] {
  const info = join(root, 'var/lib/dpkg/info');
  const list = [`${name}.list`, `${name}:amd64.list`]
    .map((each) => join(info, each))
    .find((each) => existsSync(each));
  if (list === undefined) throw new Error(`dpkg did not install ${name}`);
  return readFileSync(list, 'utf8')
    .split('\n')
    .map((line) => line.slice(1))
    .filter((path) => path !== '' && path !== '.');
}

function existsAt(root: string, path: string): boolean {
  return lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined;
}
