import { startFakeRegistry } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeSample, writeFiles } from '../samples/sample.ts';

const WHEELS = Array.from({ length: 12 }, (_, index) => ({
  name: `wheel${index}`,
  version: '1.0',
  files: { [`wheel${index}/__init__.py`]: `A = ${index}\n` },
}));

describe('a push after a one-line change', () => {
  it('sends one layer, one configuration and one manifest', async () => {
    const server = await startFakeRegistry();
    onTestFinished(() => server.close());
    const sample = await makeSample({ wheels: WHEELS });
    const config = { tags: [`${server.host}/team/shop:1.0`], push: true, sbom: false };
    const before = await sample.build(config);
    await writeFiles(sample.directory, { 'shop/__init__.py': 'print("changed")\n' });
    server.requests.length = 0;
    const after = await sample.build(config);
    expect(after.error).toBeNull();
    expect(after.outputs[0]).toMatchObject({
      blobsUploaded: 2,
      blobsMounted: 0,
      blobsPresent: before.outputs[0]!.blobsUploaded - 2,
    });
    const layers = (report: typeof after): (string | null)[] =>
      report.images[0]!.layers.map(({ digest }) => digest);
    expect(layers(after).filter((digest) => !layers(before).includes(digest))).toHaveLength(1);
    const sent = server.requests.filter(({ bodySize }) => bodySize > 0);
    expect(sent.map(({ path }) => path.replace(/uploads\/.*/, 'uploads')).sort()).toEqual([
      '/v2/team/shop/blobs/uploads',
      '/v2/team/shop/blobs/uploads',
      '/v2/team/shop/manifests/1.0',
    ]);
  });
});
