// One platform against two in one run, from a store that has seen both: what a second platform costs where nothing has to be
// fetched. A quarter of the wheels are compiled, so that each platform has its own.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OWN_PROGRAM } from './contenders/pyc.mjs';
import { run } from './processes.mjs';
import { median } from './table.mjs';

const WHEELS = 80;
const FILES_OF_A_WHEEL = 40;
const MACHINES = { amd64: 'x86_64', arm64: 'aarch64' };

/** Medians in milliseconds, by what the store has: all layers, or the wheels alone. @param {number} rounds */
export async function platformTimes(rounds) {
  const testing = join(dirname(OWN_PROGRAM), 'core/testing/index.js');
  const { offerWheel, startFakeIndex } = await import(pathToFileURL(testing).href);
  const root = mkdtempSync(join(tmpdir(), 'pyc-bench-'));
  const packages = await Promise.all(
    Array.from({ length: WHEELS }, async (_, number) => ({
      name: `package${number}`,
      files: await Promise.all(recipesOf(number).map(offerWheel)),
    })),
  );
  const index = await startFakeIndex({ files: packages.flatMap(({ files }) => files) });
  try {
    const project = join(root, 'project');
    writeProject(project, lockOf(packages, index));
    const cache = join(root, 'cache');
    const build = async (architectures) => {
      rmSync(join(project, 'build'), { recursive: true, force: true });
      const platforms = architectures.flatMap((one) => ['--platform', `linux/${one}`]);
      const quiet = ['--cache-dir', cache, '--progress', 'none'];
      return await run([process.execPath, OWN_PROGRAM, 'build', project, ...platforms, ...quiet]);
    };
    const times = { one: [], two: [] };
    await build(Object.keys(MACHINES));
    for (let round = 0; round < rounds; round++) {
      times.one.push((await build(['amd64'])).milliseconds);
      times.two.push((await build(Object.keys(MACHINES))).milliseconds);
    }
    return { one: median(times.one), two: median(times.two) };
  } finally {
    await index.close();
    rmSync(root, { recursive: true, force: true });
  }
}

function recipesOf(number) {
  const name = `package${number}`;
  const files = (seed) =>
    Object.fromEntries(
      Array.from({ length: FILES_OF_A_WHEEL }, (_, file) => [
        `${name}/module${file}.py`,
        Array.from(
          { length: 200 },
          (_, line) => `value_${line} = ${(line * 7919 + file * 31 + seed) % 10_007}\n`,
        ).join(''),
      ]),
    );
  if (number % 4 !== 0) return [{ name, version: '1.0', files: files(number) }];
  return Object.values(MACHINES).map((machine, at) => ({
    name,
    version: '1.0',
    tag: `py3-none-manylinux_2_17_${machine}`,
    files: files(number + at * WHEELS),
  }));
}

function lockOf(packages, index) {
  const entries = packages.map(({ name, files }) => {
    const wheels = files.map(
      (file) =>
        `{ name = "${file.name}", url = "${index.urlOf(file.name)}", hashes = { sha256 = "${createHash('sha256').update(file.bytes).digest('hex')}" } }`,
    );
    return `[[packages]]\nname = "${name}"\nversion = "1.0"\nwheels = [${wheels.join(', ')}]\n`;
  });
  return `lock-version = "1.0"\ncreated-by = "bench"\n${entries.join('')}`;
}

function writeProject(directory, lock) {
  const files = {
    '.git/HEAD': 'ref: refs/heads/main\n',
    'pyproject.toml': '[project]\nname = "shop"\nversion = "1.0"\ndependencies = []\n',
    'pylock.toml': lock,
    'shop/__init__.py': 'print("hello")\n',
    'pycontainer.toml':
      'base = "scratch"\ncmd = ["python", "-m", "shop"]\n[python]\nversion = "3.12.7"\nlibc = "glibc-2.36"\ninterpreter = "/usr/bin/python3"\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}
