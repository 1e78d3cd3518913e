import { startFakeObjectStore } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';

async function store(authorization?: string) {
  const made = await startFakeObjectStore({
    objects: { 'wheels/python/a b.whl': 'wheel', 'wheels/other': 'x', 'models/python/m': 'y' },
    ...(authorization === undefined ? {} : { authorization }),
  });
  onTestFinished(() => made.close());
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(made.origin + path, init);
    return [response.status, await response.text(), response.headers.get('content-range')] as const;
  };
  return { made, ask };
}

describe('the fake object store', () => {
  it('gives objects, whole and in part', async () => {
    const { made, ask } = await store();
    expect(await ask('/wheels/python/a%20b.whl')).toEqual([200, 'wheel', null]);
    expect(await ask('/wheels/python/a%20b.whl', { headers: { range: 'bytes=1-2' } })).toEqual([
      206,
      'he',
      'bytes 1-2/5',
    ]);
    expect(await ask('/wheels/python/a%20b.whl', { method: 'HEAD' })).toEqual([200, '', null]);
    expect((await ask('/wheels/nothing'))[0]).toBe(404);
    expect(made.requests.map(({ status }) => status)).toEqual([200, 206, 200, 404]);
  });

  it('keeps what is put, and lets it go', async () => {
    const { made, ask } = await store();
    expect((await ask('/wheels/new', { method: 'PUT', body: 'fresh' }))[0]).toBe(200);
    expect(Buffer.from(made.objects.get('wheels/new') ?? []).toString()).toBe('fresh');
    expect((await ask('/wheels/new', { method: 'DELETE' }))[0]).toBe(204);
    expect((await ask('/wheels/new'))[0]).toBe(404);
    expect((await ask('/wheels/new', { method: 'POST' }))[0]).toBe(405);
  });

  it('lists a bucket', async () => {
    const { ask } = await store();
    const [, listed] = await ask('/wheels?list-type=2&prefix=python/');
    expect(listed).toContain('<KeyCount>1</KeyCount>');
    expect(listed).toContain('<Contents><Key>python/a b.whl</Key><Size>5</Size></Contents>');
    expect((await ask('/wheels?list-type=2'))[1]).toContain('<KeyCount>2</KeyCount>');
  });

  it('refuses who has no right', async () => {
    const { ask } = await store('Bearer secret');
    expect((await ask('/wheels/other'))[0]).toBe(403);
    expect(await ask('/wheels/other', { headers: { authorization: 'Bearer secret' } })).toEqual([
      200,
      'x',
      null,
    ]);
  });
});
