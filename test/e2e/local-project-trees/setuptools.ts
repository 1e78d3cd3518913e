/** Projects of setuptools. */
import { type ProjectTree, packageAt, pyproject, RICH, RICH_FILES } from './tree.ts';

const at = (rest: string, project?: string) =>
  pyproject('setuptools==84.0.0', 'setuptools.build_meta', rest, project);
const SETUPTOOLS = '[tool.setuptools]\n';
const flat = packageAt('demo_pkg');
const source = packageAt('src/demo_pkg');
const executable = ['demo_pkg/tool.sh', 'demo_pkg/cli.py'];

export const SETUPTOOLS_TREES: Readonly<Record<string, ProjectTree>> = {
  rich: {
    files: { 'pyproject.toml': at(RICH), ...source, ...RICH_FILES },
    executable: ['src/demo_pkg/tool.sh'],
  },
  flat: {
    files: {
      'pyproject.toml': at(''),
      ...flat,
      'tests/__init__.py': '',
      'docs/conf.py': '',
      '_private/x.py': '',
      '.hidden/x.py': '',
      'main.py': '',
    },
    executable,
  },
  src: {
    files: {
      'pyproject.toml': at(''),
      ...packageAt('src/demo_pkg'),
      'src/other/a.py': '',
      'src/single.py': '',
      'src/odd-name/x.py': '',
      'src/demo_pkg.egg-info/PKG-INFO': '',
    },
  },
  'src-empty': { files: { 'pyproject.toml': at(''), ...flat, 'src/notes.txt': '' } },
  module: {
    files: {
      'pyproject.toml': at(''),
      'thing.py': '',
      'setup.cfg': '[flake8]\nmax-line-length = 100\n',
      'conftest.py': '',
    },
  },
  stubs: { files: { 'pyproject.toml': at(''), ...flat, 'demo_pkg-stubs/__init__.pyi': '' } },
  'py-modules': {
    files: {
      'pyproject.toml': at(`${SETUPTOOLS}py-modules = ["one", "two"]\n`),
      'one.py': '',
      'two.py': '',
      'three.py': '',
    },
  },
  packages: {
    files: { 'pyproject.toml': at(`${SETUPTOOLS}packages = ["demo_pkg", "demo_pkg.plain"]\n`), ...flat },
    executable,
  },
  'package-dir': {
    files: {
      'pyproject.toml': at(
        `${SETUPTOOLS}packages = ["demo", "demo.sub", "extra"]\npackage-dir = { demo = "lib/demo_pkg", extra = "more" }\n`,
      ),
      ...packageAt('lib/demo_pkg'),
      'more/a.py': '',
    },
  },
  'package-dir-alone': {
    files: {
      'pyproject.toml': at(`${SETUPTOOLS}package-dir = { "" = "python" }\n`),
      ...packageAt('python/demo_pkg'),
      'python/one.py': '',
    },
  },
  'package-dir-explicit': {
    files: {
      'pyproject.toml': at(`${SETUPTOOLS}package-dir = { demo = "lib/demo_pkg" }\n`),
      ...packageAt('lib/demo_pkg'),
    },
  },
  find: {
    files: {
      'pyproject.toml': at(
        '[tool.setuptools.packages.find]\nwhere = ["src", "lib"]\ninclude = ["demo*", "two*"]\nexclude = ["demo_pkg.plain*"]\nnamespaces = false\n',
      ),
      ...packageAt('src/demo_pkg'),
      'lib/two/__init__.py': '',
      'lib/two/deep/__init__.py': '',
      'lib/three/__init__.py': '',
    },
  },
  'find-modules': {
    files: {
      'pyproject.toml': at(
        `${SETUPTOOLS}py-modules = ["one"]\n[tool.setuptools.packages.find]\nwhere = ["lib"]\n`,
      ),
      'lib/one.py': '',
      'lib/two/__init__.py': '',
    },
  },
  'find-namespaces': {
    files: {
      'pyproject.toml': at('[tool.setuptools.packages.find]\ninclude = ["demo_pkg", "demo_pkg.*"]\n'),
      ...flat,
      'other/x.py': '',
    },
  },
  'find-all': {
    files: { 'pyproject.toml': at('[tool.setuptools.packages.find]\n'), ...flat, 'other/x.py': '' },
  },
  'package-data': {
    files: {
      'pyproject.toml': at(
        '[tool.setuptools.package-data]\n"*" = ["*.json"]\ndemo_pkg = ["*.sh", "plain/**/*.txt"]\n[tool.setuptools.exclude-package-data]\n"demo_pkg.sub" = ["data*"]\n',
      ),
      ...flat,
      'demo_pkg/top.json': '{}',
    },
    executable,
  },
  manifest: {
    files: {
      'pyproject.toml': at(''),
      ...packageAt('src/demo_pkg'),
      'src/demo_pkg/static/a.css': '',
      'src/demo_pkg/static/deep/b.css': '',
      'src/demo_pkg/static/deep/c.map': '',
      'src/demo_pkg/templates/x.html': '',
      'src/demo_pkg/templates/odd.py': '',
      'src/demo_pkg/other.cfg': '',
      'MANIFEST.in':
        '# comment\ninclude README.md src/demo_pkg/*.cfg\nrecursive-include src/demo_pkg/static *.css *.map # more\nglobal-exclude *.py[cod]\ngraft src/demo_pkg/templates\nprune src/demo_pkg/static/deep\nrecursive-include src/demo_pkg *.sh .hidden\nglobal-include y.txt\nexclude src/demo_pkg/none\n',
      'README.md': '',
    },
    executable: ['src/demo_pkg/tool.sh'],
  },
  'manifest-off': {
    files: {
      'pyproject.toml': at(`${SETUPTOOLS}include-package-data = false\n`),
      ...flat,
      'MANIFEST.in': 'graft demo_pkg\n',
    },
  },
  'manifest-flat': {
    files: {
      'pyproject.toml': at(''),
      ...flat,
      'MANIFEST.in': 'graft demo_pkg\nglobal-exclude *.pyc *.DS_Store\n',
    },
  },
  'data-files': {
    files: {
      'pyproject.toml': at(
        '[tool.setuptools.data-files]\n"etc/demo" = ["conf/*.conf", "one.conf"]\nshare = []\n',
      ),
      ...source,
      'conf/a.conf': '',
      'conf/b.conf': '',
      'one.conf': '',
    },
  },
  'version-attr': {
    files: {
      'pyproject.toml': at(
        '[tool.setuptools.dynamic]\nversion = { attr = "demo_pkg.__version__" }\n',
        'dynamic = ["version"]\n',
      ),
      ...flat,
    },
  },
  'version-attr-src': {
    files: {
      'pyproject.toml': at(
        '[tool.setuptools.dynamic]\nversion = { attr = "demo_pkg.about.VERSION" }\n',
        'dynamic = ["version"]\n',
      ),
      ...packageAt('src/demo_pkg'),
      'src/demo_pkg/about.py': 'VERSION: str = "01.02-rc3"\nVERSION = "9"\n',
    },
  },
  'version-file': {
    files: {
      'pyproject.toml': at(
        '[tool.setuptools.dynamic]\nversion = { file = "VERSION" }\n',
        'dynamic = ["version"]\n',
      ),
      ...flat,
      VERSION: '4.5.6\n',
    },
  },
  'version-computed': {
    files: {
      'pyproject.toml': at(
        '[tool.setuptools.dynamic]\nversion = { attr = "demo_pkg.v" }\n',
        'dynamic = ["version"]\n',
      ),
      'demo_pkg/__init__.py': 'v = ".".join(["1", "2"])\n',
    },
    dynamic: true,
  },
  'dynamic-fields': {
    files: {
      'pyproject.toml': at(
        '[tool.setuptools.dynamic]\nreadme = { file = ["README.md", "CHANGES.md"], content-type = "text/markdown" }\ndependencies = { file = ["requirements.txt"] }\noptional-dependencies.x = { file = "x.txt" }\n',
        'version = "1"\ndynamic = ["readme", "dependencies", "optional-dependencies"]\n',
      ),
      ...flat,
      'README.md': 'one',
      'CHANGES.md': 'two',
      'requirements.txt': '# all\nRequests >= 2\n\nattrs\n',
      'x.txt': 'six\n',
    },
  },
  'license-text': { files: { 'pyproject.toml': at('license = { text = "First\\nSecond\\n" }\n'), ...flat } },
  'license-file': {
    files: { 'pyproject.toml': at('license = { file = "licenses/other.txt" }\n'), ...source, ...RICH_FILES },
  },
  'license-files': {
    files: { 'pyproject.toml': at('license-files = ["licenses/**", "NOT*"]\n'), ...source, ...RICH_FILES },
  },
  'readme-text': {
    files: {
      'pyproject.toml': at('readme = { text = "no newline", content-type = "text/plain" }\n'),
      ...flat,
    },
  },
  extras: {
    files: {
      'pyproject.toml': at(
        "[project.optional-dependencies]\nA_b = [\"x; os_name=='nt' or os_name=='x'\", \"y[z] @ https://example.org/y.zip ; os_name=='nt'\"]\n",
      ),
      ...flat,
    },
  },
  legacy: {
    files: {
      'pyproject.toml': at('')
        .replace('build-backend = "setuptools.build_meta"\n', '')
        .replace('"setuptools==84.0.0"', '"setuptools>=61", "wheel"'),
      ...flat,
    },
  },
  'setup-py': {
    files: { 'pyproject.toml': at(''), ...flat, 'setup.py': 'from setuptools import setup\nsetup()\n' },
    dynamic: true,
  },
  'setup-cfg-of-an-sdist': {
    files: {
      'pyproject.toml': at(''),
      ...flat,
      'setup.cfg': '[flake8]\nx = 1\n\n[egg_info]\ntag_build = \ntag_date = 0\n\n',
    },
  },
  'several-packages': { files: { 'pyproject.toml': at(''), ...flat, 'other/x.py': '' }, dynamic: true },
};
