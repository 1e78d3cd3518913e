import { describe, expect, it } from 'vitest';
import { readBlobRange } from '../../core/registry/blob-range.ts';
import { client, codeOf, reference, registry } from './images.ts';

const BYTES = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));

describe('a stretch of a blob', () => {
  it('is what lies there, whether or not the registry knows ranges', async () => {
    const server = await registry();
    const blob = server.addBlob('app', BYTES);
    const repository = client().repository(reference(server, 'app'));
    const stretches = [
      [0, 100],
      [10, 20],
      [4990, 9000],
      [5000, 5001],
    ] as const;
    for (const fault of [undefined, () => ({ status: 200, body: BYTES })]) {
      server.fault = fault;
      for (const [from, to] of stretches) {
        const read = await readBlobRange(repository, blob, from, to);
        expect(Buffer.from(read).equals(BYTES.subarray(from, to))).toBe(true);
      }
    }
    const ranges = server.requests.map(({ headers }) => headers.range);
    expect(ranges.slice(0, 3)).toEqual(['bytes=0-99', 'bytes=10-19', 'bytes=4990-4999']);
  });

  it('is asked for again where the connection breaks', async () => {
    for (const fault of [{ drop: true }, { cutAt: 5 }, { status: 503 }]) {
      const server = await registry({ faults: [{ at: 'blob-read', ...fault, times: 2 }] });
      const blob = server.addBlob('app', BYTES);
      const read = await readBlobRange(client().repository(reference(server, 'app')), blob, 10, 200);
      expect(Buffer.from(read).equals(BYTES.subarray(10, 200))).toBe(true);
    }
  });

  it('is refused where another one comes, or too little', async () => {
    const server = await registry();
    const blob = server.addBlob('app', BYTES);
    const repository = client().repository(reference(server, 'app'));
    const codes: unknown[] = [];
    for (const fault of [
      { status: 206, headers: { 'content-range': 'bytes 0-9/5000' }, body: BYTES.subarray(0, 10) },
      { status: 206, body: BYTES.subarray(10, 20) },
      { status: 206, headers: { 'content-range': 'bytes 10-19/5000' }, body: BYTES.subarray(10, 15) },
      { status: 404 },
      { status: 416 },
    ]) {
      server.fault = () => fault;
      codes.push(await codeOf(readBlobRange(repository, blob, 10, 20)));
    }
    expect(codes).toEqual([
      'PYC_REGISTRY_CONTENT',
      'PYC_REGISTRY_CONTENT',
      'PYC_REGISTRY_CONTENT',
      'PYC_REGISTRY_NOT_FOUND',
      'PYC_REGISTRY_STATUS',
    ]);
  });
});
