// What reading a lock and choosing from it costs, each lock in a process of its own: the first time is what a build
// pays, when nothing is compiled yet. Prints the times of one lock as JSON: `node locks.mjs uv|uv-600|poetry|pdm|pipfile`.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { OWN_PROGRAM } from './contenders/pyc.mjs';

const SELF = fileURLToPath(import.meta.url);
const HERE = dirname(SELF);
/** Characters of the uv.lock. */
const UV_SIZE = 3_000_000;
/** Packages of the others. */
const PACKAGES = 600;
const ROUNDS = 5;

const LOCKS = {
  uv: {
    file: 'uv.lock',
    what: `uv.lock of ${UV_SIZE / 1e6} MB, one platform`,
    platforms: 1,
    make: largeUvLock,
  },
  'uv-600': {
    file: 'uv.lock',
    what: `uv.lock of ${PACKAGES} packages, two platforms`,
    platforms: 2,
    make: uvLock,
  },
  poetry: {
    file: 'poetry.lock',
    what: `poetry.lock of ${PACKAGES} packages, two platforms`,
    platforms: 2,
    make: poetryLock,
  },
  pdm: {
    file: 'pdm.lock',
    what: `pdm.lock of ${PACKAGES} packages, two platforms`,
    platforms: 2,
    make: pdmLock,
  },
  pipfile: {
    file: 'Pipfile.lock',
    what: `Pipfile.lock of ${PACKAGES} packages, two platforms`,
    platforms: 2,
    make: pipfileLock,
  },
};

/** Of each lock what it is, and the times in milliseconds. */
export async function lockTimes() {
  const rows = [];
  for (const [name, { what }] of Object.entries(LOCKS)) {
    const { stdout } = await promisify(execFile)(process.execPath, [SELF, name]);
    rows.push({ what, times: JSON.parse(stdout) });
  }
  return rows;
}

/** Text of one of these locks, as the tool itself would write it for a project that needs all packages. */
export function lockText(name) {
  return LOCKS[name].make();
}

/** Names of the packages of a lock but of the large one. */
export function packageNames() {
  return packages().map(({ name }) => name);
}

if (process.argv[1] === SELF) console.log(JSON.stringify(await timesOf(LOCKS[process.argv[2]])));

async function timesOf({ file, platforms, make }) {
  const { readLock } = await import(pathToFileURL(join(dirname(OWN_PROGRAM), 'core/python/index.js')).href);
  const text = make();
  const targets = ['amd64', 'arm64'].slice(0, platforms).map((architecture) => ({
    implementation: 'cpython',
    version: '3.11.2',
    abi: 'cp311',
    os: 'linux',
    architecture,
    libc: { family: 'glibc', version: '2.36' },
  }));
  const options = { directory: HERE, environment: {}, warn() {}, readFile: async () => undefined };
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    const lock = await readLock(file, text, options);
    const choices = targets.map((target) => lock.select(target, { extras: [], groups: [] }));
    times.push(performance.now() - started);
    for (const { chosen, rejected } of choices)
      if (chosen.length < PACKAGES || rejected.length > 0)
        throw new Error(`chose ${chosen.length} of ${file}`);
  }
  return times;
}

/** Every fourth package has wheels for many platforms, as in the locks of applications. */
function packages() {
  return Array.from({ length: PACKAGES }, (_, index) => {
    const name = `package-${index}`;
    const stem = `package_${index}-1.${index}.0`;
    const tags = index % 4 === 0 ? compiledTags() : ['py3-none-any'];
    const files = [...tags.map((tag) => `${stem}-${tag}.whl`), `${stem}.tar.gz`];
    const hash = (place) => `sha256:${(index * 1000 + place).toString(16).padStart(64, '0')}`;
    return {
      name,
      version: `1.${index}.0`,
      files: files.map((file, place) => ({ file, hash: hash(place) })),
    };
  });
}

function compiledTags() {
  const platforms = [
    'macosx_10_9_x86_64',
    'macosx_11_0_arm64',
    'manylinux_2_17_aarch64.manylinux2014_aarch64',
    'manylinux_2_17_x86_64.manylinux2014_x86_64',
    'musllinux_1_2_aarch64',
    'musllinux_1_2_x86_64',
    'win_amd64',
  ];
  return ['310', '311', '312', '313', '314'].flatMap((python) =>
    platforms.map((platform) => `cp${python}-cp${python}-${platform}`),
  );
}

/** Each package requires the three after it. */
function neighbours(index) {
  return [1, 2, 3].map((step) => index + step).filter((other) => other < PACKAGES);
}

function fileTable({ file, hash }) {
  return `    {file = "${file}", hash = "${hash}"},`;
}

function uvLock() {
  const url = (file) => `https://files.example.org/packages/${file}`;
  const fileTable = ({ file, hash }) => `{ url = "${url(file)}", hash = "${hash}", size = 40000 }`;
  const edge = (name) => `    { name = "${name}" },`;
  const all = packages();
  const entries = all.map(({ name, version, files }, index) =>
    [
      '[[package]]',
      `name = "${name}"`,
      `version = "${version}"`,
      'source = { registry = "https://pypi.org/simple" }',
      'dependencies = [',
      ...neighbours(index).map((other) => edge(`package-${other}`)),
      ']',
      `sdist = ${fileTable(files.at(-1))}`,
      'wheels = [',
      ...files.slice(0, -1).map((file) => `    ${fileTable(file)},`),
      ']',
      '',
    ].join('\n'),
  );
  const root = [
    '[[package]]',
    'name = "large"',
    'version = "1.0.0"',
    'source = { virtual = "." }',
    'dependencies = [',
  ];
  const edges = all.map(({ name }) => edge(name));
  const text = [
    ...root,
    ...edges,
    ']',
    '',
    '[package.metadata]',
    'requires-dist = [',
    ...edges,
    ']',
    '',
  ].join('\n');
  return `version = 1\nrevision = 3\nrequires-python = ">=3.9"\n\n${text}\n${entries.join('\n')}`;
}

function poetryLock() {
  const entries = packages().map(({ name, version, files }, index) =>
    [
      '[[package]]',
      `name = "${name}"`,
      `version = "${version}"`,
      'description = "A package"',
      'optional = false',
      'python-versions = ">=3.9"',
      'groups = ["main"]',
      ...(index % 3 === 0 ? ['markers = "python_version < \\"3.14\\""'] : []),
      'files = [',
      ...files.map(fileTable),
      ']',
      '',
      '[package.dependencies]',
      ...neighbours(index).map((other) => `package-${other} = ">=1,<2"`),
      '',
    ].join('\n'),
  );
  return `${entries.join('\n')}\n[metadata]\nlock-version = "2.1"\npython-versions = ">=3.9"\n`;
}

function pdmLock() {
  const entries = packages().map(({ name, version, files }, index) =>
    [
      '[[package]]',
      `name = "${name}"`,
      `version = "${version}"`,
      'requires_python = ">=3.9"',
      'summary = "A package"',
      'groups = ["default"]',
      'dependencies = [',
      ...neighbours(index).map((other) => `    "package-${other}<2,>=1",`),
      ']',
      'files = [',
      ...files.map(fileTable),
      ']',
      '',
    ].join('\n'),
  );
  return `[metadata]\ngroups = ["default"]\nstrategy = ["inherit_metadata"]\nlock_version = "4.5.1"\n\n${entries.join('\n')}`;
}

function pipfileLock() {
  const entries = packages().map(({ name, version, files }) => [
    name,
    { hashes: files.map(({ hash }) => hash), markers: "python_version >= '3.9'", version: `==${version}` },
  ]);
  return JSON.stringify(
    { _meta: { 'pipfile-spec': 6, sources: [] }, default: Object.fromEntries(entries) },
    null,
    4,
  );
}

/** The sample's packages over and over under other names, until there is enough; the project needs all of them. */
function largeUvLock() {
  const text = readFileSync(join(HERE, 'samples/fastapi/before/uv.lock'), 'utf8');
  const [head, ...packages] = text.split('\n[[package]]\n');
  const project = packages.find((one) => one.includes('source = { virtual = "." }'));
  const others = packages.filter((one) => one !== project);
  const names = others.map((one) => /^name = "(.*)"/.exec(one)[1]);
  const copies = [];
  const needed = [];
  for (let copy = 0, size = 0; size < UV_SIZE; copy++) {
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
