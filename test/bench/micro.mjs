// Costs that every command pays, each by itself: starting the program, and reading a large lock. Run after
// `npm run build`: `node test/bench/micro.mjs`. It asserts nothing.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { run } from './processes.mjs';
import { median, printTable } from './table.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const RUNS = 15;
/** Characters of the lock that is read. */
const LOCK_SIZE = 3_000_000;

const rows = [
  ['node -e 0', await startUp([process.execPath, '-e', '0'])],
  ['pyc --version', await startUp([process.execPath, OWN_PROGRAM, '--version'])],
  ['pyc --help', await startUp([process.execPath, OWN_PROGRAM, '--help'])],
  ['pyc build --help', await startUp([process.execPath, OWN_PROGRAM, 'build', '--help'])],
  [`uv.lock of ${LOCK_SIZE / 1e6} MB, read and selected from`, await lockTimes()],
];
printTable(
  ['what', 'first', 'median', 'best'],
  rows.map(([what, times]) => [what, ...[times[0], median(times), Math.min(...times)].map(milliseconds)]),
);

/** The first is a warm-up that is not counted. */
async function startUp(command) {
  const times = [];
  for (let round = 0; round <= RUNS; round++) times.push((await run(command)).milliseconds);
  return times.slice(1);
}

/** The first of these times is what a build pays: nothing is compiled by then. */
async function lockTimes() {
  const { readLock } = await import(pathToFileURL(join(dirname(OWN_PROGRAM), 'core/python/index.js')).href);
  const text = largeLock();
  const target = {
    implementation: 'cpython',
    version: '3.11.2',
    abi: 'cp311',
    os: 'linux',
    architecture: 'amd64',
    libc: { family: 'glibc', version: '2.36' },
  };
  const times = [];
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    const lock = await readLock('uv.lock', text, {
      directory: HERE,
      environment: {},
      warn() {},
      readFile: unread,
    });
    const { chosen, rejected } = lock.select(target, { extras: [], groups: [] });
    times.push(performance.now() - started);
    if (chosen.length < 1000 || rejected.length > 0)
      throw new Error(`chose ${chosen.length} of the large lock`);
  }
  return times;
}

/** The sample's packages over and over under other names, until there is enough; the project needs all of them. */
function largeLock() {
  const text = readFileSync(join(HERE, 'samples/fastapi/before/uv.lock'), 'utf8');
  const [head, ...packages] = text.split('\n[[package]]\n');
  const project = packages.find((one) => one.includes('source = { virtual = "." }'));
  const others = packages.filter((one) => one !== project);
  const names = others.map((one) => /^name = "(.*)"/.exec(one)[1]);
  const copies = [];
  const needed = [];
  for (let copy = 0, size = 0; size < LOCK_SIZE; copy++) {
    for (const [index, one] of others.entries()) {
      const renamed = one.replace(/(name = ")([^"]+)(")/g, (all, before, name, after) =>
        names.includes(name) ? `${before}${name}-${copy}${after}` : all,
      );
      const file = names[index].replaceAll('-', '_');
      copies.push(renamed.replaceAll(new RegExp(`/${file}-(?=\\d)`, 'gi'), `/${file}_${copy}-`));
      needed.push(`    { name = "${names[index]}-${copy}" },`);
      size += one.length;
    }
  }
  const root = [
    'name = "large"',
    'version = "1.0.0"',
    'source = { virtual = "." }',
    'dependencies = [',
    ...needed,
    ']',
    '',
  ];
  return [head, ...copies, root.join('\n')].join('\n[[package]]\n');
}

async function unread(path) {
  throw new Error(`nothing else is read, not ${path}`);
}

function milliseconds(value) {
  return `${value.toFixed(1)} ms`;
}
