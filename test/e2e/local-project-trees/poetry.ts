/** Projects of poetry-core. */
import { type ProjectTree, packageAt, RICH, RICH_FILES } from './tree.ts';

const SYSTEM =
  '[build-system]\nrequires = ["poetry-core==2.5.0"]\nbuild-backend = "poetry.core.masonry.api"\n\n';
const at = (rest: string) => `${SYSTEM}[project]\nname = "demo-pkg"\nversion = "1.2.0"\n${rest}`;
const legacy = (rest: string) =>
  `${SYSTEM}[tool.poetry]\nname = "Demo_Pkg"\nversion = "1.2.0-rc1"\ndescription = "A demo"\nauthors = ["Ada Lovelace <ada@example.org>", "Second <s@example.org>"]\n${rest}`;
const flat = packageAt('demo_pkg');
/** poetry simplifies markers that name a thing twice or an extra; those are left to it. */
const PLAIN_RICH = RICH.replace(/ or \(os_name == \\"nt\\" and extra == 'x'\)/, '');

export const POETRY: Readonly<Record<string, ProjectTree>> = {
  rich: {
    files: { 'pyproject.toml': at(PLAIN_RICH), ...flat, ...RICH_FILES },
    executable: ['demo_pkg/tool.sh'],
  },
  'marker-of-an-extra': { files: { 'pyproject.toml': at(RICH), ...flat, ...RICH_FILES }, dynamic: true },
  src: { files: { 'pyproject.toml': at(''), ...packageAt('src/demo_pkg') } },
  module: { files: { 'pyproject.toml': at(''), 'demo_pkg.py': '' } },
  'src-module': { files: { 'pyproject.toml': at('requires-python = ">=3.10,<4"\n'), 'src/demo_pkg.py': '' } },
  stubs: {
    files: {
      'pyproject.toml': at('[tool.poetry]\npackages = [{ include = "demo_pkg-stubs" }]\n'),
      'demo_pkg-stubs/__init__.pyi': '',
    },
  },
  classifiers: {
    files: {
      'pyproject.toml': at('classifiers = ["Typing :: Typed", "Programming Language :: Python :: 3"]\n'),
      ...flat,
    },
  },
  'license-table': { files: { 'pyproject.toml': at('license = { text = "MIT" }\n'), ...flat } },
  'license-file': {
    files: {
      'pyproject.toml': at('license = { file = "licenses/long.txt" }\n'),
      ...flat,
      ...RICH_FILES,
      'licenses/long.txt': '\nFirst\n\n  Second\n',
    },
  },
  'license-files': {
    files: {
      'pyproject.toml': at('license = "MIT"\nlicense-files = ["licenses/*", "NOTICE"]\n'),
      ...flat,
      ...RICH_FILES,
    },
  },
  'licenses-folder': {
    files: {
      'pyproject.toml': at('license = "MIT"\n'),
      ...flat,
      'LICENSES/MIT.txt': '',
      'LICENSES/deep/x.txt': '',
    },
  },
  requirements: {
    files: {
      'pyproject.toml': at(
        `dependencies = ["a!=1.5", "b>1,!=1.5", "c!=1.*", "d>=1,<2,!=1.5", "e==1.0", "f<=3,>1", "g~=1.4.2", "h>=1.0.0a1", "i (>=1)", "j[X,c-D]", "k; platform_machine in 'x86_64 aarch64'", "l>=1; python_version>='3.8' and python_version<'3.12'", "m @ https://example.org/m.zip", "n[x] @ git+https://example.org/n@v1#subdirectory=s ; os_name=='nt'", "o; python_version>'3.8' or os_name=='nt'"]\n`,
      ),
      ...flat,
    },
  },
  legacy: {
    files: {
      'pyproject.toml': legacy(
        'license = "Apache-2.0"\nreadme = ["README.md", "MORE.md"]\nkeywords = ["b", "a"]\nmaintainers = ["Main <m@example.org>"]\nhomepage = "https://example.org/h"\nrepository = "https://example.org/r"\ndocumentation = "https://example.org/d"\nclassifiers = ["Topic :: Software Development", "Framework :: Django"]\n[tool.poetry.urls]\n"Bug" = "https://example.org/b"\n[tool.poetry.dependencies]\npython = ">=3.9,<3.13"\n',
      ),
      ...flat,
      ...RICH_FILES,
      'MORE.md': 'more\n',
    },
  },
  'legacy-dependencies': {
    files: {
      'pyproject.toml': legacy(
        `[tool.poetry.dependencies]
python = "^3.9"
A_one = "^2.28.1"
two = "~1.2"
three = "*"
four = ">=1 <3"
five = { version = "^0.3", optional = true, extras = ["b", "A_c"] }
six = [{ version = "^1", python = "<3.11" }, { version = "^2", python = "~3.11", platform = "linux" }]
seven = { git = "https://example.org/s.git", branch = "main", subdirectory = "x" }
eight = { url = "https://example.org/e.zip", markers = "os_name == 'nt'" }
nine = { version = "1.2.3", optional = true, python = ">=3.10" }
ten = { version = "*", optional = true }
[tool.poetry.extras]
Fast_One = ["five", "nine"]
all = ["five"]
[tool.poetry.group.dev.dependencies]
pytest = "*"
`,
      ),
      ...flat,
    },
  },
  'legacy-scripts': {
    files: {
      'pyproject.toml': legacy(
        '[tool.poetry.scripts]\nz = "demo_pkg.cli:main"\na = { reference = "demo_pkg.cli:main", type = "console" }\nf = { reference = "bin/f.sh", type = "file" }\n[tool.poetry.plugins."demo.plugins"]\np = "demo_pkg.sub:x"\n',
      ),
      ...flat,
      'bin/f.sh': '#!/bin/sh\n',
    },
    executable: ['bin/f.sh'],
  },
  'python-any': { files: { 'pyproject.toml': legacy(''), ...flat } },
  'python-exact': {
    files: { 'pyproject.toml': legacy('[tool.poetry.dependencies]\npython = "3.11.*"\n'), ...flat },
  },
  'python-patch': {
    files: { 'pyproject.toml': legacy('[tool.poetry.dependencies]\npython = "^3.9.1"\n'), ...flat },
  },
  'requires-two': { files: { 'pyproject.toml': at('requires-python = ">=2.7"\n'), ...flat } },
  'requires-excluding': { files: { 'pyproject.toml': at('requires-python = ">=3.8, !=3.10.*"\n'), ...flat } },
  both: {
    files: {
      'pyproject.toml': at(
        'dependencies = ["a>=1"]\nrequires-python = ">=3.9"\ndynamic = ["classifiers"]\n[tool.poetry]\nclassifiers = ["Framework :: Django"]\nlicense = "MIT"\n[tool.poetry.dependencies]\na = { source = "x" }\npython = ">=3.10"\n',
      ),
      ...flat,
    },
  },
  'version-in-poetry': {
    files: {
      'pyproject.toml': at('dynamic = ["version"]\n[tool.poetry]\nversion = "2.0"\n').replace(
        'version = "1.2.0"\n',
        '',
      ),
      ...flat,
    },
  },
  packages: {
    files: {
      'pyproject.toml': at(
        '[tool.poetry]\npackages = [{ include = "demo_pkg", from = "lib" }, { include = "two", to = "target/deep" }, { include = "three/**/*.py" }, { include = "four", format = "sdist" }, { include = "one.py" }]\n',
      ),
      ...packageAt('lib/demo_pkg'),
      'two/a.py': '',
      'two/a.txt': '',
      'three/a.py': '',
      'three/q/b.py': '',
      'three/q/b.txt': '',
      'four/a.py': '',
      'one.py': '',
    },
  },
  include: {
    files: {
      'pyproject.toml': at(
        '[tool.poetry]\ninclude = ["plain.txt", { path = "data/*.json", format = ["sdist", "wheel"] }, { path = "conf", format = "wheel" }, { path = "demo_pkg/gen.py", format = "wheel" }]\nexclude = ["demo_pkg/sub/*.json", "**/y.txt", "conf/x.conf"]\n',
      ),
      ...flat,
      '.gitignore': 'gen.py\nignored/\n*.log\n',
      'demo_pkg/gen.py': '',
      'demo_pkg/a.log': '',
      'demo_pkg/ignored/x.py': '',
      'data/a.json': '{}',
      'data/b.txt': '',
      'conf/x.conf': '',
      'conf/y.conf': '',
      'plain.txt': '',
    },
  },
  'nested-gitignore': {
    files: {
      'pyproject.toml': at(''),
      ...flat,
      '.gitignore': '*.json\n',
      'demo_pkg/sub/.gitignore': '!data.json\n*.tmp\n',
      'demo_pkg/sub/a.tmp': '',
      'demo_pkg/b.json': '',
    },
  },
  'build-script': {
    files: { 'pyproject.toml': at('[tool.poetry.build]\nscript = "build.py"\n'), ...flat, 'build.py': '' },
    dynamic: true,
  },
  'no-package': { files: { 'pyproject.toml': at(''), 'other/__init__.py': '' }, dynamic: true },
};
