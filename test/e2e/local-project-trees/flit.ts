/** Projects of flit_core. */
import { type ProjectTree, packageAt, pyproject, RICH, RICH_FILES } from './tree.ts';

const at = (rest: string, project?: string) =>
  pyproject('flit_core==4.1.0', 'flit_core.buildapi', rest, project);
const SAID = 'version = "1.2.0"\ndescription = "d"\n';
const flat = packageAt('demo_pkg');

export const FLIT: Readonly<Record<string, ProjectTree>> = {
  rich: { files: { 'pyproject.toml': at(RICH), ...flat, ...RICH_FILES }, executable: ['demo_pkg/tool.sh'] },
  dynamic: { files: { 'pyproject.toml': at('', 'dynamic = ["version", "description"]\n'), ...flat } },
  'version-file': {
    files: {
      'pyproject.toml': at('', 'dynamic = ["version"]\ndescription = ""\n'),
      ...flat,
      'demo_pkg/__init__.py': 'from .version import __version__\n',
      'demo_pkg/version.py': '__version__: str = "2.0.0-rc.1"\n',
    },
  },
  'version-both': {
    files: {
      'pyproject.toml': at('', 'dynamic = ["version"]\ndescription = "d"\n'),
      ...flat,
      'demo_pkg/_version.py': '__version__ = "9.9"\n',
    },
  },
  'version-in-block': {
    files: {
      'pyproject.toml': at('', 'dynamic = ["version"]\ndescription = "d"\n'),
      'demo_pkg/__init__.py': 'if True:\n    __version__ = "1.0"\n',
    },
    dynamic: true,
  },
  'docstring-after-comment': {
    files: {
      'pyproject.toml': at('', 'dynamic = ["version", "description"]\n'),
      'demo_pkg.py':
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nr'''\n   Indented summary \n\nmore\n'''\nimport os\n__version__ = '0.1'\n",
    },
  },
  module: { files: { 'pyproject.toml': at('', SAID), 'demo_pkg.py': 'X = 1\n' } },
  'src-module': { files: { 'pyproject.toml': at('', SAID), 'src/demo_pkg.py': 'X = 1\n' } },
  namespace: {
    files: {
      'pyproject.toml': at('[tool.flit.module]\nname = "space.inner.thing"\n', SAID),
      ...packageAt('src/space/inner/thing'),
    },
  },
  stubs: {
    files: {
      'pyproject.toml': at('', SAID).replace('demo-pkg', 'demo-pkg-stubs'),
      'demo_pkg-stubs/__init__.pyi': '',
    },
  },
  'external-data': {
    files: {
      'pyproject.toml': at('[tool.flit.external-data]\ndirectory = "data/"\n', SAID),
      ...flat,
      'data/share/demo/x.txt': '1',
      'data/share/.hidden': '',
      'data/__pycache__/x.pyc': '',
    },
  },
  'license-table': {
    files: {
      'pyproject.toml': at('license = { file = "licenses/other.txt" }\n', SAID),
      ...flat,
      ...RICH_FILES,
    },
  },
  'license-files': {
    files: {
      'pyproject.toml': at('license-files = ["licenses/*.txt", "NOTICE"]\n', SAID),
      ...flat,
      ...RICH_FILES,
    },
  },
  brackets: {
    files: {
      'pyproject.toml': at(
        'dependencies = ["A[X_y, z]>1", "b @ https://[::1]/b.zip", "c; os_name == \'[N_t]\'"]\n',
        SAID,
      ),
      ...flat,
    },
  },
  'requires-two': { files: { 'pyproject.toml': at('requires-python = ">=2.7,!=3.0"\n', SAID), ...flat } },
  'version-normalised': {
    files: {
      'pyproject.toml': at('', 'version = "01.2-alpha_3+Local-1"\ndescription = "two\\nlines"\n'),
      ...flat,
    },
  },
  'both-places': { files: { 'pyproject.toml': at('', SAID), ...flat, 'src/demo_pkg.py': '' }, dynamic: true },
};

/** The same, where `<4` asks for the major version before. */
export const FLIT_3: Readonly<Record<string, ProjectTree>> = {
  rich: {
    files: {
      'pyproject.toml': at(RICH).replace('flit_core==4.1.0', 'flit_core>=3.2,<4'),
      ...flat,
      ...RICH_FILES,
    },
  },
};
