import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeWheel, wheelFileName } from 'pycontainer/testing';
import { describe, expect, it } from 'vitest';
import { filesBelow, makeSample, type Sample } from '../samples/sample.ts';

const PYPROJECT =
  '[project]\nname = "shop"\nversion = "1.0"\ndependencies = []\n[build-system]\nrequires = []\nbuild-backend = "x"\n';
const SHOP = { name: 'shop', version: '1.0', files: { 'shop/__init__.py': 'S = 1\n' } };

/** Programs of the host, as shell scripts; each notes where and how it was started. */
async function hostWith(sample: Sample, programs: Readonly<Record<string, string>>) {
  const bin = join(sample.directory, '../bin');
  await mkdir(bin);
  await writeFile(join(bin, wheelFileName(SHOP)), await makeWheel(SHOP));
  for (const [name, script] of Object.entries(programs)) {
    const file = join(bin, name);
    await writeFile(file, `#!/bin/sh\necho "$PWD: $*" >> ${bin}/log\n${script}\n`);
    await chmod(file, 0o755);
  }
  return {
    env: { PYC_CACHE_DIR: sample.cache, HOME: bin, PATH: `${bin}:/usr/bin:/bin` },
    bin,
    log: async () => (await readFile(join(bin, 'log'), 'utf8')).trim().split('\n'),
  };
}

const project = { files: { 'pyproject.toml': PYPROJECT, 'build/lib/x.txt': '' } };
/** Copies the wheel to the folder that the last option but one names. */
const COPY = (bin: string) => `while [ $# -gt 2 ]; do shift; done; cp ${bin}/*.whl "$1"`;

describe('a project with a build system', () => {
  it('is built by uv, and installed in a layer of its own', async () => {
    const sample = await makeSample(project);
    const bin = join(sample.directory, '../bin');
    const host = await hostWith(sample, { uv: `[ "$1" = --version ] || { ${COPY(bin)}; }` });
    const { error, images } = await sample.build({}, { env: host.env });
    expect(error).toBeNull();
    expect(images[0]?.layers.at(-1)).toMatchObject({ role: 'project' });
    expect((await host.log()).at(-1)).toMatch(/: build --wheel .*--out-dir \S+ \S+\/project$/);
  });

  it('is built by the module build, which is started where nothing is in its way', async () => {
    const sample = await makeSample(project);
    const bin = join(sample.directory, '../bin');
    const host = await hostWith(sample, { uv: 'exit 1', python3: `[ "$1" = -c ] || { ${COPY(bin)}; }` });
    expect((await sample.build({}, { env: host.env })).error).toBeNull();
    const [where = ''] = (await host.log()).at(-1)!.split(': ');
    expect(where).not.toContain('project');
    expect(await filesBelow(where)).toEqual([]);
  });

  it('says what is missing where the host has neither, or what the builder said', async () => {
    const sample = await makeSample(project);
    const host = await hostWith(sample, { uv: 'exit 1', python3: 'exit 1', python: 'exit 1' });
    expect((await sample.build({}, { env: host.env })).error).toMatchObject({
      code: 'PYC_NO_BUILDER',
      exitCode: 1,
    });
    await writeFile(
      join(host.bin, 'uv'),
      '#!/bin/sh\n[ "$1" = --version ] || { printf "no \\033[31mbackend\\n" >&2; exit 3; }\n',
    );
    expect((await sample.build({}, { env: host.env })).error).toMatchObject({
      code: 'PYC_PROJECT_BUILD_FAILED',
      message: expect.stringMatching(/code 3[\s\S]*no .*backend/),
    });
    expect(await filesBelow(join(sample.directory, 'build'))).toEqual(['lib/x.txt']);
  });
});
