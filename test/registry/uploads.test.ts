import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf } from '../../core/primitives/digest.ts';
import type { BlobSource } from '../../core/registry/blob-source.ts';
import { type BlobOutcome, ensureBlob } from '../../core/registry/blob-upload.ts';
import type { FakeRegistry, FakeRegistryOptions } from '../../core/testing/fake-registry.ts';
import { registryStep } from '../../core/testing/registry-faults.ts';
import { client, codeOf, reference, registry } from './images.ts';

const { signal } = new AbortController();
const LARGE = randomBytes(3_000_000);

function source(bytes: Buffer, opened: { times: number } = { times: 0 }): BlobSource {
  return {
    descriptor: { digest: digestOf(bytes), size: bytes.length },
    async open() {
      opened.times += 1;
      return (async function* () {
        for (let at = 0; at < bytes.length; at += 65_537) yield bytes.subarray(at, at + 65_537);
      })();
    },
  };
}

async function uploaded(
  bytes: Buffer,
  options: FakeRegistryOptions,
  onBytes?: (done: number) => void,
): Promise<{ server: FakeRegistry; outcome: BlobOutcome; steps: (string | undefined)[] }> {
  const server = await registry(options);
  const repository = client().repository(reference(server, 'app'), 'pull,push');
  const outcome = await ensureBlob(repository, source(bytes), signal, onBytes);
  expect(server.repository('app').blobs.get(digestOf(bytes))?.equals(bytes)).toBe(true);
  return { server, outcome, steps: stepsOf(server) };
}

const stepsOf = (server: FakeRegistry): (string | undefined)[] => server.requests.map(registryStep);

describe('a small blob', () => {
  it('goes with one request, or two where the registry leaves it, which is tried once', async () => {
    const small = Buffer.from('small');
    expect((await uploaded(small, {})).steps).toEqual(['blob-check', 'upload-start']);
    const older = await uploaded(small, { oneRequest: false });
    expect(older.steps).toEqual(['blob-check', 'upload-start', 'upload-end']);
    const server = await registry({ oneRequest: false });
    const repository = client().repository(reference(server, 'app'), 'pull,push');
    await ensureBlob(repository, source(small), signal);
    server.requests.length = 0;
    await ensureBlob(repository, source(Buffer.from('other')), signal);
    expect(server.requests.map(({ bodySize }) => bodySize)).toEqual([0, 0, 5]);
  });

  it('may be refused that way, whatever is said', async () => {
    for (const status of [400, 404, 405, 411, 415]) {
      const faults = [{ at: 'upload-start', status }] as const;
      const { steps } = await uploaded(Buffer.from('small'), { faults });
      expect(steps).toEqual(['blob-check', 'upload-start', 'upload-start', 'upload-end']);
    }
  });

  it('is not refused for ever where only that way fails', async () => {
    for (const fault of [{ status: 500 }, { drop: true }]) {
      const server = await registry();
      server.fault = ({ method, path }) =>
        method === 'POST' && path.includes('digest=') ? fault : undefined;
      const repository = client().repository(reference(server, 'app'), 'pull,push');
      expect(await ensureBlob(repository, source(Buffer.from('small')), signal)).toBe('uploaded');
    }
  });

  it('may be empty', async () => {
    await uploaded(Buffer.alloc(0), {});
    await uploaded(Buffer.alloc(0), { oneRequest: false });
  });
});

describe('a large blob', () => {
  it('goes whole, and in ever smaller pieces where bodies are limited, which later ones start with', async () => {
    expect((await uploaded(LARGE, {})).steps).toEqual(['blob-check', 'upload-start', 'upload-end']);
    const { server } = await uploaded(LARGE, { largestBody: 200_000 });
    const sizes = server.requests
      .filter(({ method, status }) => method === 'PATCH' && status === 202)
      .map(({ bodySize }) => bodySize);
    expect(Math.max(...sizes)).toBe(187_500);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(LARGE.length);

    const limited = await registry({ largestBody: 1_000_000 });
    const repository = client().repository(reference(limited, 'app'), 'pull,push');
    await ensureBlob(repository, source(LARGE), signal);
    limited.requests.length = 0;
    await ensureBlob(repository, source(randomBytes(2_000_000)), signal);
    expect(limited.requests.some(({ status }) => status === 413)).toBe(false);
  });

  it('is read once when it goes in pieces, and told how far it is', async () => {
    const opened = { times: 0 };
    const done: number[] = [];
    const server = await registry({ largestBody: 800_000 });
    const repository = client().repository(reference(server, 'app'), 'pull,push');
    await ensureBlob(repository, source(LARGE, opened), signal, (bytes) => done.push(bytes));
    // Whole, then in pieces.
    expect(opened.times).toBe(2);
    expect(done.at(-1)).toBe(LARGE.length);
  });

  it('goes in pieces no shorter than the registry allows', async () => {
    const { server } = await uploaded(LARGE, { largestBody: 1_000_000, shortestChunk: 900_000 });
    const sizes = server.requests
      .filter(({ method, status }) => method === 'PATCH' && status === 202)
      .map(({ bodySize }) => bodySize);
    expect(sizes).toEqual([900_000, 900_000, 900_000, 300_000]);
  });

  it('is refused with a hint where no size is small enough', async () => {
    for (const options of [{ largestBody: 10_000 }, { largestBody: 500_000, shortestChunk: 900_000 }]) {
      const server = await registry(options);
      const repository = client().repository(reference(server, 'app'), 'pull,push');
      const failure = await ensureBlob(repository, source(LARGE), signal).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: 'PYC_REGISTRY_STATUS', status: 413 });
      expect((failure as { hint: string }).hint).toContain('limit');
      expect(server.requests.length).toBeLessThan(20);
    }
  });

  it('that broke goes on where it broke if the registry says where, and else from its start', async () => {
    const faults = [{ at: 'upload-end', cutRequestAt: 1_000_000 }] as const;
    const resumed = await uploaded(LARGE, { faults });
    expect(resumed.steps.slice(2)).toEqual([
      'upload-end',
      'blob-check',
      'upload-status',
      'upload-piece',
      'upload-end',
    ]);
    const rest = resumed.server.requests.find(({ method }) => method === 'PATCH');
    expect(rest?.headers['content-range']).toBe('1000000-2999999');
    const fresh = await uploaded(LARGE, { faults, resumable: false });
    expect(fresh.steps.slice(2)).toEqual([
      'upload-end',
      'blob-check',
      'upload-status',
      'upload-start',
      'upload-end',
    ]);
  });

  it('that breaks often arrives, as long as each try gets on', async () => {
    const faults = [
      { at: 'upload-end', cutRequestAt: 400_000 },
      { at: 'upload-piece', cutRequestAt: 400_000, times: 6 },
    ] as const;
    await uploaded(LARGE, { faults });
    const stuck = await registry({ faults: [{ at: ['upload-end', 'upload-piece'], drop: true, times: 99 }] });
    const repository = client().repository(reference(stuck, 'app'), 'pull,push');
    expect(await codeOf(ensureBlob(repository, source(LARGE), signal))).toBe('PYC_HTTP_UNREACHABLE');
    expect(stuck.requests.filter(({ status }) => status === 0).length).toBe(4);
  });

  it('arrives although the registry first says that it has more, or keeps what is wrong', async () => {
    const cut = { at: 'upload-end', cutRequestAt: 1_000_000 } as const;
    const boast = { at: 'upload-status', status: 204, headers: { range: '0-1499999' } } as const;
    await uploaded(LARGE, { faults: [cut, boast] });
    const invalid = { at: 'upload-end', status: 400 } as const;
    const { steps } = await uploaded(LARGE, { faults: [cut, invalid] });
    expect(steps.filter((step) => step === 'upload-start').length).toBe(2);
  });

  it('whose pieces the registry takes in part goes on from there', async () => {
    let wasPartial = false;
    const server = await registry({ largestBody: 1_500_000 });
    server.fault = ({ method }) => {
      if (method !== 'PATCH' || wasPartial) return undefined;
      wasPartial = true;
      return { cutRequestAt: 300_000 };
    };
    const repository = client().repository(reference(server, 'app'), 'pull,push');
    expect(await ensureBlob(repository, source(LARGE), signal)).toBe('uploaded');
  });
});

describe('a blob that is not what it says', () => {
  it('is not sent as if it were', async () => {
    for (const size of [LARGE.length - 1, LARGE.length + 1]) {
      const server = await registry();
      const repository = client().repository(reference(server, 'app'), 'pull,push');
      const lying = { ...source(LARGE), descriptor: { digest: digestOf(LARGE), size } };
      expect(await codeOf(ensureBlob(repository, lying, signal))).toBe('PYC_REGISTRY_CONTENT');
      expect(server.repository('app').blobs.size).toBe(0);
    }
  });
});
