import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { buildInMemory, expectBuild, startFakeRegistry } from 'pycontainer/testing';
import { extract } from 'tar-stream';
import bundle from '../src/index.ts';

const wheels = [{ name: 'idna', version: '3.10' }];
const config = { tags: ['shop:1.0'], outputs: ['bundle:build/shop.tar'], sbom: true };

test('writes a tar whose files are what its checksums say', async () => {
  const built = await buildInMemory({ wheels }, { ...config, plugins: [bundle()] });
  expectBuild(built).toBeBuilt();
  const files = await filesOf(built.written.get('build/shop.tar')!);
  const [first, ...others] = [...files];
  assert.equal(first?.[0], 'SHA256SUMS');
  const sums = others.map(
    ([path, bytes]) => `${createHash('sha256').update(bytes).digest('hex')}  ${path}\n`,
  );
  assert.equal(String(first?.[1]), sums.join(''));
  const manifest = JSON.parse(String(files.get('manifest.json')));
  assert.equal(manifest.digest, built.image.digest);
  assert.deepEqual(manifest.images[0].distributions, { idna: '3.10' });
  const index = JSON.parse(String(files.get('layout/index.json')));
  const [image, sbom] = index.manifests;
  assert.deepEqual(image.annotations, { 'org.opencontainers.image.ref.name': '1.0' });
  assert.equal(sbom.artifactType, 'application/vnd.cyclonedx+json');
});

test('writes the same bytes twice, for several platforms as well', async () => {
  const build = async (platforms: readonly string[]): Promise<Buffer | undefined> => {
    const { written } = await buildInMemory({ wheels }, { ...config, platforms, plugins: [bundle()] });
    return written.get('build/shop.tar');
  };
  for (const platforms of [['linux/amd64'], ['linux/amd64', 'linux/arm64']]) {
    const [one, other] = await Promise.all([build(platforms), build(platforms)]);
    assert.ok(one !== undefined && other?.equals(one));
  }
});

test('writes one alongside what is pushed, and only then', async () => {
  const registry = await startFakeRegistry();
  try {
    const plugins = [bundle({ alongside: 'build/shop.tar' })];
    const tags = [`${registry.host}/shop:1.0`];
    const kept = await buildInMemory({}, { tags, plugins });
    assert.equal(kept.written.has('build/shop.tar'), false);
    const pushed = await buildInMemory({}, { tags, push: true, plugins });
    expectBuild(pushed).toBeBuilt();
    assert.ok(pushed.written.has('build/shop.tar'));
    assert.ok(registry.repository('shop').tags.has('1.0'));
    assert.equal(pushed.report.outputs.at(-1)?.destination, 'bundle:build/shop.tar');
  } finally {
    await registry.close();
  }
});

test('leaves nothing where it cannot write', async () => {
  for (const path of ['build/shop.tar/file', 'build']) {
    const built = await buildInMemory({ files: { [path]: '' } }, { ...config, plugins: [bundle()] });
    expectBuild(built).toFailWith('PYC_BUNDLE_NOT_WRITTEN');
    assert.deepEqual([...built.written.keys()], []);
  }
});

async function filesOf(tar: Uint8Array): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const reader = extract();
  reader.on('entry', async ({ name }, stream, next) => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    files.set(name, Buffer.concat(chunks));
    next();
  });
  reader.end(tar);
  await once(reader, 'finish');
  return files;
}
