/** Projects of uv's build backend. */
import { type ProjectTree, packageAt, pyproject, RICH, RICH_FILES } from './tree.ts';

/** uv brings markers into a form of its own; those that it keeps are left. */
const PLAIN_RICH = RICH.replace(/ or \(os_name == \\"nt\\" and extra == 'x'\)/, '').replace(
  "; python_version>'3.8' or os_name=='nt'",
  "; python_version>'3.8'",
);
const at = (rest: string, project?: string) => pyproject('uv_build>=0.13.6,<0.14', 'uv_build', rest, project);
const BACKEND = '[tool.uv.build-backend]\n';
const source = packageAt('src/demo_pkg');
const executable = ['src/demo_pkg/tool.sh'];

export const UV_BUILD: Readonly<Record<string, ProjectTree>> = {
  rich: { files: { 'pyproject.toml': at(PLAIN_RICH), ...source, ...RICH_FILES }, executable },
  'marker-of-an-extra': { files: { 'pyproject.toml': at(RICH), ...source, ...RICH_FILES }, dynamic: true },
  plain: { files: { 'pyproject.toml': at(''), ...source, '.gitignore': '*.json\n' } },
  flat: { files: { 'pyproject.toml': at(`${BACKEND}module-root = ""\n`), ...packageAt('demo_pkg') } },
  'module-name': {
    files: {
      'pyproject.toml': at(`${BACKEND}module-root = "lib/"\nmodule-name = "Other"\n`),
      'lib/Other/__init__.py': '',
      'lib/Other/x.txt': '',
    },
  },
  'module-names': {
    files: {
      'pyproject.toml': at(`${BACKEND}module-name = ["one", "two"]\n`),
      'src/one/__init__.py': '',
      'src/two/__init__.py': '',
      'src/two/a/b.txt': '',
      'src/three/__init__.py': '',
    },
  },
  namespace: {
    files: {
      'pyproject.toml': at(`${BACKEND}module-name = "space.inner"\n`),
      ...packageAt('src/space/inner'),
      'src/space/other/__init__.py': '',
    },
  },
  'namespace-whole': {
    files: {
      'pyproject.toml': at(`${BACKEND}namespace = true\n`),
      'src/demo_pkg/a/__init__.py': '',
      'src/demo_pkg/b/x.txt': '',
      'src/demo_pkg/b/__pycache__/x.pyc': '',
      'src/other/x.py': '',
    },
  },
  'namespace-parts': {
    files: {
      'pyproject.toml': at(
        `${BACKEND}namespace = true\nmodule-name = ["space.a", "space.b", "more-stubs"]\n`,
      ),
      'src/space/__init__.py': '',
      'src/space/a/x.py': '',
      'src/space/b/__init__.py': '',
      'src/space/c/x.py': '',
      'src/more-stubs/x.pyi': '',
    },
  },
  'namespace-missing': {
    files: { 'pyproject.toml': at(`${BACKEND}namespace = true\n`), 'src/other/x.py': '' },
    dynamic: true,
  },
  stubs: {
    files: {
      'pyproject.toml': at('').replace('demo-pkg', 'demo-pkg-stubs'),
      'src/demo_pkg-stubs/__init__.pyi': '',
    },
    dynamic: true,
  },
  excludes: {
    files: {
      'pyproject.toml': at(
        `${BACKEND}wheel-exclude = ["/src/demo_pkg/plain", "*.json"]\nsource-exclude = ["deep", "x?.log"]\n`,
      ),
      ...source,
      'src/demo_pkg/x1.log': '',
      'src/demo_pkg/x12.log': '',
    },
  },
  'no-default-excludes': {
    files: { 'pyproject.toml': at(`${BACKEND}default-excludes = false\n`), ...source },
  },
  data: {
    files: {
      'pyproject.toml': at(`${BACKEND}data = { scripts = "bin", data = "share", headers = "inc" }\n`),
      ...source,
      'bin/run.sh': '#!/bin/sh\n',
      'bin/run.py': '#!/usr/bin/env python\n',
      'share/a/b.txt': '',
      'share/.hidden': '',
      'inc/x.h': '',
    },
    executable: ['bin/run.sh', 'bin/run.py'],
  },
  'license-text': { files: { 'pyproject.toml': at('license = { text = "MIT" }\n'), ...source } },
  'license-files': {
    files: {
      'pyproject.toml': at('license-files = ["licenses/*.txt", "NOTICE", "LIC*"]\n'),
      ...source,
      ...RICH_FILES,
    },
  },
  'readme-text': {
    files: {
      'pyproject.toml': at('readme = { text = "no newline", content-type = "text/plain" }\n'),
      ...source,
    },
  },
  'readme-rst': {
    files: { 'pyproject.toml': at('readme = "docs/r.rst"\n'), ...source, 'docs/r.rst': 'R\n\n\n' },
  },
  requirements: {
    files: {
      'pyproject.toml': at(
        `dependencies = ["A_b.c", "n<3,>=2,!=2.5", "d; python_version=='3.9'", "e;python_version>'3.8'", "f;python_version<='3.10'", "g @ https://example.org/g.zip", "h @ git+https://example.org/g@v1#subdirectory=s ; os_name=='nt'", "i;python_full_version<'3.11.1'", "k;python_version!='3.9'", "t; sys_platform!='win32' and python_version<'3.11'", "r>=1.0.0a1", "p (>=1)", "q==1.0"]\n[project.optional-dependencies]\nx_y = ["a; python_version<'3.11' and os_name=='nt'", "b>1"]\n`,
      ),
      ...source,
    },
  },
  'entry-points-empty': {
    files: { 'pyproject.toml': at('[project.scripts]\n[project.entry-points.x]\n'), ...source },
  },
  'version-normalised': {
    files: { 'pyproject.toml': at('', 'version = "01.2-alpha_3+Local-1"\n'), ...source },
  },
  'no-package': { files: { 'pyproject.toml': at(''), ...packageAt('demo_pkg') }, dynamic: true },
};
