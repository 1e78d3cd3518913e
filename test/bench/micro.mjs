// Costs by themselves: starting the program, reading large locks, looking for a framework in a large project, ten images
// in one run, a second platform, the plan of a large workspace, and gigabytes on their way. Run after `npm run build`: `node test/bench/micro.mjs [PART]…`. It
// asserts nothing.
import { detectionTimes } from './detection.mjs';
import { exportTimes } from './exports.mjs';
import { imagesTimes } from './images.mjs';
import { lockTimes } from './locks.mjs';
import { platformTimes } from './platforms.mjs';
import { registryTimes } from './registry-times.mjs';
import { startUpRows } from './start-up.mjs';
import { median, printTable } from './table.mjs';
import { transferMemory } from './transfer.mjs';
import { workspaceTimes } from './workspace.mjs';

const PARTS = {
  async start() {
    const { head, rows } = await startUpRows(15);
    printTable(head, rows);
  },
  async lock() {
    printTable(
      ['read and selected from', 'first', 'median', 'best'],
      (await lockTimes()).map(({ what, times }) => [
        what,
        ...[times[0], median(times), Math.min(...times)].map(milliseconds),
      ]),
    );
  },
  async exports() {
    printTable(
      ['600 packages', 'by', 'median', 'best'],
      (await exportTimes(5)).map(({ lock, what, times }) => [
        lock,
        what,
        ...(times.length === 0 ? ['not there', ''] : [median(times), Math.min(...times)].map(milliseconds)),
      ]),
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
  async platforms() {
    const { one, two } = await platformTimes(7);
    printTable(
      ['from a warm store', 'one platform', 'two', 'ratio'],
      [['80 wheels, built before', milliseconds(one), milliseconds(two), `${(two / one).toFixed(2)} x`]],
    );
  },
  async workspace() {
    const times = await workspaceTimes(5);
    printTable(
      ['`pyc check --all-packages`', 'median', 'best'],
      [['a workspace of 100 members', milliseconds(median(times)), milliseconds(Math.min(...times))]],
    );
  },
  async registry() {
    printTable(
      ['a docker-registry on loopback', 'by', 'median', 'best', 'new there'],
      (await registryTimes(7)).map(({ what, by, times, sent }) => [
        what,
        by,
        milliseconds(median(times)),
        milliseconds(Math.min(...times)),
        `${(sent / 1e3).toFixed(1)} kB`,
      ]),
    );
  },
  async transfer() {
    printTable(
      ['5 GB in four layers', 'time', 'memory'],
      (await transferMemory(5)).map(({ what, milliseconds: time, memory }) => [
        what,
        milliseconds(time),
        `${(memory / 1e6).toFixed(0)} MB`,
      ]),
    );
  },
};
/** What installs programs, and so needs root and a network, or writes gigabytes, runs where it is named. */
const BY_NAME = ['registry', 'transfer'];

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  console.error(`there is no part \`${unknown}\`: ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}
const usual = Object.keys(PARTS).filter((name) => !BY_NAME.includes(name));
for (const name of asked.length === 0 ? usual : asked) await PARTS[name]();

function milliseconds(value) {
  return `${value.toFixed(1)} ms`;
}
