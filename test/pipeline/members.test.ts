import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { validateLayout } from 'pycontainer/oci';
import { describe, expect, it } from 'vitest';
import { makeSample, type Sample, writeFiles } from '../samples/sample.ts';

const ALPHA = { name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } };

/** A workspace of applications, all of which need `alpha`; its root is a member that needs nothing. */
async function workspaceOf(members: readonly string[]): Promise<Sample> {
  const sample = await makeSample({ wheels: [ALPHA] });
  const [, wheel] = /wheels = \[\{ name = "[^"]*", (.*?) \}\]/.exec(
    await readFile(join(sample.directory, 'pylock.toml'), 'utf8'),
  )!;
  const [, url] = /url = "([^"]*)"/.exec(wheel!)!;
  const [, hash] = /sha256 = "([^"]*)"/.exec(wheel!)!;
  const project = (name: string, dependencies = '') =>
    `[project]\nname = "${name}"\nversion = "1.0"\ndependencies = [${dependencies}]\n`;
  await writeFiles(sample.directory, {
    'pyproject.toml': `${project('shop')}[tool.uv.workspace]\nmembers = ["services/*"]\n`,
    'uv.lock': `version = 1
revision = 3
requires-python = ">=3.9"
[manifest]
members = [${[...members, 'shop'].map((name) => `"${name}"`).join(', ')}]
[[package]]
name = "alpha"
version = "1.0"
source = { registry = "${sample.index.url}" }
wheels = [{ url = "${url}", hash = "sha256:${hash}" }]
[[package]]
name = "shop"
version = "1.0"
source = { virtual = "." }
${members
  .map(
    (name) => `[[package]]
name = "${name}"
version = "1.0"
source = { virtual = "services/${name}" }
dependencies = [{ name = "alpha" }]
[package.metadata]
requires-dist = [{ name = "alpha" }]
`,
  )
  .join('')}`,
    ...Object.fromEntries(
      members.flatMap((name) => [
        [`services/${name}/pyproject.toml`, project(name, '"alpha"')],
        [`services/${name}/${name}.py`, `print("${name}")\n`],
      ]),
    ),
  });
  return sample;
}

describe('--all-packages', () => {
  it('builds an image for each member, in one report and one layout, with shared layers', async () => {
    const sample = await workspaceOf(['api', 'worker']);
    const report = await sample.build({ sbom: false }, { allPackages: true });
    expect(report.error).toBeNull();
    const names = report.images.map(({ name, distributions }) => [
      name,
      distributions.map((one) => one.name),
    ]);
    expect(names).toEqual([
      ['api', ['alpha']],
      ['worker', ['alpha']],
      ['shop', []],
    ]);
    const [api, worker] = report.images;
    const dependencies = (image: typeof api) => image?.layers.find(({ role }) => role === 'dependencies');
    expect(dependencies(worker)).toMatchObject({ digest: dependencies(api)?.digest, origin: 'cached' });
    const layout = join(sample.directory, 'build/image');
    expect(report.outputs.map(({ reference }) => reference)).toEqual(
      ['api', 'worker', 'shop'].map((name) => `oci:${layout}:${name}`),
    );
    expect(await validateLayout(layout)).toEqual([]);
    expect(sample.index.requests.filter(({ path }) => path.startsWith('/files/'))).toHaveLength(1);
  });

  it('makes the images that `--package` makes, and `--only` chooses among them', async () => {
    const sample = await workspaceOf(['api', 'worker']);
    const only = await sample.build({ sbom: false }, { allPackages: true, only: ['worker'] });
    expect(only.outputs.map(({ reference }) => reference.split(':').at(-1))).toEqual(['worker']);
    const alone = await sample.build({ sbom: false, package: 'worker' });
    expect(only.images[0]?.digest).toBe(alone.images[0]?.digest);
    expect(only.images[0]?.digest).toMatch(/^sha256:/);
  });

  it('is refused where it cannot be: no workspace, one member named, one output for all', async () => {
    const sample = await workspaceOf(['api', 'worker']);
    const all = { allPackages: true, dryRun: true };
    const codes = [
      await sample.build({ package: 'api' }, all),
      await sample.build({}, { ...all, only: ['apu'] }),
      await sample.build({ outputs: ['archive:one.tar'] }, all),
      await (await makeSample({ wheels: [ALPHA] })).build({}, all),
      await (await makeSample({ wheels: [ALPHA] })).build({ package: 'api' }),
    ].map(({ error }) => [error?.code, error?.exitCode]);
    expect(codes).toEqual([
      ['PYC_MEMBERS_UNKNOWN', 2],
      ['PYC_CONFIG_IMAGE_UNKNOWN', 2],
      ['PYC_CONFIG_INVALID', 2],
      ['PYC_MEMBERS_UNKNOWN', 2],
      ['PYC_MEMBERS_UNKNOWN', 2],
    ]);
  });

  it('reads the lock once, and plans a hundred members without a request', async () => {
    const sample = await workspaceOf(Array.from({ length: 100 }, (_, index) => `service${index}`));
    const report = await sample.build({}, { allPackages: true, dryRun: true });
    expect(report.error).toBeNull();
    expect(report.images).toHaveLength(101);
    expect(sample.index.requests).toEqual([]);
  });
});
