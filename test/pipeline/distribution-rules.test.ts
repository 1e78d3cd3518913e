import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWheel, type WheelRecipe, wheelFileName } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import { applyRules } from '../../core/pipeline/distribution-rules.ts';
import type { Distribution } from '../../core/pipeline/values.ts';
import { makeSample, PYTHON, type Sample, writeFiles } from '../samples/sample.ts';

const TORCH: WheelRecipe = { name: 'torch', version: '2.0', files: { 'torch/__init__.py': 'CUDA = 1\n' } };
const CPU: WheelRecipe = { name: 'torch', version: '2.0+cpu', files: { 'torch/__init__.py': 'CUDA = 0\n' } };
const NVIDIA: WheelRecipe = { name: 'nvidia-cublas', version: '12.0' };
const REASON = 'no GPU where it runs';

async function bytesOf(recipe: WheelRecipe): Promise<{ bytes: Uint8Array; hash: string }> {
  const bytes = await makeWheel(recipe);
  return { bytes, hash: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

/** `shop` asks for torch, torch for nvidia-cublas, and that for triton. */
async function lockOf(sample: Sample): Promise<void> {
  const wheels = [TORCH, NVIDIA, { name: 'triton', version: '1.0' }, CPU];
  await sample.lock(wheels);
  const edges = [['nvidia-cublas'], ['triton'], []];
  const packages = await Promise.all(
    wheels.slice(0, 3).map(async (wheel, at) => {
      const { hash } = await bytesOf(wheel);
      const needs = edges[at]!.map((name) => `{ name = "${name}" }`).join(', ');
      return `[[package]]
name = "${wheel.name}"
version = "${wheel.version}"
source = { registry = "${sample.index.url}" }
dependencies = [${needs}]
wheels = [{ url = "${sample.index.urlOf(wheelFileName(wheel))}", hash = "${hash}" }]
`;
    }),
  );
  await writeFiles(sample.directory, {
    'pyproject.toml': '[project]\nname = "shop"\nversion = "1.0"\ndependencies = ["torch==2.0"]\n',
    'uv.lock': `version = 1
revision = 3
requires-python = ">=3.9"
[[package]]
name = "shop"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "torch" }]
[package.metadata]
requires-dist = [{ name = "torch", specifier = "==2.0" }]
${packages.join('')}`,
  });
  await writeFile(join(sample.directory, 'pylock.toml'), 'broken: uv.lock is taken');
}

describe('rules for distributions', () => {
  it('replace a build by one of an index, and leave out what only the locked one needed', async () => {
    const sample = await makeSample();
    await lockOf(sample);
    const { hash } = await bytesOf(CPU);
    const report = await sample.build({
      distributions: {
        exclude: [{ name: 'NVIDIA.*', reason: REASON }],
        replace: [
          { name: 'torch', with: '2.0+cpu', index: sample.index.url, hashes: [hash], reason: REASON },
        ],
      },
    });
    expect(report.error).toBeNull();
    expect(report.warnings).toEqual([]);
    const [image] = report.images;
    expect(image?.distributions).toMatchObject([
      { name: 'torch', version: '2.0+cpu', hash, replaces: { version: '2.0', reason: REASON } },
    ]);
    expect(image?.distributions[0]?.installedSize).toBeGreaterThan('CUDA = 0\n'.length);
    expect(image?.excluded).toMatchObject([
      { name: 'nvidia-cublas', version: '12.0', reason: REASON },
      { name: 'triton' },
    ]);
  });

  it('take a wheel by URL or path, bound by its hash, and refuse what is none of the distribution', async () => {
    const sample = await makeSample();
    await lockOf(sample);
    const { bytes, hash } = await bytesOf(CPU);
    const path = join(sample.directory, wheelFileName(CPU));
    await writeFile(path, bytes);
    const build = (replacement: string, hashes: readonly string[] = []) =>
      sample.build({
        distributions: { replace: [{ name: 'torch', with: replacement, hashes, reason: REASON }] },
      });
    const local = await build(path);
    expect(local.images[0]?.distributions[1]).toMatchObject({ name: 'torch', hash, url: null });
    const url = sample.index.urlOf(wheelFileName(CPU));
    const remote = await build(url, [hash]);
    expect(remote.images[0]?.distributions[1]).toMatchObject({ version: '2.0+cpu', hash, url });
    const codes = [
      await build(url, [`sha256:${'0'.repeat(64)}`]),
      await build(join(sample.directory, 'missing/torch-3.0-py3-none-any.whl')),
      await build(join(sample.directory, 'other-1.0-py3-none-any.whl')),
      await build(join(sample.directory, 'torch-3.0-cp39-cp39-win_amd64.whl')),
    ].map(({ error }) => error?.code);
    expect(codes).toEqual([
      'PYC_WHEEL_HASH_MISMATCH',
      'PYC_REPLACEMENT_INVALID',
      'PYC_REPLACEMENT_INVALID',
      'PYC_NO_WHEEL',
    ]);
  });

  it('warn of what is still needed, and of what they do not match', async () => {
    const sample = await makeSample();
    await lockOf(sample);
    const report = await sample.build({
      distributions: {
        exclude: [
          { name: 'triton', reason: REASON },
          { name: 'torhc', reason: REASON },
        ],
      },
    });
    expect(
      report.warnings.map(({ code, message }) => [code, /`[a-z-]+` needs `[a-z-]+`/.exec(message)?.[0]]),
    ).toEqual([
      ['PYC_EXCLUDED_IS_NEEDED', '`nvidia-cublas` needs `triton`'],
      ['PYC_DISTRIBUTION_RULE_IDLE', undefined],
    ]);
    expect(report.warnings[1]?.hint).toContain('torch');
  });

  it('keep everything where the lock does not say who asks, and circles that something asks for', async () => {
    const one = (name: string, ...requestedBy: string[]): Distribution => ({
      name,
      version: '1',
      source: 'wheel',
      requestedBy,
    });
    const left = async (chosen: readonly Distribution[], exclude: string) => {
      const rules = { exclude: [{ name: exclude, reason: REASON }] };
      const target = {
        implementation: 'cpython',
        version: PYTHON.version,
        abi: 'cp312',
        os: 'linux',
        architecture: 'amd64',
        libc: { family: 'glibc', version: '2.36' },
      } as const;
      const ruled = await applyRules({ chosen, rejected: [] }, rules, target, new AbortController().signal);
      return ruled.chosen.map(({ name }) => name);
    };
    expect(await left([one('a'), one('b'), one('c')], 'a')).toEqual(['b', 'c']);
    const circle = [one('a', 'shop'), one('b', 'a', 'c'), one('c', 'b')];
    expect([await left(circle, 'a'), await left([...circle, one('d', 'shop')], 'd')]).toEqual([
      [],
      ['a', 'b', 'c'],
    ]);
  });

  it('are checked: names, reasons, hashes of what comes from elsewhere, credentials', async () => {
    const sample = await makeSample();
    await writeFiles(sample.directory, {
      'pycontainer.toml': `
[[distributions.exclude]]
name = "a"
[[distributions.replace]]
name = "b"
with = "https://example.org/b-1.0-py3-none-any.whl"
reason = "x"
[[distributions.replace]]
name = "c"
with = "https://me:secret@example.org/c-1.0-py3-none-any.whl"
reason = "x"
[[distributions.replace]]
name = "d"
with = "newest"
reason = "x"
`,
    });
    const { error } = await sample.build();
    expect(error?.code).toBe('PYC_CONFIG_INVALID');
    expect(error?.details.map((fault) => (fault as { path: string }).path).sort()).toEqual([
      'distributions.exclude.0.reason',
      'distributions.replace.0.hashes',
      'distributions.replace.1.hashes',
      'distributions.replace.1.with',
      'distributions.replace.2.hashes',
      'distributions.replace.2.with',
    ]);
  });
});

describe('tools of development', () => {
  it('are warned of once, with who asks for them, unless their group was asked for', async () => {
    const sample = await makeSample({
      wheels: [{ name: 'pytest', version: '8.0' }, { name: 'ruff', version: '1.0' }, NVIDIA],
    });
    const { warnings } = await sample.build({ platforms: ['linux/amd64', 'linux/arm64'] });
    expect(warnings.map(({ code }) => code)).toEqual(['PYC_DEVELOPMENT_TOOLS']);
    expect(warnings[0]?.message).toMatch(/`pytest`, `ruff`$/);
  });
});
