import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWheel, type WheelRecipe, wheelFileName } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import type { Digest } from '../../core/primitives/digest.ts';
import { formatAction } from '../../core/store/action-file.ts';
import { filesBelow, makeSample, type Sample, writeFiles } from '../samples/sample.ts';

const GOOD: WheelRecipe = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } };
const EVIL: WheelRecipe = { ...GOOD, files: { 'alpha/__init__.py': 'import os\n' } };

const sha = (algorithm: string, bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest('hex');

/** Locks by hash alone, so that the index must be asked where the file is. */
async function lockByHash(sample: Sample): Promise<void> {
  const hash = sha('sha256', await makeWheel(GOOD));
  await rm(join(sample.directory, 'pylock.toml'));
  await writeFiles(sample.directory, {
    'requirements.txt': `--index-url ${sample.index.url}\nalpha==1.0 --hash=sha256:${hash}\n`,
  });
}

/** Keys of what a store remembers. */
async function actionsOf(cache: string): Promise<Digest[]> {
  const names = await readdir(join(cache, 'actions'));
  return names.map((name) => `sha256:${name}` as Digest);
}

describe('what the store remembers', () => {
  it('is found out where it is of another shape, whatever it is, and made anew', async () => {
    const sample = await makeSample({ wheels: [GOOD] });
    await lockByHash(sample);
    const first = await sample.build();
    expect(first.error).toBeNull();
    const strange = [
      null,
      [],
      {},
      0,
      -1,
      'text',
      { entries: [{}], components: [] },
      { descriptor: null, diffId: 'sha256:x' },
      {
        version: '1.0',
        file: { name: 'alpha-1.0-py3-none-any.whl', url: 'http://127.0.0.1:1/x', hashes: [] },
      },
    ];
    const surprises: unknown[] = [];
    for (const value of strange) {
      for (const key of await actionsOf(sample.cache)) {
        await writeFile(join(sample.cache, 'actions', key.slice(7)), formatAction(key, value));
      }
      const { error, images } = await sample.build();
      if (error !== null || images[0]?.digest !== first.images[0]?.digest) surprises.push([value, error]);
    }
    expect(surprises).toEqual([]);
  });

  it('is found out where an entry was put under the name of another', async () => {
    const sample = await makeSample({ wheels: [GOOD] });
    const first = await sample.build();
    const keys = await actionsOf(sample.cache);
    const texts = await Promise.all(
      keys.map((key) => readFile(join(sample.cache, 'actions', key.slice(7)), 'utf8')),
    );
    for (const [index, key] of keys.entries()) {
      await writeFile(join(sample.cache, 'actions', key.slice(7)), texts[(index + 1) % texts.length]!);
    }
    const again = await sample.build();
    expect(again.error).toBeNull();
    expect(again.images[0]?.digest).toBe(first.images[0]?.digest);
  });

  it('is not a wheel that was swapped, however good it looks', async () => {
    const sample = await makeSample({ wheels: [GOOD] });
    const first = await sample.build();
    const digest = sha('sha256', await makeWheel(GOOD));
    await rm(join(sample.cache, 'actions'), { recursive: true });
    await writeFile(join(sample.cache, 'blobs/sha256', digest), await makeWheel(EVIL));
    const again = await sample.build({}, { noCache: true });
    expect(again.error).toBeNull();
    expect(again.images[0]?.digest).toBe(first.images[0]?.digest);
    expect(sha('sha256', await readFile(join(sample.cache, 'blobs/sha256', digest)))).toBe(digest);
  });

  it('is not a layer that was damaged: the next build makes it anew', async () => {
    const sample = await makeSample({ wheels: [GOOD] });
    const first = await sample.build();
    for (const output of ['layout:one', 'archive:one.tar']) {
      for (const { digest } of first.images[0]?.layers ?? []) {
        const blob = join(sample.cache, 'blobs/sha256', digest!.slice(7));
        const bytes = await readFile(blob);
        bytes[bytes.length - 20]! ^= 1;
        await writeFile(blob, bytes);
      }
      const codes: (string | undefined)[] = [];
      for (let tries = 0; tries < 5; tries += 1) {
        const report = await sample.build({ outputs: [output] });
        if (report.ok) break;
        codes.push(report.error?.code);
      }
      expect(codes.length).toBeGreaterThan(0);
      expect(codes.length).toBeLessThan(5);
      const last = await sample.build({ outputs: [output] });
      expect([last.error, last.images[0]?.digest]).toEqual([null, first.images[0]?.digest]);
    }
  });

  it('is not what a lock says of one file by the hash of another', async () => {
    const sample = await makeSample({ wheels: [EVIL] });
    const [good, evil] = [await makeWheel(GOOD), await makeWheel(EVIL)];
    const name = wheelFileName(GOOD);
    const hashes = `{ sha256 = "${sha('sha256', good)}", sha512 = "${sha('sha512', evil)}" }`;
    await writeFiles(sample.directory, {
      'pylock.toml': [
        'lock-version = "1.0"',
        'created-by = "a test"',
        '[[packages]]',
        'name = "alpha"',
        'version = "1.0"',
        `wheels = [{ name = "${name}", size = ${evil.length}, url = "${sample.index.urlOf(name)}", hashes = ${hashes} }]`,
        '',
      ].join('\n'),
    });
    expect((await sample.build()).error?.code).toBe('PYC_WHEEL_HASH_MISMATCH');
    expect((await readdir(join(sample.cache, 'blobs/sha256'))).includes(sha('sha256', evil))).toBe(false);
  });

  it('is not a wheel that a plugin gives in place of the locked one', async () => {
    const sample = await makeSample({ wheels: [GOOD] });
    const plugin = {
      name: 'finder',
      apply: (hooks: Parameters<import('pycontainer').Plugin['apply']>[0]) =>
        hooks.wheel.tapPromise('finder', async () => ({
          name: wheelFileName(GOOD),
          file: '/nowhere',
          digest: `sha256:${'a'.repeat(64)}` as Digest,
          size: 1,
        })),
    };
    const report = await sample.build({}, { plugins: [plugin] });
    expect(report.error?.code).toBe('PYC_WHEEL_HASH_MISMATCH');
  });
});

describe('passwords', () => {
  it('in the address of an index reach neither report, log, image nor store', async () => {
    const sample = await makeSample({ wheels: [GOOD] });
    await lockByHash(sample);
    const secret = 'p4ssw0rd';
    const file = join(sample.directory, 'requirements.txt');
    const text = await readFile(file, 'utf8');
    // The file itself is one of the sources, and whoever writes a password into it has it in the image.
    await writeFiles(sample.directory, { '.pycignore': 'requirements.txt\n' });
    const said: string[] = [];
    const log = {
      info: (message: string) => said.push(message),
      debug: (message: string) => said.push(message),
      warn: (warning: unknown) => said.push(JSON.stringify(warning)),
      progress: (event: unknown) => said.push(JSON.stringify(event)),
    };
    await writeFile(file, text.replace('http://', `http://me:${secret}@`));
    const good = await sample.build({}, { log });
    expect(good.error).toBeNull();
    for (const folder of [sample.cache, join(sample.directory, 'build')]) {
      for (const path of await filesBelow(folder))
        expect((await readFile(join(folder, path))).includes(secret), path).toBe(false);
    }
    await writeFile(
      file,
      text.replace('http://', `http://me:${secret}@`).replace('alpha==1.0', 'alpha==1.1'),
    );
    const missing = await sample.build({}, { log });
    expect(missing.ok).toBe(false);
    await sample.index.close();
    await rm(join(sample.cache), { recursive: true });
    const unreachable = await sample.build({}, { log });
    expect(unreachable.ok).toBe(false);
    expect(JSON.stringify([good, missing, unreachable, said])).not.toContain(secret);
  });

  it('are not in the details of a wheel that does not fit', async () => {
    const native = { name: 'native', version: '1.0', tag: 'cp311-cp311-manylinux_2_17_x86_64' };
    const sample = await makeSample({ wheels: [native] });
    await writeFiles(sample.directory, {
      'requirements.txt': `--index-url ${sample.index.url.replace('://', '://me:p4ssw0rd@')}\nnative==1.0\n`,
    });
    await rm(join(sample.directory, 'pylock.toml'));
    const report = await sample.build();
    expect(report.error?.code).toBe('PYC_NO_WHEEL');
    expect(JSON.stringify(report)).not.toContain('p4ssw0rd');
  });
});
