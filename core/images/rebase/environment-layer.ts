/**
 * The layer of the virtual environment's own files: it alone names the base's interpreter (PEP 405). Its `pyvenv.cfg` states the
 * interpreter's whole version, so that it is written anew, a few hundred bytes, where that moved.
 */
import { readTar, type TarEntry } from '../../archive/tar.ts';
import type { Layer } from '../../oci/image.ts';
import { writeLayer } from '../../oci/layer/write-layers.ts';
import { readLayerTar } from '../../oci/layer-tar.ts';
import { readAll, streamOf } from '../../primitives/bytes.ts';
import { type Digest, digestOf } from '../../primitives/digest.ts';
import type { TreeItem } from '../../primitives/file-tree.ts';
import type { ImageSession } from '../session.ts';
import { RebaseSourceError } from './errors.ts';

/** The environment as its layer has it. */
export interface EnvironmentLayer {
  /** Absolute path in the image; undefined where it has no link to one. */
  readonly interpreter: string | undefined;
  /** As in `3.13.1`. */
  readonly version: string | undefined;
  /** The layer for the same interpreter in another version. */
  withVersion(version: string): Promise<RewrittenLayer>;
}

export interface RewrittenLayer {
  readonly layer: Layer;
  /** Of the one file that is another: before and after. */
  readonly settings: readonly [Digest, Digest];
}

/** Bytes of a layer of a few small files. */
const MAX_FILE = 1024 * 1024;
const LINK = 'opt/venv/bin/python';
const SETTINGS = 'opt/venv/pyvenv.cfg';
const VERSION = /^version = (.*)$/m;

/** @throws RebaseSourceError for a layer with what no environment has; BlobContentError, TarError */
export async function readEnvironmentLayer(layer: Layer, session: ImageSession): Promise<EnvironmentLayer> {
  const { signal } = session;
  const entries: [TarEntry, Uint8Array][] = [];
  await readTar(
    readLayerTar(layer, signal),
    async (entry, body) => {
      entries.push([entry, await readAll(body, MAX_FILE, 'a file of the environment')]);
    },
    { signal },
  );
  const settings = entries.find(([{ path }]) => path === SETTINGS)?.[1];
  const text = Buffer.from(settings ?? []).toString('utf8');
  return {
    interpreter: entries.find(([{ path, type }]) => path === LINK && type === 'symlink')?.[0].linkTarget,
    version: VERSION.exec(text)?.[1],
    async withVersion(version) {
      const changed = Buffer.from(text.replace(VERSION, `version = ${version}`));
      const write = async (items: readonly TreeItem[], members: 'spliced' | 'single'): Promise<Layer> =>
        await writeLayer(items, session.store, { name: 'environment', members, signal });
      const same = entries.map(([entry, bytes]) => itemOf(entry, bytes));
      // Whoever asked for layers of a single gzip member gets one again.
      const spliced = await write(same, 'spliced');
      const members = spliced.descriptor.digest === layer.descriptor.digest ? 'spliced' : 'single';
      const items = entries.map(([entry, bytes]) => itemOf(entry, entry.path === SETTINGS ? changed : bytes));
      return {
        layer: await write(items, members),
        settings: [digestOf(Buffer.from(text)), digestOf(changed)],
      };
    },
  };
}

function itemOf({ path, type, mode, uid, gid, mtime, linkTarget }: TarEntry, bytes: Uint8Array): TreeItem {
  const owner = { mode, uid, gid, mtime };
  if (path === '') throw unknown();
  if (type === 'directory') return [path, { type, ...owner }];
  if (type === 'symlink' && linkTarget !== undefined) return [path, { type, target: linkTarget, ...owner }];
  if (type !== 'file') throw unknown();
  return [path, { type, ...owner, content: { size: bytes.length, open: () => streamOf(bytes) } }];
}

function unknown(): RebaseSourceError {
  return new RebaseSourceError('the layer of the environment holds what no environment has', {
    hint: 'build the image anew',
  });
}
