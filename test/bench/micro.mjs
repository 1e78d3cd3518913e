// Costs by themselves: starting the program, reading a large lock, looking for a framework in a large project, and ten
// images in one run. Run after `npm run build`: `node test/bench/micro.mjs [start|lock|detection|images]…`. It asserts nothing.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { detectionTimes } from './detection.mjs';
import { imagesTimes } from './images.mjs';
import { startUpRows } from './start-up.mjs';
import { median, printTable } from './table.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Characters of the lock that is read. */
const LOCK_SIZE = 3_000_000;

const PARTS = {
  async start() {
    const { head, rows } = await startUpRows(15);
    printTable(head, rows);
  },
  async lock() {
    const times = await lockTimes();
    printTable(
      ['what', 'first', 'median', 'best'],
      [
        [
          `uv.lock of ${LOCK_SIZE / 1e6} MB, read and selected from`,
          ...[times[0], median(times), Math.min(...times)].map(milliseconds),
        ],
      ],
    );
  },
  async detection() {
    const { detection, rest } = await detectionTimes(7);
    printTable(
      ['a project of 5,000 files', 'median'],
      [
        ['what detection adds', milliseconds(detection)],
        ['the rest of `pyc explain preset`', milliseconds(rest)],
      ],
    );
  },
  async images() {
    printTable(
      ['images that share dependencies', 'one', 'ten', 'ratio'],
      (await imagesTimes(5)).map(({ state, one, several }) => [
        state === 'cold' ? 'an empty cache' : 'built before',
        milliseconds(one),
        milliseconds(several),
        `${(several / one).toFixed(2)} x`,
      ]),
    );
  },
};

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(`there is no part \`${unknown}\`: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
for (const name of asked.length === 0 ? Object.keys(PARTS) : asked) await PARTS[name]();

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
