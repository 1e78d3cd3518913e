// What looking for a framework adds to a command, in a project of 5,000 files: the difference between `pyc explain preset`
// with every preset and with none, by the report's own clock, each time in a new process.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { run } from './processes.mjs';
import { median } from './table.mjs';

const FILES = 5_000;
/** A source as applications have them, of some 2 kB. */
const SOURCE = `"""Orders."""
from __future__ import annotations

import dataclasses
from typing import Iterable

${Array.from(
  { length: 12 },
  (_, index) => `
@dataclasses.dataclass(frozen=True)
class Order${index}:
    number: int
    lines: tuple[str, ...] = ()

    def total(self, prices: dict[str, int]) -> int:
        return sum(prices[line] for line in self.lines)
`,
).join('')}
`;

/** Milliseconds that detection adds, and what the rest of the command takes. @param {number} rounds */
export async function detectionTimes(rounds) {
  const root = mkdtempSync(join(tmpdir(), 'pyc-bench-'));
  try {
    writeProject(join(root, 'project'));
    const times = { auto: [], false: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const preset of ['auto', 'false']) {
        const { stdout } = await run(
          [
            process.execPath,
            OWN_PROGRAM,
            'explain',
            'preset',
            join(root, 'project'),
            '--json',
            '--preset',
            preset,
          ],
          { env: { XDG_CACHE_HOME: join(root, 'cache') } },
        );
        if (round > 0) times[preset].push(JSON.parse(stdout).timings.total);
      }
    }
    const rest = median(times.false);
    return { detection: median(times.auto) - rest, rest };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function writeProject(directory) {
  const files = {
    '.git/HEAD': 'ref: refs/heads/main\n',
    'pyproject.toml': '[project]\nname = "shop"\nversion = "1.0"\ndependencies = []\n',
    'requirements.txt': '',
    'pycontainer.toml':
      'base = "scratch"\n[python]\nversion = "3.12.7"\nlibc = "glibc-2.36"\ninterpreter = "/usr/bin/python3"\n',
    'shop/web/main.py': 'from fastapi import FastAPI\n\napp = FastAPI()\n',
  };
  for (let index = 0; Object.keys(files).length < FILES; index++) {
    const folder = `shop/part${index % 40}/group${index % 7}`;
    files[`${folder}/module${index}.${index % 3 === 0 ? 'html' : 'py'}`] = SOURCE;
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}
