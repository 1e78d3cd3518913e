import { type FakeRegistry, type FakeRegistryOptions, startFakeRegistry } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeSample } from '../samples/sample.ts';

const WHEELS = [{ name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } }];

async function registry(options?: FakeRegistryOptions): Promise<FakeRegistry> {
  const started = await startFakeRegistry(options);
  onTestFinished(() => started.close());
  return started;
}

const isTagPut = ({ method, path }: { method: string; path: string }): boolean =>
  method === 'PUT' && /\/manifests\/(?!sha256)/.test(path);

describe('a push to several references', () => {
  it('uploads once to each registry, and moves the tags when everything else is everywhere', async () => {
    const [one, two] = [await registry(), await registry()];
    const sample = await makeSample({ wheels: WHEELS });
    const tags = [
      `${one.host}/team/shop:1.0`,
      `${one.host}/team/shop:latest`,
      `${one.host}/mirror/shop:1.0`,
      `${two.host}/shop:1.0`,
    ];
    const report = await sample.build({ tags, push: true });
    expect(report.error).toBeNull();
    const [first, second, third, fourth] = report.outputs;
    expect(report.outputs.map(({ destination }) => destination)).toEqual(
      tags.map((tag) => `registry:${tag}`),
    );
    expect(first).toMatchObject({ blobsMounted: 0, blobsPresent: 0 });
    expect(second).toMatchObject({ blobsUploaded: 0, blobsMounted: 0, blobsPresent: first!.blobsUploaded });
    expect(third).toMatchObject({ blobsUploaded: 0, blobsMounted: first!.blobsUploaded });
    expect(fourth).toMatchObject({
      blobsUploaded: first!.blobsUploaded,
      bytesUploaded: first!.bytesUploaded,
    });
    for (const [server, repository, tag] of [
      [one, 'team/shop', '1.0'],
      [one, 'team/shop', 'latest'],
      [one, 'mirror/shop', '1.0'],
      [two, 'shop', '1.0'],
    ] as const) {
      expect(server.repository(repository).tags.get(tag)).toBe(report.images[0]?.digest);
    }
    const writes = one.requests.filter(({ method }) => method === 'PUT' || method === 'POST');
    expect(writes.slice(-3).every(isTagPut)).toBe(true);
    expect(writes.filter(isTagPut)).toHaveLength(3);
  });

  it('moves no tag where one of the registries refuses', async () => {
    const good = await registry();
    const bad = await registry({
      fault: ({ method, path }) =>
        method === 'PUT' && path.includes('/manifests/') ? { status: 403 } : undefined,
    });
    const sample = await makeSample({ wheels: WHEELS });
    const report = await sample.build({ tags: [`${good.host}/shop:1`, `${bad.host}/shop:1`], push: true });
    expect(report.ok).toBe(false);
    expect([...good.repository('shop').tags, ...bad.repository('shop').tags]).toEqual([]);
    expect(report.outputs).toEqual([]);
  });
});
