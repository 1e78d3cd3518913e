import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { build } from '../../core/build.ts';
import { describeImage, describeProject } from '../../core/sbom.ts';
import { temporaryFolder } from '../oci/temporary.ts';
import { errorOf, options, sampleLayout } from './places.ts';

const STATED = {
  values: { base: 'scratch', python: { version: '3.12.7', libc: 'glibc-2.36' } },
  flags: {},
  set: [],
} as const;

async function project(): Promise<string> {
  const folder = await temporaryFolder();
  writeFileSync(
    join(folder, 'pyproject.toml'),
    '[project]\nname = "shop"\nversion = "1.0"\ndependencies = []\n',
  );
  writeFileSync(
    join(folder, 'uv.lock'),
    'version = 1\nrequires-python = ">=3.12"\n\n[[package]]\nname = "shop"\nversion = "1.0"\nsource = { virtual = "." }\n',
  );
  writeFileSync(join(folder, 'main.py'), 'print("shop")\n');
  writeFileSync(join(folder, 'pycontainer.toml'), 'entrypoint = ["python", "main.py"]\npreset = false\n');
  return folder;
}

describe('the SBOM of a project', () => {
  it('is what a build would attach, and claims every file of it', async () => {
    const run = await options();
    const report = await describeProject({
      ...run,
      directory: await project(),
      commandLine: STATED,
      audit: true,
    });
    expect(report.error).toBeNull();
    const [described] = report.documents;
    expect(described).toMatchObject({ name: 'shop', from: 'build', unclaimed: [] });
    expect(JSON.parse(described!.document)).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  });

  it('is of the index for several platforms', async () => {
    const run = await options();
    const values = { ...STATED.values, platforms: ['linux/amd64', 'linux/arm64'] };
    const commandLine = { ...STATED, values };
    const report = await describeProject({ ...run, directory: await project(), commandLine, format: 'spdx' });
    expect(report.error).toBeNull();
    const { packages } = JSON.parse(report.documents[0]!.document) as {
      packages: { primaryPackagePurpose: string }[];
    };
    expect(packages.filter((one) => one.primaryPackagePurpose === 'CONTAINER')).toHaveLength(3);
  });

  it('fails as a build does', async () => {
    const report = await describeProject({ ...(await options()), directory: await temporaryFolder() });
    expect([report.ok, report.documents]).toEqual([false, []]);
  });
});

describe('the SBOM of an image that exists', () => {
  it('is the attached one, else made of its files for one platform', async () => {
    const { spec } = await sampleLayout();
    const run = await options();
    const attached = await describeImage({ ...run, image: spec });
    expect(attached.documents[0]?.from).toBe('attached');
    const format = 'cyclonedx-1.7';
    const several = await describeImage({ ...run, image: spec, format });
    expect(several.error?.code).toBe('PYC_SBOM_PLATFORM_UNSTATED');
    const one = await describeImage({ ...run, image: spec, format, platform: 'linux/arm64' });
    expect(errorOf(one)).toBeNull();
    expect(one.documents[0]?.from).toBe('files');
  });

  it('does not claim what no list and no database has', async () => {
    const run = await options();
    const layout = join(await temporaryFolder(), 'layout');
    const values = { ...STATED.values, sbom: false, outputs: [`layout:${layout}`] };
    const built = await build({ ...run, directory: await project(), commandLine: { ...STATED, values } });
    expect(built.error).toBeNull();
    const { documents } = await describeImage({ ...run, image: `layout:${layout}`, audit: true });
    expect(documents[0]?.from).toBe('files');
    expect(documents[0]?.unclaimed).toContain('/app/main.py');
  });
});
