import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRanges } from '../../../core/oci/layer/range-reader.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pycontainer-ranges-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** How many files below the folder this process has open. */
function openBelow(folder: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

describe('reading ranges of files', () => {
  it('gives each its bytes, across blocks as well, and says where a file ends early', async () => {
    const file = join(root, 'large');
    await writeFile(file, Buffer.alloc(700_000, 'abcdefg'));
    const ranges = openRanges();
    expect(Buffer.from(ranges.read({ file, offset: 3, size: 4 })).toString()).toBe('defg');
    expect(Buffer.from(ranges.read({ file, offset: 262_140, size: 300_000 })).length).toBe(300_000);
    const into = Buffer.alloc(5);
    ranges.readInto(file, 699_995, into);
    expect(into.toString()).toBe(Buffer.alloc(700_000, 'abcdefg').subarray(-5).toString());
    for (const [offset, size] of [
      [699_999, 2],
      [800_000, 1],
    ] as const) {
      expect(() => ranges.read({ file, offset, size })).toThrow(
        expect.objectContaining({ code: 'PYC_LAYER_SOURCE_UNREADABLE' }),
      );
    }
    ranges.close();
  });

  it.runIf(existsSync('/proc/self/fd'))('never has many files open, and none after closing', async () => {
    const names = Array.from({ length: 400 }, (_, index) => join(root, String(index)));
    await Promise.all(names.map((name, index) => writeFile(name, `content ${index}`)));
    const ranges = openRanges();
    for (const [index, file] of names.entries()) {
      const size = `content ${index}`.length;
      expect(Buffer.from(ranges.read({ file, offset: 0, size })).toString()).toBe(`content ${index}`);
    }
    expect(openBelow(root)).toBeLessThanOrEqual(128);
    expect(Buffer.from(ranges.read({ file: names[0]!, offset: 0, size: 9 })).toString()).toBe('content 0');
    ranges.close();
    expect(openBelow(root)).toBe(0);
  });
});
