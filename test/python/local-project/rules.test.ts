import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { planLocalProject, projectFilesIn } from '../../../core/python/local-project/index.ts';
import { filesOf, surroundingsOf } from './project-files.ts';

const BACKENDS = {
  hatchling: ['hatchling', 'hatchling.build'],
  setuptools: ['setuptools', 'setuptools.build_meta'],
  flit: ['flit_core', 'flit_core.buildapi'],
  poetry: ['poetry-core', 'poetry.core.masonry.api'],
  uv: ['uv_build', 'uv_build'],
  pdm: ['pdm-backend', 'pdm.backend'],
} as const;

function pyproject(backend: keyof typeof BACKENDS, rest = '', requires?: string): string {
  const [requirement, object] = BACKENDS[backend];
  return `[build-system]\nrequires = ["${requires ?? requirement}"]\nbuild-backend = "${object}"\n[project]\nname = "demo"\nversion = "1.0"\ndescription = "d"\n${rest}`;
}

const PACKAGE = { 'src/demo/__init__.py': '' };

async function reasonOf(text: string, files: Readonly<Record<string, string>> = PACKAGE, links?: string[]) {
  const all = { ...files, 'pyproject.toml': text };
  const plan = await planLocalProject(filesOf(all, links), surroundingsOf(all));
  return plan.static ? undefined : plan.reason;
}

const ALL = Object.keys(BACKENDS) as (keyof typeof BACKENDS)[];

describe('what only a backend can tell', () => {
  it('is left to it, and the reason said', async () => {
    const reasons: Record<string, string | undefined> = {};
    for (const backend of ALL) {
      reasons[backend] = await reasonOf(pyproject(backend));
      reasons[`${backend}: another build requirement`] = (
        await reasonOf(pyproject(backend, '', `${BACKENDS[backend][0]}", "cython`))
      )?.match(/cython/)?.[0];
      reasons[`${backend}: an old version`] = (
        await reasonOf(pyproject(backend, '', `${BACKENDS[backend][0]}<0.1`))
      )?.match(/no known version/)?.[0];
      reasons[`${backend}: a link`] = (await reasonOf(pyproject(backend), PACKAGE, ['src/demo/link']))?.match(
        /is a link/,
      )?.[0];
    }
    expect(reasons).toEqual(
      Object.fromEntries(
        ALL.flatMap((backend) => [
          [backend, undefined],
          [`${backend}: another build requirement`, 'cython'],
          [`${backend}: an old version`, 'no known version'],
          [`${backend}: a link`, 'is a link'],
        ]),
      ),
    );
  });

  it('is said of a backend of its own, of none that is known, and of no pyproject.toml', async () => {
    const own = pyproject('flit').replace('[project]', 'backend-path = ["."]\n[project]');
    expect(await reasonOf(own)).toMatch(/in the project itself/);
    expect(await reasonOf(pyproject('flit').replace('flit_core.buildapi', 'x'))).toMatch(/`x` is no backend/);
    expect(await reasonOf('= no TOML')).toMatch(/not TOML/);
    const plan = await planLocalProject(filesOf({}), surroundingsOf({}));
    expect(plan).toMatchObject({ static: false });
  });
});

describe('hostile projects', () => {
  it('never take a file from outside of the folder', async () => {
    const cases = {
      'a readme above': ['hatchling', 'readme = "../secret.md"\n'],
      'an absolute readme': ['setuptools', 'readme = "/etc/passwd.md"\n'],
      'a licence above': ['pdm', 'license-files = ["../*"]\n'],
      'forced files above': ['hatchling', '[tool.hatch.build.targets.wheel.force-include]\n"../x" = "x"\n'],
      'forced files at home': [
        'hatchling',
        '[tool.hatch.build.targets.wheel.force-include]\n"~/.ssh" = "x"\n',
      ],
      'a place above': ['hatchling', '[tool.hatch.build.targets.wheel.force-include]\n"src" = "../../x"\n'],
      'packages above': ['setuptools', '[tool.setuptools.packages.find]\nwhere = [".."]\n'],
      'data above': ['flit', '[tool.flit.external-data]\ndirectory = "../data"\n'],
      'includes above': ['pdm', '[tool.pdm.build]\nincludes = ["../*"]\n'],
      'a target above': [
        'poetry',
        '[tool.poetry]\npackages = [{ include = "demo", from = "src", to = "../.." }]\n',
      ],
      'a module above': ['uv', '[tool.uv.build-backend]\nmodule-root = ".."\n'],
      'a version above': ['pdm', '[tool.pdm.version]\npath = "../v"\n'],
    } as const;
    const planned: string[] = [];
    for (const [name, [backend, rest]] of Object.entries(cases)) {
      const text =
        name === 'a version above'
          ? pyproject(backend, rest).replace('version = "1.0"', 'dynamic = ["version"]')
          : pyproject(backend, rest);
      if ((await reasonOf(text)) === undefined) planned.push(name);
    }
    expect(planned).toEqual([]);
  });

  it('never add a field to METADATA by a line break', async () => {
    const planned: string[] = [];
    for (const backend of ALL) {
      const urls = '[project.urls]\nhome = "https://x\\nRequires-Dist: evil"\n';
      if ((await reasonOf(pyproject(backend, urls))) === undefined) planned.push(backend);
    }
    expect(planned).toEqual([]);
  });

  it('do not keep a pattern matching for long', async () => {
    const stars = `${'*a'.repeat(40)}b`;
    for (const rest of [
      `[tool.hatch.build]\nexclude = ["${stars}"]\n`,
      '[tool.hatch.version]\npath = "src/demo/__init__.py"\npattern = "(a+)+$"\n',
    ]) {
      const text = pyproject('hatchling', rest).replace('version = "1.0"', 'dynamic = ["version"]');
      expect(await reasonOf(text, { 'src/demo/__init__.py': `${'a'.repeat(60)}!` })).toBeDefined();
    }
  });

  it('give a plan or a reason, and nothing but these, whatever the tables hold', async () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.string(), { maxLength: 3 }),
      fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 2 }),
    );
    const keys =
      'readme license license-files authors keywords urls scripts entry-points dependencies optional-dependencies requires-python'.split(
        ' ',
      );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ALL),
        fc.constantFrom(...keys),
        value,
        async (backend, key, stated) => {
          const text = pyproject(backend, `${JSON.stringify(key)} = ${tomlOf(stated)}\n`);
          const all = { ...PACKAGE, 'pyproject.toml': text };
          const plan = await planLocalProject(filesOf(all), surroundingsOf(all));
          expect(typeof plan.static).toBe('boolean');
        },
      ),
      { numRuns: 300 },
    );
  });
});

function tomlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)} = ${tomlOf(member)}`)
      .join(', ')} }`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

describe('a folder of this host', () => {
  it('lists links as such, and reads none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pyc-project-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'a.txt'), 'a');
    await symlink('/etc/passwd', join(folder, 'b.txt'));
    const files = projectFilesIn(folder);
    expect(files.list('')).toEqual([
      { name: 'a.txt', type: 'file' },
      { name: 'b.txt', type: 'link' },
    ]);
    expect(files.list('nowhere')).toEqual([]);
    expect(() => files.read('b.txt')).toThrow(/cannot be read/);
  });
});
