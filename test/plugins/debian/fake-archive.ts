/** A Debian archive on loopback: packages made in memory, indexes signed by a key of its own. Counts what is asked of it. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as openpgp from 'openpgp';
import { pack } from 'tar-stream';
import { writeAr } from '../../../core/archive/ar.ts';

/** A file of a package: text, a link, or a folder. */
export type FakeFile =
  | string
  | { readonly text: string; readonly mode?: number; readonly uid?: number; readonly gid?: number }
  | { readonly link: string }
  | { readonly hardLink: string }
  | { readonly folder: number }
  | { readonly device: true };

export interface FakePackage {
  readonly name: string;
  readonly version?: string;
  readonly architecture?: string;
  /** Further fields of the control paragraph. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Path → file, in order; folders above are added. */
  readonly files?: Readonly<Record<string, FakeFile>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

/** The bytes of a `.deb`. */
export async function makeDeb(description: FakePackage): Promise<Buffer> {
  const control = await tarOf({
    control: controlOf(description),
    md5sums: 'd41d8cd98f00b204e9800998ecf8427e  usr/share/doc/x\n',
    ...description.scripts,
  });
  return writeAr([
    { name: 'debian-binary', content: Buffer.from('2.0\n') },
    { name: 'control.tar.gz', content: gzipSync(control) },
    { name: 'data.tar.gz', content: gzipSync(await tarOf(description.files ?? {})) },
  ]);
}

function controlOf({ name, version = '1.0', architecture = 'amd64', fields = {} }: FakePackage): string {
  const lines = Object.entries({ Package: name, Version: version, Architecture: architecture, ...fields });
  return `${lines.map(([field, value]) => `${field}: ${value}`).join('\n')}\n`;
}

async function tarOf(files: Readonly<Record<string, FakeFile>>): Promise<Buffer> {
  const tar = pack();
  const folders = new Set<string>();
  tar.entry({ name: './', type: 'directory', mode: 0o755 });
  for (const [path, file] of Object.entries(files)) {
    const segments = path.split('/');
    for (let depth = 1; depth < segments.length; depth++) {
      const folder = segments.slice(0, depth).join('/');
      if (folders.has(folder)) continue;
      folders.add(folder);
      tar.entry({ name: `./${folder}/`, type: 'directory', mode: 0o755, mtime: new Date(1e12) });
    }
    const name = `./${path}`;
    const mtime = new Date(1e12);
    if (typeof file === 'string') tar.entry({ name, mtime, mode: 0o644 }, file);
    else if ('link' in file) tar.entry({ name, mtime, type: 'symlink', linkname: file.link });
    else if ('hardLink' in file)
      tar.entry({ name, mtime, mode: 0o644, type: 'link', linkname: `./${file.hardLink}` });
    else if ('device' in file) tar.entry({ name, mtime, type: 'character-device' });
    else if ('folder' in file) {
      folders.add(path);
      tar.entry({ name: `${name}/`, mtime, type: 'directory', mode: file.folder });
    } else
      tar.entry({ name, mtime, mode: file.mode ?? 0o644, uid: file.uid ?? 0, gid: file.gid ?? 0 }, file.text);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export interface FakeSuite {
  readonly suite: string;
  readonly packages: readonly FakePackage[];
  /** Below the server's root. */
  readonly mirror?: string;
  readonly architectures?: string;
  readonly validUntil?: Date;
  /** Signs with this one instead of the archive's. */
  readonly signer?: openpgp.PrivateKey;
}

export interface FakeArchive {
  readonly url: string;
  /** The public key, armoured. */
  readonly keyring: string;
  /** Paths that were asked for. */
  readonly requests: string[];
  /** Path → bytes; tests may change and delete. */
  readonly files: Map<string, Buffer>;
  publish(suite: FakeSuite): Promise<void>;
  close(): Promise<void>;
}

/** An Ed25519 key; the same one serves all tests of a file. */
export async function makeKey(): Promise<{
  readonly privateKey: openpgp.PrivateKey;
  readonly armored: string;
}> {
  const { privateKey, publicKey } = await openpgp.generateKey({
    type: 'curve25519',
    userIDs: [{ name: 'Fake Archive' }],
    date: new Date('2026-01-01T00:00:00Z'),
    format: 'object',
  });
  return { privateKey, armored: publicKey.armor() };
}

export async function startArchive(key: Awaited<ReturnType<typeof makeKey>>): Promise<FakeArchive> {
  const files = new Map<string, Buffer>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname);
    requests.push(path);
    const bytes = files.get(path);
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keyring: key.armored,
    requests,
    files,
    publish: (suite) => publish(suite, files, key.privateKey),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function publish(suite: FakeSuite, files: Map<string, Buffer>, key: openpgp.PrivateKey): Promise<void> {
  const root = suite.mirror ?? '/debian';
  const paragraphs: string[] = [];
  for (const description of suite.packages) {
    const { name, version = '1.0', architecture = 'amd64' } = description;
    const deb = await makeDeb(description);
    const filename = `pool/${name}_${version.replace(/^\d+:/, '')}_${architecture}.deb`;
    files.set(`${root}/${filename}`, deb);
    paragraphs.push(
      `${controlOf(description)}Filename: ${filename}\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\nDescription: a package\n continued\n`,
    );
  }
  const plain = Buffer.from(paragraphs.join('\n'));
  const packed = gzipSync(plain);
  const folder = 'main/binary-amd64';
  const dists = `${root}/dists/${suite.suite}`;
  files.set(`${dists}/${folder}/by-hash/SHA256/${sha256(packed)}`, packed);
  const release = [
    'Origin: Fake',
    `Suite: ${suite.suite}`,
    `Codename: ${suite.suite}`,
    ...(suite.validUntil === undefined ? [] : [`Valid-Until: ${suite.validUntil.toUTCString()}`]),
    'Acquire-By-Hash: yes',
    `Architectures: ${suite.architectures ?? 'all amd64'}`,
    'Components: main',
    'SHA256:',
    ` ${sha256(plain)} ${plain.length} ${folder}/Packages`,
    ` ${sha256(packed)} ${packed.length} ${folder}/Packages.gz`,
    '',
  ].join('\n');
  const message = await openpgp.createCleartextMessage({ text: release });
  const signed = await openpgp.sign({
    message,
    signingKeys: suite.signer ?? key,
    date: new Date('2026-06-01T00:00:00Z'),
  });
  files.set(`${dists}/InRelease`, Buffer.from(signed));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
