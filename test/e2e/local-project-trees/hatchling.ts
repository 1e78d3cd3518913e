/** Projects of hatchling. */
import { type ProjectTree, packageAt, pyproject, RICH, RICH_FILES } from './tree.ts';

const at = (rest: string, project?: string) =>
  pyproject('hatchling==1.32.4', 'hatchling.build', rest, project);
const WHEEL = '[tool.hatch.build.targets.wheel]\n';
const flat = packageAt('demo_pkg');
const executable = ['demo_pkg/tool.sh'];

export const HATCHLING: Readonly<Record<string, ProjectTree>> = {
  rich: { files: { 'pyproject.toml': at(RICH), ...flat, ...RICH_FILES }, executable },
  src: {
    files: { 'pyproject.toml': at(''), ...packageAt('src/demo_pkg') },
    executable: ['src/demo_pkg/tool.sh'],
  },
  module: { files: { 'pyproject.toml': at(''), 'demo_pkg.py': 'X = 1\n', 'other.py': '' } },
  namespace: { files: { 'pyproject.toml': at(''), ...packageAt('space/demo_pkg'), 'space/more/z.py': '' } },
  'raw-name': {
    files: {
      'pyproject.toml': at('').replace('demo-pkg', 'Demo.Pkg'),
      'Demo.Pkg/__init__.py': '',
      'demo_pkg/__init__.py': '',
    },
  },
  'license-text': {
    files: { 'pyproject.toml': at('license = { text = "First line\\nSecond line\\n\\nThird" }\n'), ...flat },
  },
  'license-file': {
    files: { 'pyproject.toml': at('license = { file = "LICENSE" }\n'), ...flat, ...RICH_FILES },
  },
  'license-files': {
    files: {
      'pyproject.toml': at('license = "mit"\nlicense-files = ["licenses/*", "NOTICE"]\n'),
      ...flat,
      ...RICH_FILES,
    },
  },
  'no-license-files': { files: { 'pyproject.toml': at('license-files = []\n'), ...flat, ...RICH_FILES } },
  'readme-text': {
    files: { 'pyproject.toml': at('readme = { text = "plain\\n", content-type = "text/plain" }\n'), ...flat },
  },
  'readme-file': {
    files: {
      'pyproject.toml': at('readme = { file = "docs/r.rst", content-type = "text/x-rst" }\n'),
      'docs/r.rst': 'R\n=\n',
      ...flat,
    },
  },
  'readme-empty': { files: { 'pyproject.toml': at('readme = "README.txt"\n'), 'README.txt': '', ...flat } },
  version: {
    files: {
      'pyproject.toml': at('[tool.hatch.version]\npath = "demo_pkg/about.py"\n', 'dynamic = ["version"]\n'),
      ...flat,
      'demo_pkg/about.py': '# about\n__Version__ = "v2.0.RC1"\n',
    },
  },
  'version-pattern': {
    files: {
      'pyproject.toml': at(
        '[tool.hatch.version]\npath = "VERSION.txt"\npattern = "release: (?P<version>[^ ]+)"\n',
        'dynamic = ["version"]\n',
      ),
      ...flat,
      'VERSION.txt': 'x\nrelease: 2026.08.10 yes\n',
    },
  },
  'version-written': { files: { 'pyproject.toml': at('', 'version = "2026.08.010-alpha.1"\n'), ...flat } },
  'version-by-plugin': {
    files: {
      'pyproject.toml': at('[tool.hatch.version]\nsource = "vcs"\n', 'dynamic = ["version"]\n'),
      ...flat,
    },
    dynamic: true,
  },
  include: {
    files: {
      'pyproject.toml': at(
        `${WHEEL}include = ["/demo_pkg/**/*.py", "*.json", "!sub/data.json"]\nexclude = ["/demo_pkg/plain"]\n`,
      ),
      ...flat,
      'other/extra.json': '',
    },
  },
  packages: {
    files: {
      'pyproject.toml': at(`${WHEEL}packages = ["src/demo_pkg", "lib/inner/two"]\n`),
      ...packageAt('src/demo_pkg'),
      'lib/inner/two/a.py': '',
      'lib/inner/three/a.py': '',
    },
  },
  'only-include': {
    files: {
      'pyproject.toml': at(
        `${WHEEL}only-include = ["demo_pkg/sub", "single.py", "src/more"]\nsources = ["src"]\n`,
      ),
      ...flat,
      'single.py': '',
      'src/more/b.txt': '',
    },
  },
  'sources-table': {
    files: {
      'pyproject.toml': at(
        `${WHEEL}include = ["lib"]\n[tool.hatch.build.targets.wheel.sources]\n"lib/foo" = "demo_pkg/bar"\n`,
      ),
      'lib/foo/__init__.py': '',
      'lib/zoo/__init__.py': '',
    },
  },
  'sources-prefix': {
    files: {
      'pyproject.toml': at(
        `${WHEEL}include = ["demo_pkg"]\n[tool.hatch.build.targets.wheel.sources]\n"" = "vendor"\n`,
      ),
      ...flat,
    },
  },
  'force-include': {
    files: {
      'pyproject.toml': at(
        `${WHEEL}exclude = ["*.json"]\n[tool.hatch.build.targets.wheel.force-include]\n"conf" = "demo_pkg/conf"\n"extra.json" = "demo_pkg/extra.json"\n"assets/" = "/"\n`,
      ),
      ...flat,
      'conf/a.json': '{}',
      'conf/__pycache__/a.pyc': '',
      'conf/b/c.pyc': 'c',
      'extra.json': '{}',
      'assets/top.css': '',
    },
  },
  'force-include-alone': {
    files: {
      'pyproject.toml': at('[tool.hatch.build.targets.wheel.force-include]\n"lib" = "demo"\n'),
      'lib/a.py': '',
      'other/a.py': '',
    },
  },
  'force-include-moved': {
    files: {
      'pyproject.toml': at(
        '[tool.hatch.build.targets.wheel.force-include]\n"demo_pkg/sub" = "demo_pkg/moved"\n',
      ),
      ...flat,
    },
  },
  shared: {
    files: {
      'pyproject.toml': at(
        '[tool.hatch.build.targets.wheel.shared-data]\n"etc" = "etc/demo"\n"one.conf" = "share/one.conf"\n[tool.hatch.build.targets.wheel.shared-scripts]\n"bin" = "/"\n',
      ),
      ...flat,
      'etc/a.conf': 'a',
      'one.conf': '1',
      'bin/run.py': '#!/usr/bin/env python3.11 -u\nprint(1)\n',
      'bin/run.sh': '#!/bin/sh\n',
      'bin/none': 'text\n',
    },
    executable: ['bin/run.py', 'bin/run.sh'],
  },
  'extra-metadata': {
    files: {
      'pyproject.toml': at('[tool.hatch.build.targets.wheel.extra-metadata]\n"meta" = "m"\n'),
      ...flat,
      'meta/x.json': '{}',
    },
  },
  artifacts: {
    files: {
      'pyproject.toml': at('[tool.hatch.build]\nartifacts = ["*.gen.py", "/demo_pkg/static/"]\n'),
      ...flat,
      '.gitignore': '*.gen.py\nstatic/\n',
      'demo_pkg/a.gen.py': '',
      'demo_pkg/static/x.css': '',
    },
  },
  gitignore: {
    files: {
      'pyproject.toml': at(''),
      ...flat,
      '.gitignore':
        '# comment\n\n*.log\n!keep.log\n/demo_pkg/plain/\ndata.*\nbuild/\nfoo\\ bar\n[a-c]*.bin\n**/deep.txt\ndemo_pkg/**/x2.py\n',
      'demo_pkg/a.log': '',
      'demo_pkg/keep.log': '',
      'demo_pkg/plain/kept.py': '',
      'demo_pkg/build/x.py': '',
      'demo_pkg/b.bin': '',
      'demo_pkg/d.bin': '',
      'demo_pkg/q/deep.txt': '',
      'demo_pkg/q/r/x2.py': '',
      'demo_pkg/x2.py': '',
    },
  },
  'gitignore-folder-again': {
    files: {
      'pyproject.toml': at(''),
      ...flat,
      '.gitignore': 'demo_pkg/*\n!demo_pkg/sub/\n!demo_pkg/__init__.py\nsub/*.json\n',
    },
  },
  'ignore-vcs': {
    files: {
      'pyproject.toml': at('[tool.hatch.build]\nignore-vcs = true\n'),
      ...flat,
      '.gitignore': '*.json\n',
    },
  },
  'only-packages': { files: { 'pyproject.toml': at('[tool.hatch.build]\nonly-packages = true\n'), ...flat } },
  'self-extras': {
    files: {
      'pyproject.toml': at(
        '[project.optional-dependencies]\na = ["x>1"]\nb = ["demo-pkg[a]", "y"]\nall = ["Demo_Pkg[b]", "w; os_name==\'nt\'"]\n',
      ),
      ...flat,
    },
  },
  'direct-reference': {
    files: {
      'pyproject.toml': at(
        'dependencies = ["foo @ https://example.org/foo.zip", "bar @ git+https://example.org/bar ; os_name == \'nt\'"]\n[project.optional-dependencies]\nx = ["baz @ https://example.org/baz.zip"]\n[tool.hatch.metadata]\nallow-direct-references = true\n',
      ),
      ...flat,
    },
  },
  'requires-narrow': { files: { 'pyproject.toml': at('requires-python = "<=3.11.4,>=3.11.2"\n'), ...flat } },
  'requires-two': { files: { 'pyproject.toml': at('requires-python = ">=2.7"\n'), ...flat } },
  hook: {
    files: { 'pyproject.toml': at('[tool.hatch.build.hooks.custom]\n'), ...flat, 'hatch_build.py': '' },
    dynamic: true,
  },
  'no-package': { files: { 'pyproject.toml': at(''), 'other/__init__.py': '' }, dynamic: true },
};
