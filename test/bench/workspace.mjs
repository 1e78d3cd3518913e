// Planning a workspace of a hundred members in one run (`pyc check --all-packages`): each needs the next one's package.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { run } from './processes.mjs';

const MEMBERS = 100;
const PACKAGES = 300;

/** Milliseconds of each run after the first. @param {number} rounds */
export async function workspaceTimes(rounds) {
  const root = mkdtempSync(join(tmpdir(), 'pyc-bench-'));
  try {
    writeWorkspace(root);
    const times = [];
    for (let round = 0; round <= rounds; round++) {
      const { milliseconds } = await run([
        ...[process.execPath, OWN_PROGRAM, 'check', root, '--all-packages', '--progress', 'none'],
        ...['--cache-dir', join(root, 'cache')],
      ]);
      if (round > 0) times.push(milliseconds);
    }
    return times;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function writeWorkspace(directory) {
  const members = Array.from({ length: MEMBERS }, (_, index) => `service${index}`);
  const packages = Array.from({ length: PACKAGES }, (_, index) => `package${index}`);
  const needs = (index) => [0, 1, 2].map((step) => packages[(index * 3 + step) % PACKAGES]);
  const project = (name, dependencies) =>
    `[project]\nname = "${name}"\nversion = "1.0"\ndependencies = ${JSON.stringify(dependencies)}\n`;
  const lock = [
    'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n[manifest]\n',
    `members = ${JSON.stringify(members)}\n`,
    ...packages.map(
      (name) =>
        `[[package]]\nname = "${name}"\nversion = "1.0"\nsource = { registry = "https://pypi.org/simple" }\n` +
        `wheels = [{ url = "https://files.example.org/${name}-1.0-py3-none-any.whl", hash = "sha256:${'0'.repeat(64)}", size = 1000 }]\n`,
    ),
    ...members.map((name, index) => {
      const list = (format) => `[${needs(index).map(format).join(', ')}]`;
      return (
        `[[package]]\nname = "${name}"\nversion = "1.0"\nsource = { virtual = "services/${name}" }\n` +
        `dependencies = ${list((one) => `{ name = "${one}" }`)}\n` +
        `[package.metadata]\nrequires-dist = ${list((one) => `{ name = "${one}" }`)}\n`
      );
    }),
  ].join('');
  const files = {
    '.git/HEAD': 'ref: refs/heads/main\n',
    'pyproject.toml': `[tool.uv.workspace]\nmembers = ["services/*"]\n`,
    'uv.lock': lock,
    'pycontainer.toml':
      'base = "scratch"\n[python]\nversion = "3.12.7"\nlibc = "glibc-2.36"\ninterpreter = "/usr/bin/python3"\n',
  };
  for (const [index, name] of members.entries()) {
    files[`services/${name}/pyproject.toml`] = project(name, needs(index));
    files[`services/${name}/${name}.py`] = `print("${name}")\n`;
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}
