import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { PIN_FILE, readPins } from '../../core/pipeline/pins.ts';
import { codeOf } from '../codes.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pyc-pins-'));
  onTestFinished(() => rm(directory, { recursive: true }));
});

describe('pycontainer.lock', () => {
  it('keeps what is pinned, adds what is new, and is written only when something changed', async () => {
    const first = await readPins(directory, 'add');
    first.of('python:3.13', 'linux/amd64').set('digest', 'one');
    expect(await first.save()).toBe(true);
    const second = await readPins(directory, 'add');
    expect(second.of('python:3.13', 'linux/amd64').get('digest')).toBe('one');
    second.of('python:3.13', 'linux/amd64').set('digest', 'one');
    expect(await second.save()).toBe(false);
    second.of('python:3.13', 'linux/arm64').set('digest', 'two');
    expect(await second.save()).toBe(true);
    expect(JSON.parse(await readFile(join(directory, PIN_FILE), 'utf8'))).toEqual({
      version: 1,
      bases: { 'python:3.13': { 'linux/amd64': { digest: 'one' }, 'linux/arm64': { digest: 'two' } } },
    });
  });

  it('is obeyed and never written by a build', async () => {
    const pins = await readPins(directory, 'add');
    pins.of('base', 'linux/amd64').set('digest', 'one');
    await pins.save();
    const use = await readPins(directory, 'use');
    use.of('base', 'linux/amd64').set('digest', 'moved');
    expect(await use.save()).toBe(false);
    expect(use.of('base', 'linux/amd64').get('digest')).toBe('one');
  });

  it('forgets everything when it is renewed', async () => {
    const pins = await readPins(directory, 'add');
    pins.of('base', 'linux/amd64').set('digest', 'one');
    await pins.save();
    expect((await readPins(directory, 'renew')).of('base', 'linux/amd64').get('digest')).toBeUndefined();
  });

  it('refuses what is not pinned where it must be', async () => {
    expect(await codeOf(() => readPins(directory, 'locked'))).toBe('PYC_BASE_NOT_LOCKED');
    await writeFile(join(directory, PIN_FILE), '{"version":1,"bases":{}}');
    const pins = await readPins(directory, 'locked');
    expect(await codeOf(async () => pins.of('base', 'linux/amd64').get('digest'))).toBe(
      'PYC_BASE_NOT_LOCKED',
    );
  });

  it('is refused where it is no lock of ours', async () => {
    for (const text of ['{', '[]', '{"version":2,"bases":{}}', '{"version":1,"bases":{"a":1}}']) {
      await writeFile(join(directory, PIN_FILE), text);
      expect(await codeOf(() => readPins(directory, 'use'))).toBe('PYC_BASE_LOCK_MALFORMED');
    }
  });
});
