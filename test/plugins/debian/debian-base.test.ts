import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readTar, type TarEntry } from '../../../core/archive/tar.ts';
import { createHttpClient } from '../../../core/http/undici-client.ts';
import type { Image, Layer } from '../../../core/oci/image.ts';
import { layerInStore, writeLayer } from '../../../core/oci/layer/write-layers.ts';
import type { BaseContext, PythonInBase } from '../../../core/pipeline/values.ts';
import { readAll, streamOf } from '../../../core/primitives/bytes.ts';
import type { Digest } from '../../../core/primitives/digest.ts';
import { silentLog, type Warning } from '../../../core/primitives/log.ts';
import { createDiskStore } from '../../../core/store/disk-store.ts';
import { debianBase } from '../../../plugins/debian/debian-base.ts';
import debian from '../../../plugins/debian/index.ts';
import { type DebianOptions, readOptions } from '../../../plugins/debian/options.ts';
import { codeOf } from '../../codes.ts';
import { type FakeArchive, type FakePackage, makeKey, startArchive } from './fake-archive.ts';

const NOW = new Date('2026-07-01T00:00:00Z');
const PLATFORM = { os: 'linux', architecture: 'amd64' };
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUFmY4gZ0Zx9ZT1r5l2d0nZxWc1aEwCgYIKoZIzj0EAwIw
-----END CERTIFICATE-----
`;

/** The packages that every base asks for, and Python, as small as they can be. */
const PACKAGES: readonly FakePackage[] = [
  {
    name: 'base-files',
    fields: { 'Pre-Depends': 'awk' },
    files: {
      bin: { folder: 0o755 },
      etc: { folder: 0o755 },
      'etc/dpkg/origins/debian': 'Vendor: Debian\n',
      tmp: { folder: 0o1777 },
      usr: { folder: 0o755 },
      'usr/lib': { folder: 0o755 },
      'usr/share/base-files/profile': 'PATH=/bin\n',
      'var/run': { folder: 0o755 },
    },
    scripts: { postinst: 'cp a b\n' },
  },
  {
    name: 'base-passwd',
    fields: { Depends: 'libc6, libdebconfclient0 (>= 0.1)' },
    files: {
      'usr/share/base-passwd/passwd.master': 'root:*:0:0:root:/root:/bin/bash\n',
      'usr/share/base-passwd/group.master': 'root:*:0:\nmail:*:8:\n',
    },
  },
  { name: 'ca-certificates', architecture: 'all', fields: { Depends: 'debconf (>= 0.5) | debconf-2.0' } },
  {
    name: 'dash',
    fields: { Depends: 'dpkg', 'Pre-Depends': 'libc6' },
    files: { 'bin/dash': { text: 'dash', mode: 0o755 }, 'bin/sh': { link: 'dash' } },
  },
  {
    name: 'libc-bin',
    fields: { Depends: 'libc6' },
    files: {
      'etc/ld.so.conf.d/local.conf': '# ours\n/usr/local/lib\n/lib/x86_64-linux-gnu\n',
      'usr/share/libc-bin/nsswitch.conf': 'hosts: files dns\n',
    },
  },
  {
    name: 'libc6',
    version: '2.36-9',
    files: {
      'lib64/ld-linux-x86-64.so.2': { link: '/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' },
      'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2': { text: 'loader', mode: 0o755 },
      'lib/x86_64-linux-gnu/libm.so.6': 'm',
      'usr/lib/x86_64-linux-gnu/libz.so.1': { link: 'libz.so.1.2.13' },
      'usr/lib/x86_64-linux-gnu/libz.so.1.2.13': 'z',
      'usr/lib/x86_64-linux-gnu/libz10.so.1': 'z10',
      'usr/lib32/libm.so.6': 'not for this ABI',
    },
  },
  { name: 'libstdc++6', fields: { Depends: 'libc6' } },
  { name: 'netbase', architecture: 'all', files: { 'etc/services': 'https 443/tcp\n' } },
  { name: 'tzdata', architecture: 'all', files: { 'usr/share/zoneinfo/Etc/UTC': 'TZif2' } },
  {
    name: 'python3',
    version: '3.11.2-1',
    fields: { Depends: 'python3.11, libc6' },
    files: { 'usr/bin/python3': { link: 'python3.11' } },
  },
  {
    name: 'python3.11',
    version: '3.11.2-6',
    fields: { Depends: 'python3.11-minimal' },
    files: {
      'usr/bin/python3.11': { text: 'python', mode: 0o755 },
      'usr/bin/pydoc3.11': { hardLink: 'usr/bin/python3.11' },
      'usr/share/doc/python3.11/copyright': 'PSF\n',
      'usr/share/doc/python3.11/changelog.gz': 'old',
      'usr/share/man/man1/python3.11.1.gz': 'manual',
    },
  },
  { name: 'python3.11-minimal', version: '3.11.2-6+deb12u9' },
];

const EXTRA: readonly FakePackage[] = [
  {
    name: 'mawk',
    fields: { Provides: 'awk' },
    files: { 'usr/bin/mawk': { text: 'mawk', mode: 0o755 }, 'usr/lib/systemd/system/a\\x2db.slice': 'unit' },
    scripts: { postinst: 'update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5\n' },
  },
  {
    name: 'daemon',
    files: {
      'usr/lib/sysusers.d/daemon.conf':
        '# users\nu daemond - "A daemon" /var/lib/daemon\ng helpers 150\nm daemond helpers\n',
      'usr/sbin/daemond': { text: 'daemon', mode: 0o4755, gid: 8 },
    },
    scripts: { postinst: 'mkdir -p /var/lib/daemon\n' },
  },
  { name: 'clash-a', files: { 'usr/bin/clash': 'a' } },
  { name: 'clash-b', files: { 'usr/bin/clash': 'b' } },
  { name: 'same-a', files: { 'usr/share/same': 'x' } },
  { name: 'same-b', files: { 'usr/share/same': 'x' } },
  { name: 'newer', fields: { Replaces: 'clash-a (<< 2)' }, files: { 'usr/bin/clash': 'newer' } },
  { name: 'linked', files: { 'usr/share/real/a': 'a', 'usr/share/alias': { link: 'real' } } },
  { name: 'through', files: { 'usr/share/alias/b': 'b' } },
  { name: 'device', files: { 'dev/x': { device: true } } },
  { name: 'broken-link', files: { 'usr/bin/x': { hardLink: 'usr/bin/absent' } } },
  { name: 'bad-certificate', files: { 'usr/share/ca-certificates/bad.crt': CERTIFICATE } },
];

let key: Awaited<ReturnType<typeof makeKey>>;
let archive: FakeArchive;
let folder: string;
let warnings: Warning[];
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  key = await makeKey();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'debian-'));
  warnings = [];
  archive = await startArchive(key);
  await archive.publish({ suite: 'bookworm', packages: [...PACKAGES, ...EXTRA] });
  opened.push(archive);
});
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
  await rm(folder, { recursive: true });
});
afterAll(() => expect(opened).toEqual([]));

interface Opening {
  readonly options?: DebianOptions;
  readonly suite?: string;
  readonly offline?: boolean;
  readonly dryRun?: boolean;
  readonly pins?: Map<string, unknown>;
  readonly architecture?: string;
  readonly store?: string;
}

interface Opened {
  readonly image: Image;
  readonly python: PythonInBase | undefined;
  /** Requests. */
  readonly sent: number;
}

/** Opens a base on the fake archive, as a build of its own would. */
async function open(opening: Opening = {}): Promise<Opened> {
  const {
    options = {},
    suite = 'bookworm',
    offline = false,
    pins = new Map(),
    architecture = 'amd64',
  } = opening;
  const store = createDiskStore({ directory: join(folder, opening.store ?? 'store'), limit: 1e9 });
  const http = createHttpClient({ env: {}, offline, retry: { base: 5, longest: 20 } });
  const { signal } = new AbortController();
  const context: BaseContext = {
    http,
    store,
    log: { ...silentLog, warn: (warning) => warnings.push(warning) },
    offline,
    dryRun: opening.dryRun ?? false,
    pins: { locked: false, get: (name) => pins.get(name), set: (name, value) => pins.set(name, value) },
    sourceDateEpoch: 0,
    directory: folder,
    async writeLayer(name, layerKey, items): Promise<Layer> {
      const known = (await store.readAction(layerKey)) as
        | { descriptor: Layer['descriptor']; diffId: Digest }
        | undefined;
      if (known !== undefined) return layerInStore(store, known.descriptor, known.diffId);
      const layer = await writeLayer(items, store, { name, concurrency: 0 });
      await store.writeAction(layerKey, { descriptor: layer.descriptor, diffId: layer.diffId });
      return layer;
    },
  };
  const settings = readOptions(suite, {
    mirror: `${archive.url}/debian`,
    securityMirror: false,
    updates: false,
    keyring: archive.keyring,
    snapshotService: `${archive.url}/snapshot`,
    ...options,
  });
  try {
    const source = debianBase(settings, () => NOW);
    const image = await source.open({ ...PLATFORM, architecture }, signal, context);
    return { image, python: source.python?.(image), sent: http.sent };
  } finally {
    await http.close();
    await store.close();
  }
}

type Tree = Map<string, TarEntry & { readonly bytes: Buffer; readonly text: string }>;

/** What the layers make together, the later ones over the earlier. */
async function treeOf(image: Image): Promise<Tree> {
  const tree: Tree = new Map();
  for (const layer of image.layers) for (const [path, entry] of await entriesOf(layer)) tree.set(path, entry);
  return tree;
}

async function entriesOf(layer: Layer): Promise<Tree> {
  const blob = gunzipSync(await readAll(await layer.open(), 1e8, 'a layer'));
  const tree: Tree = new Map();
  await readTar(
    streamOf(blob),
    async (entry, body) => {
      const bytes = Buffer.from(await readAll(body, 1e8, 'a file'));
      tree.set(entry.path, { ...entry, bytes, text: bytes.toString() });
    },
    { limits: { backslashes: true } },
  );
  return tree;
}

const digestsOf = (image: Image) => image.layers.map(({ descriptor }) => descriptor.digest);

describe('a Debian base', () => {
  it('is a root file system of what the packages have and their scripts would have made', async () => {
    const { image } = await open();
    const tree = await treeOf(image);
    expect(['bin', 'sbin', 'lib', 'lib64', 'var/run'].map((path) => tree.get(path)?.linkTarget)).toEqual([
      'usr/bin',
      'usr/sbin',
      'usr/lib',
      'usr/lib64',
      '/run',
    ]);
    expect([...tree.keys()].filter((path) => /^(bin|lib|lib64|sbin|var\/run)\//.test(path))).toEqual([]);
    expect(tree.get('usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2')?.text).toBe('loader');
    expect(tree.get('usr/bin/sh')?.linkTarget).toBe('dash');
    expect(tree.get('usr/bin/python3.11')).toMatchObject({
      type: 'hardlink',
      linkTarget: 'usr/bin/pydoc3.11',
      mode: 0o755,
    });
    expect(tree.get('etc/profile')?.text).toBe('PATH=/bin\n');
    expect(tree.get('etc/nsswitch.conf')?.text).toBe('hosts: files dns\n');
    expect(tree.get('etc/localtime')?.linkTarget).toBe('/usr/share/zoneinfo/Etc/UTC');
    expect(tree.get('etc/dpkg/origins/default')?.linkTarget).toBe('debian');
    expect(tree.get('etc/passwd')?.text).toBe(
      'root:*:0:0:root:/root:/bin/bash\nnonroot:*:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin\n',
    );
    expect([tree.get('tmp')?.mode, tree.get('root')?.mode, tree.get('var/mail')?.mode]).toEqual([
      0o1777, 0o700, 0o2775,
    ]);
    expect(warnings).toEqual([]);
  });

  it('keeps licences and no other documentation, unless asked to', async () => {
    const paths = async (options: DebianOptions) =>
      [...(await treeOf((await open({ options })).image)).keys()].filter((path) =>
        /doc\/python|\/man1\//.test(path),
      );
    expect(await paths({})).toEqual(['usr/share/doc/python3.11', 'usr/share/doc/python3.11/copyright']);
    expect(await paths({ docs: true })).toHaveLength(4);
  });

  it('records every package where scanners look', async () => {
    const tree = await treeOf((await open()).image);
    const recorded = [...tree.keys()].filter((path) => /^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path));
    expect(recorded.filter((path) => !path.endsWith('.md5sums'))).toHaveLength(PACKAGES.length);
    expect(tree.get('var/lib/dpkg/status.d/libc6')?.text).toBe(
      'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nArchitecture: amd64\n',
    );
    expect(recorded).toContain('var/lib/dpkg/status.d/libc6.md5sums');
  });

  it('has a layer for the system, one for Python and one for further packages, each path in one of them', async () => {
    const plain = await open();
    const more = await open({ options: { packages: ['mawk', 'same-a', 'same-b'] } });
    expect(digestsOf(more.image).slice(0, 2)).toEqual(digestsOf(plain.image));
    const [system, python, packages] = await Promise.all(more.image.layers.map(entriesOf));
    expect([
      system!.has('usr/bin/dash'),
      python!.has('usr/bin/python3'),
      packages!.has('usr/bin/mawk'),
    ]).toEqual([true, true, true]);
    expect([...packages!.keys()].filter((path) => system!.has(path) || python!.has(path))).toEqual([]);
    expect(packages!.get('usr/bin/awk')?.linkTarget).toBe('/etc/alternatives/awk');
    expect(packages!.get('etc/alternatives/awk')?.linkTarget).toBe('/usr/bin/mawk');
    expect(packages!.has('usr/lib/systemd/system/a\\x2db.slice')).toBe(true);
    expect(more.image.config.rootfs.diff_ids).toEqual(more.image.layers.map(({ diffId }) => diffId));
    expect(more.image.config.history).toHaveLength(3);
  });

  it('declares accounts of sysusers.d and keeps modes and owners', async () => {
    const tree = await treeOf((await open({ options: { packages: ['daemon'] } })).image);
    expect(tree.get('etc/passwd')?.text).toContain(
      'daemond:*:999:999:A daemon:/var/lib/daemon:/usr/sbin/nologin\n',
    );
    expect(tree.get('etc/group')?.text).toContain('helpers:*:150:daemond\n');
    expect(tree.get('usr/sbin/daemond')).toMatchObject({ mode: 0o4755, uid: 0, gid: 8 });
  });

  it('places files through a link that another package has', async () => {
    const tree = await treeOf((await open({ options: { packages: ['linked', 'through'] } })).image);
    expect([tree.get('usr/share/alias')?.linkTarget, tree.get('usr/share/real/b')?.text]).toEqual([
      'real',
      'b',
    ]);
  });

  it('takes the file of the package that replaces the other', async () => {
    const tree = await treeOf((await open({ options: { packages: ['clash-a', 'newer'] } })).image);
    expect(tree.get('usr/bin/clash')?.text).toBe('newer');
  });

  it('warns of scripts that are not run, also when the layers are there already; strict fails', async () => {
    const options = { packages: ['daemon'] };
    await open({ options });
    await open({ options });
    expect(warnings.map(({ code }) => code)).toEqual([
      'PYC_DEBIAN_SCRIPT_SKIPPED',
      'PYC_DEBIAN_SCRIPT_SKIPPED',
    ]);
    expect(await codeOf(() => open({ options: { ...options, strict: true } }))).toBe(
      'PYC_DEBIAN_SCRIPT_SKIPPED',
    );
    expect(await codeOf(() => open({ options: { ...options, strict: true }, store: 'other' }))).toBe(
      'PYC_DEBIAN_SCRIPT_SKIPPED',
    );
  });

  it('has a cache of libraries in the order in which the loader searches it', async () => {
    const cache = (await treeOf((await open()).image)).get('etc/ld.so.cache')!.bytes;
    expect(cache.toString('latin1', 0, 20)).toBe('glibc-ld.so.cache1.1');
    const stringAt = (at: number) => cache.toString('latin1', at, cache.indexOf(0, at));
    const libraries = Array.from({ length: cache.readUInt32LE(20) }, (_, index) => {
      const [flags, name, path] = [0, 4, 8].map((offset) => cache.readUInt32LE(48 + 24 * index + offset));
      return [flags, stringAt(name!), stringAt(path!)];
    });
    expect(libraries).toEqual([
      [0x303, 'libz10.so.1', '/lib/x86_64-linux-gnu/libz10.so.1'],
      [0x303, 'libz.so.1', '/lib/x86_64-linux-gnu/libz.so.1'],
      [0x303, 'libm.so.6', '/lib/x86_64-linux-gnu/libm.so.6'],
      [0x303, 'ld-linux-x86-64.so.2', '/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'],
    ]);
  });

  it('says which Python it has', async () => {
    const { python } = await open({ dryRun: true });
    expect(python).toEqual({
      interpreter: '/usr/bin/python3.11',
      target: {
        implementation: 'cpython',
        version: '3.11.2',
        abi: 'cp311',
        os: 'linux',
        architecture: 'amd64',
        libc: { family: 'glibc', version: '2.36' },
      },
    });
    expect(archive.requests.filter((path) => path.includes('/pool/'))).toEqual([]);
  });

  it('says what it is made of before it is made', async () => {
    const planned = await open({ dryRun: true });
    expect(planned.image.layers).toEqual([]);
    expect((await open()).image.madeOf).toBe(planned.image.madeOf);
    const others = [{ python: false }, { docs: true }];
    const made = await Promise.all(
      others.map(async (options) => (await open({ dryRun: true, options })).image.madeOf),
    );
    expect(new Set([undefined, planned.image.madeOf, ...made]).size).toBe(4);
  });

  it('leaves no temporary file', async () => {
    await open();
    await codeOf(() => open({ options: { packages: ['device'] } }));
    expect(await readdir(join(folder, 'store', 'tmp'))).toEqual([]);
  });
});

describe('requests', () => {
  it('are one revalidation a suite once everything is in the store', async () => {
    const first = await open();
    archive.requests.length = 0;
    const second = await open();
    expect(archive.requests).toEqual(['/debian/dists/bookworm/InRelease']);
    expect(digestsOf(second.image)).toEqual(digestsOf(first.image));
  });

  it('are none where the packages are pinned, even if the archive has moved on', async () => {
    const pins = new Map<string, unknown>();
    const first = await open({ pins });
    await archive.publish({
      suite: 'bookworm',
      packages: PACKAGES.map((each) => ({ ...each, version: '9' })),
    });
    const second = await open({ pins: new Map(JSON.parse(JSON.stringify([...pins]))) });
    expect([second.sent, digestsOf(second.image)]).toEqual([0, digestsOf(first.image)]);
    expect(digestsOf((await open()).image)).not.toEqual(digestsOf(first.image));
  });

  it('are none offline', async () => {
    const first = await open();
    const second = await open({ offline: true });
    expect([second.sent, digestsOf(second.image)]).toEqual([0, digestsOf(first.image)]);
    expect(await codeOf(() => open({ offline: true, store: 'empty' }))).toBe('PYC_DEBIAN_MIRROR_FAILED');
  });

  it('look for a pinned file that left the archive on the snapshot service', async () => {
    const pins = new Map<string, unknown>();
    const first = await open({ pins });
    const gone = '/debian/pool/netbase_1.0_all.deb';
    const bytes = archive.files.get(gone)!;
    archive.files.delete(gone);
    expect(await codeOf(() => open({ pins, store: 'without' }))).toBe('PYC_DEBIAN_PACKAGE_UNAVAILABLE');
    const hash = 'c'.repeat(40);
    const listing = {
      result: [
        { architecture: 'amd64', hash: 'd'.repeat(40) },
        { architecture: 'all', hash },
      ],
    };
    archive.files.set('/snapshot/mr/binary/netbase/1.0/binfiles', Buffer.from(JSON.stringify(listing)));
    archive.files.set(`/snapshot/file/${hash}`, bytes);
    const again = await open({ pins, store: 'fresh' });
    expect(digestsOf(again.image)).toEqual(digestsOf(first.image));
    archive.files.set(`/snapshot/file/${hash}`, Buffer.from(bytes).fill(0, 100, 101));
    expect(await codeOf(() => open({ pins, store: 'forged' }))).toBe('PYC_DEBIAN_PACKAGE_MISMATCH');
  });

  it('merge updates and security by the highest version', async () => {
    const [netbase] = PACKAGES.filter(({ name }) => name === 'netbase');
    await archive.publish({ suite: 'bookworm-updates', packages: [{ ...netbase!, version: '1.1' }] });
    await archive.publish({
      suite: 'bookworm-security',
      mirror: '/security',
      packages: [{ ...netbase!, version: '1.2' }],
    });
    await open({ options: { updates: true, securityMirror: `${archive.url}/security` } });
    expect(archive.requests.filter((path) => path.includes('netbase'))).toEqual([
      '/security/pool/netbase_1.2_all.deb',
    ]);
  });
});

describe('a Debian base is refused', () => {
  const faults: readonly (readonly [string, string, Opening, (() => void | Promise<void>)?])[] = [
    ['an unknown suite', 'PYC_DEBIAN_SUITE_UNKNOWN', { suite: 'bokworm' }],
    ['a suite without updates', 'PYC_DEBIAN_SUITE_UNKNOWN', { options: { updates: true } }],
    ['a platform that Debian has not', 'PYC_DEBIAN_ARCHITECTURE_UNKNOWN', { architecture: 'wasm' }],
    ['an architecture that the suite has not', 'PYC_DEBIAN_RELEASE_INVALID', { architecture: 'arm64' }],
    ['an unknown package', 'PYC_DEBIAN_PACKAGE_UNKNOWN', { options: { packages: ['nawk'] } }],
    [
      'two packages with different files at one path',
      'PYC_DEBIAN_FILE_CONFLICT',
      { options: { packages: ['clash-a', 'clash-b'] } },
    ],
    ['a device', 'PYC_DEBIAN_PACKAGE_INVALID', { options: { packages: ['device'] } }],
    [
      'a hard link to what is not there',
      'PYC_DEBIAN_PACKAGE_INVALID',
      { options: { packages: ['broken-link'] } },
    ],
    [
      'a certificate that is none',
      'PYC_DEBIAN_CERTIFICATE_INVALID',
      { options: { packages: ['bad-certificate'] } },
    ],
    [
      'a mirror that is not there',
      'PYC_DEBIAN_MIRROR_FAILED',
      { options: { mirror: 'http://127.0.0.1:1/debian' } },
    ],
    [
      'an index that was swapped',
      'PYC_STORE_BLOB_MISMATCH',
      {},
      () => {
        for (const [path, bytes] of archive.files)
          if (path.includes('by-hash')) archive.files.set(path, Buffer.from(bytes).fill(1, 20, 21));
      },
    ],
    [
      'a package that was swapped',
      'PYC_DEBIAN_PACKAGE_MISMATCH',
      {},
      () => {
        const path = '/debian/pool/netbase_1.0_all.deb';
        archive.files.set(path, Buffer.from(archive.files.get(path)!).fill(1, 80, 81));
      },
    ],
    [
      'a suite past its time',
      'PYC_DEBIAN_RELEASE_EXPIRED',
      {},
      () =>
        archive.publish({
          suite: 'bookworm',
          packages: PACKAGES,
          validUntil: new Date('2026-06-30T00:00:00Z'),
        }),
    ],
    [
      'a suite under another name',
      'PYC_DEBIAN_RELEASE_INVALID',
      {},
      async () => {
        await archive.publish({ suite: 'buster', packages: PACKAGES });
        archive.files.set(
          '/debian/dists/bookworm/InRelease',
          archive.files.get('/debian/dists/buster/InRelease')!,
        );
      },
    ],
    [
      'a suite that a stranger signed',
      'PYC_DEBIAN_SIGNATURE_INVALID',
      {},
      async () =>
        archive.publish({ suite: 'bookworm', packages: PACKAGES, signer: (await makeKey()).privateKey }),
    ],
  ];

  for (const [what, code, opening, prepare] of faults) {
    it(`for ${what}, and nothing of it is kept`, async () => {
      await prepare?.();
      expect(await codeOf(() => open(opening))).toBe(code);
      // Made whole again, the archive serves the next build: the fault left no trace in the store.
      archive.files.clear();
      await archive.publish({ suite: 'bookworm', packages: PACKAGES });
      expect((await open()).image.layers).toHaveLength(2);
    });
  }

  it('for a pin that is none', async () => {
    const pins = new Map<string, unknown>();
    await open({ pins });
    for (const [name] of pins) pins.set(name, [{ name: '../x' }]);
    expect(await codeOf(() => open({ pins }))).toBe('PYC_DEBIAN_PIN_MALFORMED');
  });

  it('accepts a suite past its time where that is asked for, or offline', async () => {
    await archive.publish({
      suite: 'bookworm',
      packages: PACKAGES,
      validUntil: new Date('2026-06-30T00:00:00Z'),
    });
    await open({ options: { checkValidUntil: false } });
    await open({ offline: true });
    expect(warnings.map(({ code }) => code)).toEqual(['PYC_DEBIAN_RELEASE_EXPIRED']);
  });
});

describe('the options', () => {
  it('are checked all at once', () => {
    const fault = (() => {
      try {
        debian('trixie', { mirror: 'ftp://x', packages: ['A b'], unknown: 1 } as DebianOptions);
        return undefined;
      } catch (error) {
        return error as { code: string; details: readonly { path: string }[] };
      }
    })();
    expect(fault?.code).toBe('PYC_DEBIAN_OPTIONS_INVALID');
    expect(fault?.details.map(({ path }) => path).sort()).toEqual(['mirror', 'packages.0', 'unknown']);
  });

  it('make a source with a suite and a plugin without', () => {
    expect(debian('trixie').reference).toBe('apt:trixie');
    expect(debian({ packages: ['libpq5'] }).name).toBe('debian');
  });

  it('take everything from one time on the snapshot service', () => {
    const settings = readOptions('trixie', { snapshot: '20260102T030405Z' });
    expect([settings.mirror, settings.securityMirror, settings.checkValidUntil]).toEqual([
      'http://snapshot.debian.org/archive/debian/20260102T030405Z',
      'http://snapshot.debian.org/archive/debian-security/20260102T030405Z',
      false,
    ]);
  });
});
