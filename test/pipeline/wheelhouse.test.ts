import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWheel, type WheelRecipe, wheelFileName } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import { makeSample, type Sample, writeFiles } from '../samples/sample.ts';

const ALPHA: WheelRecipe = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } };

/** Lays a wheel into the sample's wheelhouse. @returns its SHA-256 */
async function house(sample: Sample, wheel: WheelRecipe): Promise<string> {
  const bytes = await makeWheel(wheel);
  await mkdir(join(sample.directory, 'wheels'), { recursive: true });
  await writeFile(join(sample.directory, 'wheels', wheelFileName(wheel)), bytes);
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

const wheelhouse = (sample: Sample) => ({ wheelhouse: join(sample.directory, 'wheels') });

describe('a wheelhouse', () => {
  it('gives the wheels that a lock names, without a request and without being a source', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    await house(sample, ALPHA);
    await sample.index.close();
    const report = await sample.build(wheelhouse(sample));
    expect(report.error).toBeNull();
    const again = await sample.build({ ...wheelhouse(sample), sbom: false });
    await rm(join(sample.directory, 'wheels'), { recursive: true });
    const without = await sample.build({ sbom: false });
    expect(without.images[0]?.digest).toBe(again.images[0]?.digest);
  });

  it('gives the wheels of pins that name no file, if a locked hash fits', async () => {
    const sample = await makeSample();
    const hash = await house(sample, ALPHA);
    const requirement = `--index-url ${sample.index.url}\nalpha==1.0 --hash=`;
    await writeFiles(sample.directory, { 'requirements.txt': `${requirement}${hash}\n` });
    const report = await sample.build(wheelhouse(sample));
    expect(report.error).toBeNull();
    expect(report.images[0]?.distributions).toMatchObject([
      { name: 'alpha', source: 'wheel', hash, url: null },
    ]);
    await writeFiles(sample.directory, { 'requirements.txt': `${requirement}sha256:${'0'.repeat(64)}\n` });
    expect((await sample.build(wheelhouse(sample))).error?.code).toBe('PYC_INDEX_FILE_MISSING');
  });

  it('stands in for what has sources alone, and says that no lock binds it', async () => {
    const sample = await makeSample();
    const lock = `lock-version = "1.0"
created-by = "a test"
[[packages]]
name = "alpha"
version = "1.0"
[packages.sdist]
name = "alpha-1.0.tar.gz"
url = "${sample.index.url}alpha-1.0.tar.gz"
hashes = { sha256 = "${'0'.repeat(64)}" }
`;
    await writeFiles(sample.directory, { 'pylock.toml': lock });
    expect((await sample.build()).error?.code).toMatch(/^PYC_HTTP_/);
    const hash = await house(sample, ALPHA);
    const report = await sample.build(wheelhouse(sample));
    expect(report.error).toBeNull();
    expect(report.warnings.map(({ code }) => code)).toEqual(['PYC_WHEEL_NOT_LOCKED']);
    expect(report.images[0]?.distributions).toMatchObject([{ name: 'alpha', source: 'wheel', hash }]);
  });

  it('must be there', async () => {
    const sample = await makeSample({ wheels: [ALPHA] });
    const { error } = await sample.build(wheelhouse(sample));
    expect([error?.code, error?.exitCode]).toEqual(['PYC_WHEELHOUSE_UNREADABLE', 2]);
  });
});

describe("a workspace's member", () => {
  it('is built with its own sources and name, and its siblings out of a wheelhouse', async () => {
    const sample = await makeSample();
    const project = (name: string, dependencies: string) =>
      `[project]\nname = "${name}"\nversion = "1.0"\ndependencies = [${dependencies}]\n`;
    await writeFiles(sample.directory, {
      'pyproject.toml': `${project('shop', '')}[tool.uv.workspace]\nmembers = ["packages/*"]\n`,
      'packages/api/pyproject.toml': project('api', '"alpha"'),
      'packages/api/api.py': 'print("api")\n',
      'uv.lock': `version = 1
revision = 3
requires-python = ">=3.9"
[manifest]
members = ["alpha", "api", "shop"]
[[package]]
name = "alpha"
version = "1.0"
source = { editable = "packages/alpha" }
[[package]]
name = "api"
version = "1.0"
source = { virtual = "packages/api" }
dependencies = [{ name = "alpha" }]
[package.metadata]
requires-dist = [{ name = "alpha", editable = "packages/alpha" }]
[[package]]
name = "shop"
version = "1.0"
source = { virtual = "." }
`,
    });
    const alone = await sample.build({ package: 'api' });
    expect(alone.error?.code).toBe('PYC_SOURCE_INVALID');
    await house(sample, ALPHA);
    const report = await sample.build({ package: 'api', ...wheelhouse(sample) });
    expect(report.error).toBeNull();
    expect(report.project).toMatchObject({ name: 'api', directory: 'project/packages/api' });
    expect(report.images[0]?.name).toBe('api');
    expect(report.images[0]?.distributions.map(({ name }) => name)).toEqual(['alpha']);
    expect((await sample.build({ package: 'none' })).error?.code).toBe('PYC_MEMBERS_UNKNOWN');
  });
});
