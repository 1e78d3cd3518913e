/**
 * Tools of development that slipped into what goes into an image, told by their names. That they stay out is the
 * project's to decide: nothing is taken out here.
 */
import type { Log } from '../primitives/log.ts';
import type { Distribution } from './values.ts';

/**
 * Distributions that nothing needs to run: runners of tests, linters, formatters, checkers of types, debuggers, builders
 * of documentation and of packages. Normalised names. What programs use as a library as well (`pygments`, `setuptools`,
 * `watchdog`) is not among them, nor is what images are made for (`jupyterlab`, `ipykernel`).
 */
const TOOLS: ReadonlySet<string> = new Set([
  ...[
    'pytest',
    'pytest-asyncio',
    'pytest-cov',
    'pytest-django',
    'pytest-mock',
    'pytest-xdist',
    'nose',
    'nose2',
  ],
  ...['coverage', 'hypothesis', 'factory-boy', 'tox', 'nox', 'moto', 'responses', 'vcrpy', 'freezegun'],
  ...[
    'ruff',
    'black',
    'isort',
    'flake8',
    'pylint',
    'pycodestyle',
    'pyflakes',
    'autopep8',
    'yapf',
    'autoflake',
  ],
  ...['bandit', 'djlint', 'pyupgrade', 'vulture', 'codespell', 'pre-commit', 'pip-audit'],
  ...['mypy', 'pyright', 'basedpyright', 'pyre-check', 'pytype', 'ty'],
  ...['ipython', 'ipdb', 'pdbpp', 'debugpy', 'pudb', 'django-debug-toolbar'],
  ...[
    'sphinx',
    'mkdocs',
    'mkdocs-material',
    'pdoc',
    'twine',
    'build',
    'bump2version',
    'bumpver',
    'commitizen',
  ],
  ...['pip-tools', 'poetry', 'pdm', 'hatch', 'pipenv', 'uv'],
]);

/** Groups whose name says that whoever asks for them wants tools. */
const GROUPS = /^(?:dev|develop|development|tests?|testing|lint|linting|typing|types|format|docs?|debug)$/;

/** Normalised names of the tools among distributions. */
export function developmentTools(distributions: readonly Distribution[]): readonly Distribution[] {
  return distributions.filter(({ name }) => TOOLS.has(name));
}

/**
 * One warning with all of them and who asks for each; none where a group was named that is for them.
 *
 * @param groups - the dependency groups that were asked for
 */
export function warnOfTools(
  distributions: readonly Distribution[],
  groups: readonly string[],
  log: Log,
): void {
  if (groups.some((group) => GROUPS.test(group))) return;
  const tools = developmentTools(distributions);
  if (tools.length === 0) return;
  const listed = tools.map(({ name, requestedBy }) =>
    requestedBy.length === 0
      ? `\`${name}\``
      : `\`${name}\` (for ${requestedBy.map((one) => `\`${one}\``).join(', ')})`,
  );
  log.warn({
    /**
     * Tools of development, such as a runner of tests or a linter, are among the distributions that go in. They cost bytes
     * and widen what can be attacked. Move them into a dependency group, which stays out unless it is named.
     */
    code: 'PYC_DEVELOPMENT_TOOLS',
    message: `tools of development go into the image: ${listed.join(', ')}`,
    hint: 'move them into a group of `[dependency-groups]` and lock again, or list them in `distributions.exclude`',
  });
}
