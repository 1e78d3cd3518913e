/** A project's folder as tests state it. */
export interface ProjectTree {
  /** Texts by their path. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths that are executable. */
  readonly executable?: readonly string[];
  /** True where no plan can be made: only the backend knows what it would build, or it fails. */
  readonly dynamic?: true;
}

/** A `[build-system]` and a `[project]` of the name `demo-pkg` with what else is stated. */
export function pyproject(
  requires: string,
  backend: string,
  rest: string,
  project = 'version = "1.2.0"\n',
): string {
  return `[build-system]\nrequires = [${JSON.stringify(requires)}]\nbuild-backend = "${backend}"\n\n[project]\nname = "demo-pkg"\n${project}${rest}`;
}

/** A package with modules, data, a folder without `__init__.py`, bytecode and an executable. */
export function packageAt(folder: string): Readonly<Record<string, string>> {
  return {
    [`${folder}/__init__.py`]: '"""Demo of a package.\n\nWith more text."""\n__version__ = "3.1.4"\n',
    [`${folder}/cli.py`]: 'def main() -> int:\n    return 0\n',
    [`${folder}/sub/__init__.py`]: '',
    [`${folder}/sub/data.json`]: '{}\n',
    [`${folder}/sub/.hidden`]: 'h\n',
    [`${folder}/plain/x.py`]: 'X = 1\n',
    [`${folder}/plain/deep/y.txt`]: 'y\n',
    [`${folder}/py.typed`]: '',
    [`${folder}/tool.sh`]: '#!/bin/sh\n',
    [`${folder}/old.pyc`]: 'bytecode',
    [`${folder}/__pycache__/cli.cpython-311.pyc`]: 'bytecode',
    [`${folder}/.DS_Store`]: 'junk',
  };
}

/** Every field that most backends take, with what is printed in unusual ways. */
export const RICH = `description = "A demo, with punctuation: yes"
readme = "README.md"
requires-python = ">=3.9, !=3.9.1,<4"
license = "MIT OR (Apache-2.0 AND BSD-3-Clause)"
authors = [
  { name = "Ada Lovelace", email = "ada@example.org" },
  { name = "J. R. Dot", email = "jr@example.org" },
  { name = "No Address" },
  { email = "only@example.org" },
  { name = "Zoë Ünï", email = "zoe@example.org" },
]
maintainers = [{ name = "Main, T. \\"Nick\\" Ainer", email = "m@example.org" }, { name = "Other" }]
keywords = ["zeta", "alpha", "beta"]
classifiers = [
  "Programming Language :: Python :: 3.12",
  "Programming Language :: Python :: 3.9",
  "Development Status :: 4 - Beta",
  "Typing :: Typed",
]
dependencies = [
  "Requests[socks,Use_Chardet] >=2.28 , <3 ; python_version < '3.11' or (os_name == \\"nt\\" and extra == 'x')",
  "tomli; python_version<'3.11' and sys_platform!='win32'",
  "attrs==23.*",
  "Jinja2 ~= 3.1",
  "a.b-c_d",
]

[project.urls]
Homepage = "https://example.org/home"
"Bug Tracker" = "https://example.org/bugs"
docs = "https://example.org/docs"

[project.scripts]
zebra = "demo_pkg.cli:main"
demo = "demo_pkg.cli:main"

[project.gui-scripts]
demo-gui = "demo_pkg.cli:main"

[project.entry-points."demo.plugins"]
two = "demo_pkg.sub"
one = "demo_pkg.sub:thing.attr"

[project.entry-points.alpha]
x = "demo_pkg.cli:main [extra]"

[project.optional-dependencies]
Fast_Lane = ["uvloop>=0.17; sys_platform != 'win32'", "orjson"]
all = ["a>1; python_version>'3.8' or os_name=='nt'", "zzz[b,a]"]
empty = []
`;

export const RICH_FILES: Readonly<Record<string, string>> = {
  'README.md': '# Demo\r\n\r\nText – with an em dash.\n',
  LICENSE: 'MIT\n',
  'COPYING.txt': 'copy\n',
  NOTICE: 'notice\n',
  'AUTHORS.md': 'authors\n',
  'licenses/other.txt': 'other\n',
};

/** Those of the projects that pin their backend so, asking for another version of it. */
export function repinned(
  trees: Readonly<Record<string, ProjectTree>>,
  pin: string,
  other: string,
): Readonly<Record<string, ProjectTree>> {
  const found: Record<string, ProjectTree> = {};
  for (const [name, tree] of Object.entries(trees)) {
    const text = tree.files['pyproject.toml'];
    if (text?.includes(pin) === true)
      found[name] = { ...tree, files: { ...tree.files, 'pyproject.toml': text.replace(pin, other) } };
  }
  return found;
}
