/** Checks an archive: an OCI one by unpacking and checking its layout, a docker-save one by its own rules. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress } from '../../archive/decompress.ts';
import type { TarEntry } from '../../archive/tar/entry.ts';
import { readTar } from '../../archive/tar.ts';
import { readAll } from '../../primitives/bytes.ts';
import { digestOf } from '../../primitives/digest.ts';
import { makeFolder } from '../../primitives/folder.ts';
import { MAX_CONFIG } from '../../primitives/limits.ts';
import { parseConfigDocument, parseImageDocument } from '../document.ts';
import { MAX_LAYER } from '../layer-tar.ts';
import { createFaults, type Faults, type ImageFault } from './fault.ts';
import { validateLayout } from './validate-layout.ts';

/** Everything that is wrong with an OCI or docker-save archive; empty where nothing is. */
export async function validateArchive(file: string): Promise<readonly ImageFault[]> {
  const faults = createFaults();
  const folder = await mkdtemp(join(tmpdir(), 'pyc-validate-'));
  try {
    const contents = await unpack(file, folder, faults);
    if (contents.has('index.json')) {
      checkIndex(contents.get('index.json')!, faults);
      return [...faults.list, ...(await validateLayout(folder))];
    }
    await faults.attempt('layout', 'manifest.json', async () => checkSaved(contents, faults));
    return faults.list;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What is known of a file in an archive: a small one's text, a layer's diffID. */
interface Member {
  readonly text?: string;
  readonly diffId?: string;
}

async function unpack(file: string, folder: string, faults: Faults): Promise<ReadonlyMap<string, Member>> {
  const contents = new Map<string, Member>();
  const links = new Map<string, string>();
  const visit = async (entry: TarEntry, body: AsyncIterable<Uint8Array>): Promise<void> => {
    const { path, type, size } = entry;
    if (type === 'directory') return;
    // Older tools write a layer that is there already as a link to it.
    if (type === 'symlink' && path.endsWith('.tar')) links.set(path, entry.linkTarget ?? '');
    else if (type !== 'file') faults.add('tar', path, `is a ${type}`);
    else if (contents.has(path)) faults.add('tar', path, 'is there twice');
    else if (path.startsWith('blobs/') || path === 'oci-layout' || path === 'index.json') {
      const target = join(folder, path);
      await makeFolder(dirname(target));
      const chunks: Uint8Array[] = [];
      const copied = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of body) {
          if (path === 'index.json' && size <= MAX_CONFIG) chunks.push(chunk);
          yield chunk;
        }
      };
      await pipeline(Readable.from(copied(), { objectMode: false }), createWriteStream(target));
      contents.set(path, { text: Buffer.concat(chunks).toString() });
    } else if (path.endsWith('.json')) {
      contents.set(path, { text: Buffer.from(await readAll(body, MAX_CONFIG, path)).toString() });
    } else {
      const hash = createHash('sha256');
      for await (const chunk of decompress(body, { what: path, limit: MAX_LAYER })) hash.update(chunk);
      contents.set(path, { diffId: `sha256:${hash.digest('hex')}` });
    }
  };
  await faults.attempt('tar', file, () => readTar(createReadStream(file), visit));
  for (const [path, target] of links) {
    const linked = contents.get(posix.join(posix.dirname(path), target));
    if (linked === undefined) faults.add('tar', path, 'is a link that leads nowhere');
    else contents.set(path, linked);
  }
  return contents;
}

/** Engines that load archives refuse more than one entry. */
function checkIndex({ text }: Member, faults: Faults): void {
  const document = parseImageDocument(Buffer.from(text ?? ''), 'index.json');
  if (document.kind === 'index' && document.value.manifests.length !== 1) {
    faults.add('layout', 'index.json', `has ${document.value.manifests.length} entries instead of one`);
  }
}

/** The Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format". */
function checkSaved(contents: ReadonlyMap<string, Member>, faults: Faults): void {
  const list = JSON.parse(contents.get('manifest.json')?.text ?? '[]') as readonly {
    readonly Config: string;
    readonly Layers: readonly string[];
  }[];
  if (list.length === 0) faults.add('layout', 'manifest.json', 'lists no image');
  for (const { Config: name, Layers: layers } of list) {
    const text = contents.get(name)?.text;
    if (text === undefined) faults.add('config', name, 'is not there');
    else {
      if (`${digestOf(text).slice('sha256:'.length)}.json` !== name)
        faults.add('config', name, 'is not its name');
      const { rootfs } = parseConfigDocument(Buffer.from(text), name);
      if (rootfs.diff_ids.length !== layers.length)
        faults.add('config', name, 'has other layers than listed');
      for (const [index, layer] of layers.entries()) {
        const { diffId } = contents.get(layer) ?? {};
        if (diffId !== rootfs.diff_ids[index]) faults.add('layer', layer, `is ${diffId}, not its diffID`);
      }
    }
  }
}
