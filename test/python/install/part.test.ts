import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Digest, digestOf } from '../../../core/primitives/digest.ts';
import type { PartRecord, TreeItem } from '../../../core/primitives/file-tree.ts';
import { isPartRecord } from '../../../core/primitives/part-record.ts';
import { partOfWheel, type WheelPartOptions, wheelPartKey } from '../../../core/python/install/part.ts';
import { makeWheel, wheelFileName } from '../../../core/testing/wheels.ts';
import { inFolder, TARGET } from './laid-out.ts';

const RECIPE = { name: 'pkg', version: '1.0' };

async function withPart<T>(
  action: (options: WheelPartOptions, opened: () => number, kept: Map<Digest, PartRecord>) => Promise<T>,
): Promise<T> {
  return await inFolder(async (folder) => {
    const bytes = await makeWheel(RECIPE);
    const file = join(folder, 'blob');
    writeFileSync(file, bytes);
    const kept = new Map<Digest, PartRecord>();
    let opened = 0;
    const options: WheelPartOptions = {
      name: 'pkg',
      fileName: wheelFileName(RECIPE),
      digest: digestOf(bytes),
      size: bytes.length,
      target: TARGET,
      async openWheel() {
        opened += 1;
        return file;
      },
      records: {
        // As a store does: nothing but JSON survives.
        get: async (key) => structuredClone(kept.get(key)),
        set: async (key, record) => void kept.set(key, JSON.parse(JSON.stringify(record)) as PartRecord),
      },
    };
    return await action(options, () => opened, kept);
  });
}

async function collect(items: AsyncIterable<TreeItem>): Promise<TreeItem[]> {
  const found: TreeItem[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('partOfWheel', () => {
  it('opens the wheel once for record and entries, and not before', async () => {
    await withPart(async (options, opened) => {
      const part = partOfWheel(options);
      expect(opened()).toBe(0);
      const [record, items] = await Promise.all([part.record(), collect(part.entries())]);
      expect(record.entries.map(({ path }) => path)).toEqual(items.map(([path]) => path));
      await part.record();
      expect(opened()).toBe(1);
    });
  });

  it('needs no wheel where the record is known', async () => {
    await withPart(async (options, opened, kept) => {
      const first = await partOfWheel(options).record();
      const second = await partOfWheel(options).record();
      expect(second).toEqual(first);
      expect(isPartRecord(second)).toBe(true);
      expect([opened(), kept.size]).toEqual([1, 1]);
    });
  });

  it('tries again after a failure, and passes it on', async () => {
    await withPart(async (options) => {
      let attempts = 0;
      const part = partOfWheel({
        ...options,
        async openWheel() {
          attempts += 1;
          if (attempts === 1) throw new RangeError('not yet');
          return await options.openWheel();
        },
      });
      await expect(part.record()).rejects.toThrow(RangeError);
      expect((await part.record()).entries.length).toBeGreaterThan(0);
      await expect(part.record(AbortSignal.abort())).resolves.toBeDefined();
      await expect(
        partOfWheel(options).entries(AbortSignal.abort())[Symbol.asyncIterator]().next(),
      ).rejects.toThrow();
    });
  });

  it('has a key of all that changes a byte, and of nothing else', async () => {
    await withPart(async (options) => {
      const key = (over: Partial<WheelPartOptions>) => wheelPartKey({ ...options, ...over });
      const same = key({});
      expect(
        key({
          target: { abi: 'cp312', pythonVersion: '3.12', implementation: 'cpython', prefix: 'opt/venv' },
        }),
      ).toBe(same);
      expect(key({ role: 'project', size: 1, directUrl: undefined })).toBe(same);
      const others = [
        key({ digest: digestOf('another') }),
        key({ target: { ...TARGET, prefix: 'venv' } }),
        key({ target: { ...TARGET, pythonVersion: '3.13' } }),
        key({ target: { ...TARGET, abi: 'cp312t' } }),
        key({ target: { ...TARGET, implementation: 'pypy' } }),
        key({ directUrl: { url: 'https://example.org', archive_info: {} } }),
      ];
      expect(new Set([same, ...others]).size).toBe(others.length + 1);
    });
  });
});
