import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check, lock } from 'pycontainer';
import { type FakeRegistry, makeImage, putImage, startFakeRegistry } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeSample, PYTHON, type Sample } from '../samples/sample.ts';

const WHEELS = [{ name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } }];
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

async function registry(): Promise<FakeRegistry> {
  const started = await startFakeRegistry();
  onTestFinished(() => started.close());
  return started;
}

function put(server: FakeRegistry, release: string): string {
  const images = PLATFORMS.map((platform) => makeImage({ files: { release }, platform }));
  return putImage(server, 'python', images, '3.12').digest;
}

const optionsOf = (sample: Sample, base: string) => ({
  cwd: sample.directory,
  env: { PYC_CACHE_DIR: sample.cache, PATH: process.env.PATH },
  commandLine: { values: { base, python: PYTHON, platforms: PLATFORMS }, flags: {}, set: [] },
});

/** As docs/guide/bases.md has it for Renovate. */
async function documentedPattern(): Promise<RegExp> {
  const page = await readFile('docs/guide/bases.md', 'utf8');
  const [, text = ''] = /"matchStrings": \["(.*)"\]/.exec(page) ?? [];
  return new RegExp(JSON.parse(`"${text}"`) as string, 'g');
}

describe('the pin of a base in a registry', () => {
  it('holds while its tag moves, which `check` and `lock` tell and a build does not ask for', async () => {
    const server = await registry();
    const base = `${server.host}/python:3.12`;
    const sample = await makeSample({ wheels: WHEELS });
    const old = put(server, '1');
    expect((await lock(optionsOf(sample, base))).warnings).toEqual([]);
    const now = put(server, '2');
    server.requests.length = 0;
    const built = await sample.build({ base, platforms: PLATFORMS });
    expect(built.images.map((image) => image.base.digest)).not.toContain(now);
    expect(built.error).toBeNull();
    expect(server.requests.filter(({ path }) => path.endsWith('/3.12'))).toEqual([]);

    for (const report of [await check(optionsOf(sample, base)), await lock(optionsOf(sample, base))]) {
      expect(report.warnings.map(({ code }) => code)).toEqual(['PYC_BASE_MOVED']);
      expect(report.warnings[0]?.message).toContain(old);
      expect(report.warnings[0]?.message).toContain(now);
    }
    const renewed = await lock({ ...optionsOf(sample, base), updateBase: true });
    expect(renewed.warnings.map(({ code }) => code)).toEqual(['PYC_BASE_MOVED']);
    expect((await check(optionsOf(sample, base))).warnings).toEqual([]);
    expect(await readFile(join(sample.directory, 'pycontainer.lock'), 'utf8')).toContain(now);
  });

  it('is found by the pattern that the guide gives for Renovate, on each platform', async () => {
    const server = await registry();
    const base = `${server.host}/python:3.12`;
    const sample = await makeSample({ wheels: WHEELS });
    const digest = put(server, '1');
    await lock(optionsOf(sample, base));
    const text = await readFile(join(sample.directory, 'pycontainer.lock'), 'utf8');
    const found = [...text.matchAll(await documentedPattern())].map(({ groups }) => ({ ...groups }));
    const expected = { depName: `${server.host}/python`, currentValue: '3.12', currentDigest: digest };
    expect(found).toEqual([expected, expected]);
  });

  it('does not keep `check` from working without the registry', async () => {
    const server = await registry();
    const base = `${server.host}/python:3.12`;
    const sample = await makeSample({ wheels: WHEELS });
    put(server, '1');
    await lock(optionsOf(sample, base));
    server.fault = () => ({ status: 403 });
    const report = await check(optionsOf(sample, base));
    expect([report.error, report.warnings]).toEqual([null, []]);
  });
});
