/** Checks a layer: its blob, what it unpacks to, and whether that is a tar that every engine unpacks alike. */
import { Readable } from 'node:stream';
import { detectCompression } from '../../archive/decompress.ts';
import { readTar } from '../../archive/tar.ts';
import type { Digest } from '../../primitives/digest.ts';
import type { Descriptor } from '../image.ts';
import { readLayerTar } from '../layer-tar.ts';
import { DOCKER_LAYER_GZIP, OCI_LAYER_GZIP, OCI_LAYER_TAR, OCI_LAYER_ZSTD } from '../media-types.ts';
import type { Faults } from './fault.ts';

/** What a media type says of the compression. */
const COMPRESSIONS: Readonly<Record<string, string>> = {
  [OCI_LAYER_TAR]: 'none',
  [OCI_LAYER_GZIP]: 'gzip',
  [OCI_LAYER_ZSTD]: 'zstd',
  [DOCKER_LAYER_GZIP]: 'gzip',
};

export async function checkLayer(
  descriptor: Descriptor,
  diffId: Digest,
  open: () => Promise<Readable>,
  where: string,
  faults: Faults,
): Promise<void> {
  const stated = COMPRESSIONS[descriptor.mediaType];
  if (stated === undefined)
    faults.add('descriptor', where, `\`${descriptor.mediaType}\` is no layer's media type`);
  let compression: string | undefined;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of await open()) {
      compression ??= detectCompression(chunk as Uint8Array, where);
      yield chunk as Uint8Array;
    }
  };
  await faults.attempt('layer', where, async () => {
    await readTar(
      readLayerTar({ descriptor, diffId, open: async () => Readable.from(watched(), { objectMode: false }) }),
      entryCheck(where, faults),
      {
        limits: { backslashes: true },
      },
    );
  });
  if (stated !== undefined && compression !== undefined && compression !== stated) {
    faults.add(
      'descriptor',
      where,
      `its media type says \`${stated}\`, its first bytes say \`${compression}\``,
    );
  }
}

/** Engines differ in what they make of a path that comes twice, and of one below a file. */
function entryCheck(
  where: string,
  faults: Faults,
): (entry: { path: string; type: string; linkTarget?: string }) => void {
  const types = new Map<string, string>();
  return ({ path, type, linkTarget }) => {
    const at = `${where} ${path}`;
    if (types.has(path)) faults.add('tar', at, 'is there twice');
    types.set(path, type);
    const above = types.get(path.slice(0, Math.max(path.lastIndexOf('/'), 0)));
    if (above !== undefined && above !== 'directory') faults.add('tar', at, `lies below a ${above}`);
    if (type === 'hardlink' && types.get(linkTarget ?? '') === undefined) {
      faults.add('tar', at, `is a hard link to \`${linkTarget}\`, which does not come before it`);
    }
  };
}
