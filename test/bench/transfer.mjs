// How much memory pushing and copying gigabytes takes: an image of four layers that are sparse files, from a layout to a
// docker-registry on loopback, and from there to another one. Run by `micro.mjs transfer`.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { run } from './processes.mjs';
import { startRegistry } from './registry.mjs';

const LAYERS = 4;
const BLOCK = Buffer.alloc(1024 * 1024);

/**
 * @param {number} gigabytes
 * @returns {Promise<{ what: string, milliseconds: number, memory: number }[]>} the largest process's memory in bytes
 */
export async function transferMemory(gigabytes) {
  const folder = mkdtempSync(join(process.env.PYC_BENCH_WORK ?? tmpdir(), 'pyc-transfer-'));
  const layout = join(folder, 'layout');
  writeLayout(layout, Math.round((gigabytes * 1024) / LAYERS));
  const [one, two] = [await startRegistry(join(folder, 'one')), await startRegistry(join(folder, 'two'))];
  const steps = [
    ['pushed', `layout:${layout}:latest`, `${one.address}/large:1`],
    ['copied between registries', `${one.address}/large:1`, `${two.address}/large:1`],
  ];
  const results = [];
  try {
    for (const [what, from, to] of steps) {
      const command = [process.execPath, OWN_PROGRAM, 'copy', from, to, '--progress', 'none'];
      const env = { HOME: folder, PYC_CACHE_DIR: join(folder, 'cache') };
      const { milliseconds, memory } = await run(command, { env, memory: [] });
      results.push({ what, milliseconds, memory: memory?.largest ?? 0 });
    }
  } finally {
    await Promise.all([one.stop(), two.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

/** An image whose layers differ in their first byte. @param {number} blocks - of each layer, in MiB */
function writeLayout(layout, blocks) {
  const blobs = join(layout, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const layers = Array.from({ length: LAYERS }, (_, index) => {
    const first = Buffer.from(BLOCK);
    first[0] = index + 1;
    const hash = createHash('sha256').update(first);
    for (let block = 1; block < blocks; block += 1) hash.update(BLOCK);
    const hex = hash.digest('hex');
    const file = join(blobs, hex);
    writeFileSync(`${file}.new`, first);
    truncateSync(`${file}.new`, blocks * BLOCK.length);
    renameSync(`${file}.new`, file);
    return descriptor('application/vnd.oci.image.layer.v1.tar', hex, blocks * BLOCK.length);
  });
  const put = (mediaType, value) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hex), bytes);
    return descriptor(mediaType, hex, bytes.length);
  };
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
  const platform = { architecture: 'amd64', os: 'linux' };
  const config = put('application/vnd.oci.image.config.v1+json', { ...platform, config: {}, rootfs });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = put(mediaType, { schemaVersion: 2, mediaType, config, layers });
  const annotations = { 'org.opencontainers.image.ref.name': 'latest' };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] };
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

function descriptor(mediaType, hex, size) {
  return { mediaType, digest: `sha256:${hex}`, size };
}
