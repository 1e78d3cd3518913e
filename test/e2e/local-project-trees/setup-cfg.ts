/** Projects of setuptools that setup.cfg describes, alone or beside pyproject.toml. */
import { type ProjectTree, packageAt, RICH_FILES } from './tree.ts';

const SYSTEM =
  '[build-system]\nrequires = ["setuptools==84.0.0", "wheel"]\nbuild-backend = "setuptools.build_meta"\n';
const flat = packageAt('demo_pkg');
const source = packageAt('src/demo_pkg');

/** @param toml what stands below `[build-system]` */
const cfg = (setupCfg: string, toml = ''): Readonly<Record<string, string>> => ({
  'pyproject.toml': `${SYSTEM}${toml}`,
  'setup.cfg': setupCfg,
});
const NAMED = '[metadata]\nname = Demo_Pkg\nversion = 1.2.0\n';
const PROJECT = '[project]\nname = "demo-pkg"\nversion = "1.2.0"\n';

const RICH = `# A comment
[metadata]
name = Demo.Pkg
version = attr: demo_pkg.__version__
description = A demo, 100%% of it
long_description = file: README.md, CHANGES.md
long_description_content_type = text/markdown; charset=UTF-8
url = https://example.org/home
download_url = https://example.org/files
author = Ada Lovelace
author_email = ada@example.org
maintainer = Zoë Ünï, Other
maintainer_email = z@example.org
license = MIT
license_files =
    LIC*
    licenses/*.txt
keywords = zeta, alpha,beta
platforms = any
project_urls =
    Bug Tracker = https://example.org/bugs?a=b
    docs = https://example.org/docs
classifiers =
    Programming Language :: Python :: 3.12
    # left out
    License :: OSI Approved :: MIT License

    Typing :: Typed

[options]
packages = find:
package_dir =
    = src
python_requires = >=3.9, !=3.9.1,<4
include_package_data = True
zip_safe: False
install_requires =
    Requests[socks,Use_Chardet] >=2.28 , <3 ; python_version < '3.11' or os_name == "nt"
    # not this
    a.b-c_d
    attrs==23.*

[options.packages.find]
where = src
exclude =
    demo_pkg.plain*

[options.package_data]
* = *.json
demo_pkg = *.sh, *.cfg

[options.extras_require]
Fast_Lane =
    uvloop>=0.17; sys_platform != 'win32' or os_name == 'x'
    orjson
empty =
all = a; b[z]

[options.entry_points]
console_scripts =
    zebra = demo_pkg.cli:main
    Demo=demo_pkg.cli:main
gui_scripts = gui = demo_pkg.cli:main
demo.plugins =
    two = demo_pkg.sub
    one = demo_pkg.sub:thing.attr [extra]

[options.data_files]
etc/demo = conf/*.conf, one.conf

[egg_info]
tag_build =
tag_date = 0

[aliases]
test = pytest

[flake8]
max-line-length = 100
`;

export const SETUP_CFG: Readonly<Record<string, ProjectTree>> = {
  rich: {
    files: {
      ...cfg(RICH),
      ...source,
      ...RICH_FILES,
      'CHANGES.md': 'changes',
      'MANIFEST.in': 'graft src\n',
      'conf/a.conf': '',
      'one.conf': '',
    },
    executable: ['src/demo_pkg/tool.sh'],
  },
  plain: { files: { ...cfg(NAMED), ...flat, 'MANIFEST.in': 'graft demo_pkg\n' } },
  legacy: {
    files: {
      ...cfg(NAMED),
      ...flat,
      'pyproject.toml': '[build-system]\nrequires = ["setuptools==84.0.0"]\n',
    },
  },
  dashes: {
    files: {
      ...cfg(
        '[metadata]\nName = demo-pkg\nversion = 01.2-rc1\nHome-Page = https://example.org\nsummary = S\nauthor-email = a@example.org\nlicense-file = COPYING.txt\nclassifier = Typing :: Typed\n',
      ),
      ...flat,
      'COPYING.txt': 'copy',
    },
  },
  'version-file': {
    files: { ...cfg(`${NAMED.replace('1.2.0', 'file: VERSION')}`), ...flat, VERSION: ' 4.5.6\n' },
  },
  'version-attr-src': {
    files: {
      ...cfg(
        `${NAMED.replace('1.2.0', 'attr:demo_pkg.about.VERSION')}[options]\npackages = find:\n[options.packages.find]\nwhere = src\n`,
      ),
      ...source,
      'src/demo_pkg/about.py': 'VERSION = "3.0"\n',
    },
  },
  'version-computed': {
    files: {
      ...cfg(NAMED.replace('1.2.0', 'attr: demo_pkg.v')),
      'demo_pkg/__init__.py': 'v = str(1)\n',
    },
    dynamic: true,
  },
  'no-version': { files: { ...cfg('[metadata]\nname = demo-pkg\n'), ...flat }, dynamic: true },
  values: {
    files: {
      ...cfg(
        '[metadata]\nname: demo-pkg\nversion: 1.0\ndescription =\nauthor =\nlicense = First\n  Second\n\n  Third\nlong_description = text\n   that goes on\n\n   with a gap\nkeywords =\nplatforms = a, b\n; end\n[options]\npackages =\n   demo_pkg\n   demo_pkg.sub\n',
      ),
      ...flat,
    },
  },
  modules: {
    files: {
      ...cfg(`${NAMED}[options]\npy_modules = one, two\n`),
      'one.py': '',
      'two.py': '',
      'three.py': '',
    },
  },
  'modules-below': {
    files: {
      ...cfg(
        `${NAMED}[options]\npackages = find:\npy_modules = one\n[options.packages.find]\nwhere = lib\ninclude = two*\n`,
      ),
      'lib/one.py': '',
      'lib/two/__init__.py': '',
      'lib/two/deep/__init__.py': '',
      'lib/two/plain/x.py': '',
      'lib/three/__init__.py': '',
    },
  },
  namespaces: {
    files: {
      ...cfg(
        `${NAMED}[options]\npackages = find_namespace:\n[options.packages.find]\nwhere =\n  src\n  lib\ninclude = demo_pkg*\n[options.exclude_package_data]\ndemo_pkg.sub = data*\n[options.package_data]\ndemo_pkg.sub = *.json\ndemo_pkg = plain/**/*.txt\n`,
      ),
      ...source,
      'lib/other/x.py': '',
    },
  },
  discovered: { files: { ...cfg(`${NAMED}[options]\nzip_safe = no\n`), ...source } },
  'several-packages': { files: { ...cfg(NAMED), ...flat, 'other/x.py': '' }, dynamic: true },
  'beside-a-project': {
    files: {
      ...cfg('[options]\npackages = demo_pkg\n[options.package_data]\ndemo_pkg = *.json\n', PROJECT),
      ...flat,
      'demo_pkg/x.json': '',
      'MANIFEST.in': 'include demo_pkg/tool.sh\n',
    },
  },
  'said-twice': {
    files: {
      ...cfg(
        '[metadata]\nname = other\nversion = 9\ndescription = theirs\nauthor = Theirs\nurl = https://example.org\nkeywords = a\nlicense = MIT\nplatforms = any\n[options]\npython_requires = >=3.1\ninstall_requires = theirs\ninclude_package_data = no\n[options.extras_require]\nx = theirs\n',
        `${PROJECT}description = "ours"\nlicense = "MIT"\nauthors = [{ name = "Ours", email = "o@example.org" }]\nkeywords = ["b"]\nrequires-python = ">=3.9"\ndependencies = ["ours"]\n[project.optional-dependencies]\ny = ["ours"]\n`,
      ),
      ...flat,
      'MANIFEST.in': 'graft demo_pkg\n',
    },
  },
  'dynamic-elsewhere': {
    files: {
      ...cfg(
        '[metadata]\nversion = attr: demo_pkg.__version__\ndescription = theirs\nlong_description = file: README.md\nlong_description_content_type = text/markdown\nclassifiers = Typing :: Typed\n[options]\ninstall_requires =\n  b\n  a\n[options.extras_require]\nx = c\n',
        '[project]\nname = "demo-pkg"\ndynamic = ["version", "description", "readme", "dependencies", "optional-dependencies", "classifiers"]\n',
      ),
      ...flat,
      'README.md': 'r',
    },
  },
  'tool-beside': {
    files: {
      ...cfg(
        '[options]\npackages = demo_pkg\n[options.package_data]\ndemo_pkg = *.sh\n',
        `${PROJECT}[tool.setuptools]\nplatforms = ["any"]\n[tool.setuptools.package-data]\ndemo_pkg = ["sub/*"]\n`,
      ),
      ...flat,
      'MANIFEST.in': 'include demo_pkg/plain/deep/y.txt\n',
    },
  },
  'tool-alone': { files: { ...cfg(NAMED, '[tool.setuptools]\nzip-safe = true\n'), ...flat }, dynamic: true },
  'not-dynamic': { files: { ...cfg('[options]\ninstall_requires = a\n', PROJECT), ...flat }, dynamic: true },
  'unknown-section': { files: { ...cfg(`${NAMED}[options.more]\nx = 1\n`), ...flat }, dynamic: true },
  universal: { files: { ...cfg(`${NAMED}[bdist_wheel]\nuniversal = 1\n`), ...flat }, dynamic: true },
  'setup-requires': {
    files: { ...cfg(`${NAMED}[options]\nsetup_requires = cython\n`), ...flat },
    dynamic: true,
  },
  interpolated: { files: { ...cfg(`${NAMED}description = %(name)s\n`), ...flat }, dynamic: true },
  'setup-py': { files: { ...cfg(NAMED), ...flat, 'setup.py': 'import setuptools\n' }, dynamic: true },
};
