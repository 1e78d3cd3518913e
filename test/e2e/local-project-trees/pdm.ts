/** Projects of pdm-backend. */
import { type ProjectTree, packageAt, pyproject, RICH, RICH_FILES } from './tree.ts';

const at = (rest: string, project?: string) => pyproject('pdm-backend==2.5.0', 'pdm.backend', rest, project);
const BUILD = '[tool.pdm.build]\n';
const flat = packageAt('demo_pkg');
/** pdm-backend wants a name before each address. */
const NAMED_RICH = RICH.replace('  { email = "only@example.org" },\n', '');

export const PDM: Readonly<Record<string, ProjectTree>> = {
  rich: {
    files: { 'pyproject.toml': at(NAMED_RICH), ...flat, ...RICH_FILES },
    executable: ['demo_pkg/tool.sh'],
  },
  plain: {
    files: {
      'pyproject.toml': at(''),
      ...flat,
      'tests/__init__.py': '',
      'other/x.py': '',
      'docs/__init__.py': '',
    },
  },
  src: {
    files: {
      'pyproject.toml': at(''),
      ...packageAt('src/demo_pkg'),
      'src/two/__init__.py': '',
      'src/one.py': '',
      'top/__init__.py': '',
    },
  },
  modules: { files: { 'pyproject.toml': at(''), 'one.py': '', 'two.py': '', 'notes.txt': '' } },
  'src-modules': { files: { 'pyproject.toml': at(''), 'src/one.py': '', 'src/data.txt': '' } },
  stubs: { files: { 'pyproject.toml': at(''), 'demo_pkg-stubs/__init__.pyi': '' } },
  'package-dir': {
    files: { 'pyproject.toml': at(`${BUILD}package-dir = "lib"\n`), ...packageAt('lib/demo_pkg') },
  },
  includes: {
    files: {
      'pyproject.toml': at(
        `${BUILD}includes = ["demo_pkg", "data/*.json", "extra/**/*.txt", "single.py"]\nexcludes = ["demo_pkg/sub", "**/y.txt", "data/b.json", "demo_pkg/plain/*.py"]\n`,
      ),
      ...flat,
      'data/a.json': '',
      'data/b.json': '',
      'extra/a.txt': '',
      'extra/b/c.txt': '',
      'single.py': '',
    },
  },
  'includes-src': {
    files: {
      'pyproject.toml': at(
        `${BUILD}includes = ["src/demo_pkg"]\nexcludes = ["src/demo_pkg/**/*.json"]\nsource-includes = ["tests", "src/demo_pkg/plain"]\n`,
      ),
      ...packageAt('src/demo_pkg'),
    },
  },
  'include-over-exclude': {
    files: {
      'pyproject.toml': at(
        `${BUILD}includes = ["demo_pkg/", "demo_pkg/sub/data.json"]\nexcludes = ["demo_pkg/sub/*.json"]\n`,
      ),
      ...flat,
    },
  },
  'wheel-data': {
    files: {
      'pyproject.toml': at(
        '[tool.pdm.build.wheel-data]\nscripts = ["bin/*"]\ndata = [{ path = "share/**/*.txt", relative-to = "share" }, "one.conf"]\n',
      ),
      ...flat,
      'bin/run.sh': '#!/bin/sh\n',
      'share/a/b.txt': '',
      'share/c.txt': '',
      'one.conf': '',
    },
    executable: ['bin/run.sh'],
  },
  version: {
    files: {
      'pyproject.toml': at(
        '[tool.pdm.version]\nsource = "file"\npath = "demo_pkg/v.py"\n',
        'dynamic = ["version"]\n',
      ),
      ...flat,
      'demo_pkg/v.py': "# v\nVERSION = '2.0.RC1' # now\n",
    },
  },
  'version-pattern': {
    files: {
      'pyproject.toml': at(
        '[tool.pdm.version]\npath = "VERSION"\npattern = "release (.*)$"\n',
        'dynamic = ["version"]\n',
      ),
      ...flat,
      VERSION: 'x\nrelease 3.1\n',
    },
  },
  'version-scm': {
    files: {
      'pyproject.toml': at('[tool.pdm.version]\nsource = "scm"\n', 'dynamic = ["version"]\n'),
      ...flat,
    },
    dynamic: true,
  },
  'license-text': { files: { 'pyproject.toml': at('license = { text = "MIT" }\n'), ...flat, ...RICH_FILES } },
  'license-file': {
    files: { 'pyproject.toml': at('license = { file = "licenses/other.txt" }\n'), ...flat, ...RICH_FILES },
  },
  'license-files': {
    files: { 'pyproject.toml': at('license-files = ["licenses/*", "NOTICE"]\n'), ...flat, ...RICH_FILES },
  },
  'readme-text': {
    files: {
      'pyproject.toml': at('readme = { text = "no newline", content-type = "text/plain" }\n'),
      ...flat,
    },
  },
  'requires-two': { files: { 'pyproject.toml': at('requires-python = ">=2.7"\n'), ...flat } },
  'requires-three': { files: { 'pyproject.toml': at('requires-python = ">=3.9"\n'), ...flat } },
  hook: { files: { 'pyproject.toml': at(''), ...flat, 'pdm_build.py': '' }, dynamic: true },
};
