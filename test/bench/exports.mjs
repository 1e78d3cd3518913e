// What the tools themselves take to say what goes in from a lock of 600 packages: `uv export` and `poetry export`, one platform
// after another decided by markers in their output, against `pyc check` for two platforms. Each time a new process. Files of a
// poetry.lock have to be looked up in an index: what reading and choosing costs alone is a row of the part `lock`.
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { lockText, packageNames } from './locks.mjs';
import { run } from './processes.mjs';

const PEERS = process.env.PYC_BENCH_PEERS ?? '/var/tmp/pycontainer-bench/peers';
const START =
  'base = "scratch"\ncmd = ["python"]\n[python]\nversion = "3.12.7"\nlibc = "glibc-2.36"\ninterpreter = "/usr/bin/python3"\n';

/** Milliseconds of each run after the first, or none where the peer is not there. @param {number} rounds */
export async function exportTimes(rounds) {
  const root = mkdtempSync(join(tmpdir(), 'pyc-bench-'));
  try {
    const uv = projectIn(
      join(root, 'uv'),
      'uv.lock',
      lockText('uv-600'),
      `dependencies = ${JSON.stringify(packageNames())}\n`,
    );
    const poetry = projectIn(
      join(root, 'poetry'),
      'poetry.lock',
      lockText('poetry'),
      `[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = ">=3.9"\n${packageNames()
        .map((name) => `${name} = "*"\n`)
        .join('')}`,
    );
    await signForPoetry(poetry);
    const check = (project) => [
      ...[process.execPath, OWN_PROGRAM, 'check', project, '--progress', 'none'],
      ...['--cache-dir', join(root, 'cache'), '--platform', 'linux/amd64', '--platform', 'linux/arm64'],
    ];
    const commands = [
      ['uv.lock', 'pyc check', check(uv)],
      ['uv.lock', 'uv export', [join(PEERS, 'uv/bin/uv'), 'export', '--frozen', '--quiet', '--project', uv]],
      [
        'poetry.lock',
        'poetry export',
        [join(PEERS, 'poetry/bin/poetry'), 'export', '--quiet', '--directory', poetry],
      ],
    ];
    const rows = [];
    for (const [lock, what, command] of commands) {
      const times = [];
      for (let round = 0; existsSync(command[0]) && round <= rounds; round++) {
        const { milliseconds } = await run(command);
        if (round > 0) times.push(milliseconds);
      }
      rows.push({ lock, what, times });
    }
    return rows;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Poetry exports no lock without the hash of what it was made from. */
async function signForPoetry(project) {
  const python = join(PEERS, 'poetry/bin/python');
  if (!existsSync(python)) return;
  const program = `from pathlib import Path
from poetry.factory import Factory
print(Factory().create_poetry(Path(".")).locker._get_content_hash())`;
  const { stdout } = await run([python, '-c', program], { cwd: project });
  appendFileSync(join(project, 'poetry.lock'), `content-hash = "${stdout.trim()}"\n`);
}

function projectIn(folder, file, lock, rest) {
  mkdirSync(join(folder, '.git'), { recursive: true });
  const head = '[project]\nname = "large"\nversion = "1.0.0"\nrequires-python = ">=3.9"\n';
  const files = {
    '.git/HEAD': 'ref: refs/heads/main\n',
    'pyproject.toml': head + rest,
    'pycontainer.toml': START,
    [file]: lock,
  };
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return folder;
}
