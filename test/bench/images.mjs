// Ten images of one configuration, built in one run, against one of them: they share their dependencies, which an index on
// loopback has. Each turn begins with an empty cache, or with the one of the turn before.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { run } from './processes.mjs';
import { median } from './table.mjs';

const IMAGES = 10;
const WHEELS = 40;
const FILES_OF_A_WHEEL = 40;

/** Medians in milliseconds, by what is known and how many images there are. @param {number} rounds */
export async function imagesTimes(rounds) {
  const testing = join(dirname(OWN_PROGRAM), 'core/testing/index.js');
  const { lockWheels, offerWheel, startFakeIndex } = await import(pathToFileURL(testing).href);
  const root = mkdtempSync(join(tmpdir(), 'pyc-bench-'));
  const wheels = Array.from({ length: WHEELS }, (_, index) => wheelRecipe(index));
  const index = await startFakeIndex({ files: await Promise.all(wheels.map(offerWheel)) });
  try {
    const lock = await lockWheels(wheels, index);
    for (const count of [1, IMAGES]) writeProject(join(root, String(count)), count, lock);
    const times = { cold: { 1: [], [IMAGES]: [] }, warm: { 1: [], [IMAGES]: [] } };
    for (let round = 0; round <= rounds; round++) {
      for (const count of [1, IMAGES]) {
        const cache = join(root, 'cache');
        rmSync(cache, { recursive: true, force: true });
        for (const state of ['cold', 'warm']) {
          const project = join(root, String(count));
          rmSync(join(project, 'build'), { recursive: true, force: true });
          const { milliseconds } = await run([
            process.execPath,
            OWN_PROGRAM,
            'build',
            project,
            '--cache-dir',
            cache,
            '--progress',
            'none',
          ]);
          if (round > 0) times[state][count].push(milliseconds);
        }
      }
    }
    return ['cold', 'warm'].map((state) => ({
      state,
      one: median(times[state][1]),
      several: median(times[state][IMAGES]),
      count: IMAGES,
    }));
  } finally {
    await index.close();
    rmSync(root, { recursive: true, force: true });
  }
}

function wheelRecipe(index) {
  const name = `package${index}`;
  const files = Array.from({ length: FILES_OF_A_WHEEL }, (_, file) => [
    `${name}/module${file}.py`,
    Array.from(
      { length: 300 },
      (_, line) => `value_${line} = ${(line * 7919 + file * 31 + index) % 10_007}\n`,
    ).join(''),
  ]);
  return { name, version: '1.0', files: Object.fromEntries(files) };
}

function writeProject(directory, count, lock) {
  const services = Array.from({ length: count }, (_, index) => `service${index}`);
  const files = {
    '.git/HEAD': 'ref: refs/heads/main\n',
    'pyproject.toml': '[project]\nname = "shop"\nversion = "1.0"\ndependencies = []\n',
    'pylock.toml': lock,
    'shop/__init__.py': 'print("hello")\n',
    'pycontainer.config.mjs': `import { defineConfig } from 'pycontainer';

const python = { version: '3.12.7', libc: 'glibc-2.36', interpreter: '/usr/bin/python3' };
const services = ${JSON.stringify(services)};
export default defineConfig(
  services.map((name) => ({ name, base: 'scratch', python, tags: [name], cmd: ['python', '-m', 'shop', name] })),
);
`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}
