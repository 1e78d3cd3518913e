/** Dependencies of applications of many kinds, as `pyproject.toml`: locked by uv today, and laid out as uv lays them out. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Difference, differencesFromSync } from './environments.ts';
import { run } from './processes.ts';
import { makeProject } from './projects.ts';
import { HOST_PYTHON, uv } from './uv.ts';
import { ROOT } from './workspace.ts';

const SETS = join(ROOT, 'test/e2e/dependency-sets');

/** What takes the place of a base that says it itself. */
const ASK_THE_HOST = `import platform
print('version = "%s"\\nlibc = "%s-%s"' % (platform.python_version(), *platform.libc_ver()))`;

export const DEPENDENCY_SETS: readonly string[] = readdirSync(SETS)
  .map((file) => file.replace(/\.toml$/, ''))
  .sort();

export interface ComparedSet {
  readonly distributions: number;
  readonly files: number;
  readonly differences: readonly Difference[];
}

/** Locks the set, builds it, and compares `/opt/venv` with what `uv sync --no-dev` installs here. */
export async function compareSet(name: string): Promise<ComparedSet> {
  const python = await run([HOST_PYTHON, '-c', ASK_THE_HOST]);
  const project = makeProject(name, {
    'pyproject.toml': `${readFileSync(join(SETS, `${name}.toml`), 'utf8')}
[tool.pycontainer]
cmd = ["python"]
[tool.pycontainer.python]
${python}
interpreter = "${HOST_PYTHON}"
`,
  });
  await uv(['lock', '--quiet'], project);
  const { image, paths, differences } = await differencesFromSync(project);
  return { distributions: image.distributions.length, files: paths.length, differences };
}
