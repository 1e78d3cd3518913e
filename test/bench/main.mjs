// Compares `pyc build --push` with the best Dockerfile under BuildKit and buildah: the same project, base and registry,
// turn by turn in one run. Prints tables and writes `.work/results.json`. It asserts nothing: times hold for one machine
// and hour, only the ratios of one run mean something.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pushBase } from './base.mjs';
import { buildahContender } from './contenders/buildah.mjs';
import { buildkitContender } from './contenders/buildkit.mjs';
import { OWN_PROGRAM, pycContender } from './contenders/pyc.mjs';
import { run } from './processes.mjs';
import { copyProject, EMPTY, PROJECTS } from './projects.mjs';
import { startRegistry } from './registry.mjs';
import { median, printTable } from './table.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));

const USAGE = `npm run bench -- [options]

  --project NAME    ${PROJECTS.join(', ')} (fastapi)
  --rounds N        turns of every contender (5)
  --only LIST       contenders, of pyc,buildkit,buildah (all that are installed)
  --one-stage       the Dockerfile installs in the result itself, not beside it
  --bytecode        the Dockerfile compiles bytecode
  --program FILE    another build of \`pyc\`, as a file for Node (dist/cli.js)
  --no-memory       leave out the extra round that samples memory
`;

/**
 * What is timed in a turn, one after the other: most follow from the build before. `from` says what is forgotten
 * first: all but the wheels, or all but the wheels and what is known of the base.
 */
const SCENARIOS = [
  { key: 'wheels', title: 'wheels at hand, nothing else', from: 'wheels', prepare: () => {} },
  { key: 'unchanged', title: 'no change', prepare: () => {} },
  { key: 'line', title: 'one line', prepare: (project, mark) => project.changeLine(mark) },
  { key: 'dependency', title: 'one small dependency up', prepare: (project) => project.upgrade() },
  { key: 'base', title: 'wheels and base at hand', from: 'base', prepare: (project) => project.restore() },
];

const { values } = parseArgs({
  options: {
    project: { type: 'string', default: 'fastapi' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    'one-stage': { type: 'boolean', default: false },
    bytecode: { type: 'boolean', default: false },
    program: { type: 'string', default: OWN_PROGRAM },
    'no-memory': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
if (values.help || !PROJECTS.includes(values.project) || !(rounds >= 1)) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

const work = process.env.PYC_BENCH_WORK ?? '/var/tmp/pycontainer-bench';
const peers = process.env.PYC_BENCH_PEERS ?? join(work, 'peers');
process.env.PATH = `${join(peers, 'bin')}:${join(peers, 'uv/bin')}:${process.env.PATH}`;
mkdirSync(work, { recursive: true });
execFileSync('bash', [join(HERE, 'install-peers.sh')], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, PYC_BENCH_PEERS: peers },
});

const registry = await startRegistry(join(work, 'registry'));
const contenders = [];
try {
  const base = await pushBase({ work, registry: registry.address });
  registry.save();
  for (const contender of chosen(base)) {
    contenders.push(contender);
    await contender.start();
    for (const state of ['before', 'after']) {
      const project = copyProject(values.project, join(work, 'projects', `${values.project}-prime`));
      if (state === 'after') project.upgrade();
      for (const command of contender.prime(project.directory, `${registry.address}/bench/primed:latest`))
        await run(command);
    }
  }
  const turns = [];
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) turns.push(...(await takeTurn(contender, `round ${round}`, false)));
  }
  if (!values['no-memory']) {
    for (const contender of contenders) turns.push(...(await takeTurn(contender, 'memory', true)));
  }
  report(turns);
} finally {
  for (const contender of contenders) await contender.stop();
  await registry.stop();
  rmSync(join(work, 'projects'), { recursive: true, force: true });
}

function chosen(base) {
  const stages = values['one-stage'] ? 'one' : 'two';
  const options = { work, base, registry: registry.address, uv: uvContext(), stages };
  const all = {
    pyc: () => pycContender({ work, base, project: values.project, program: resolve(values.program) }),
    ...(isOnPath('buildkitd')
      ? { buildkit: () => buildkitContender({ ...options, bytecode: values.bytecode }) }
      : {}),
    buildah: () => buildahContender({ ...options, bytecode: values.bytecode }),
  };
  const names = values.only?.split(',') ?? Object.keys(all);
  return names.map((name) => {
    if (all[name] === undefined)
      throw new Error(`\`${name}\` is not installed; known: ${Object.keys(all).join(', ')}`);
    return all[name]();
  });
}

/** The folder that Dockerfiles take uv from, with this machine's certificates beside it. */
function uvContext() {
  const folder = join(work, 'uv');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(peers, 'uv/bin/uv'), join(folder, 'uv'));
  copyFileSync(
    process.env.SSL_CERT_FILE ?? '/etc/ssl/certs/ca-certificates.crt',
    join(folder, 'certificates.pem'),
  );
  return folder;
}

/** Forgets what a scenario must not have. The registry holds the base alone then. */
async function forget(contender, from) {
  await contender.reset();
  if (from === 'base') {
    const { directory } = copyProject(EMPTY, join(work, 'projects', EMPTY));
    for (const command of contender.build(directory, `${registry.address}/bench/empty:latest`))
      await run(command);
  }
  registry.reset();
}

/** One contender through all scenarios. */
async function takeTurn(contender, mark, memory) {
  const project = copyProject(values.project, join(work, 'projects', values.project));
  const reference = `${registry.address}/bench/${contender.name.replace(/\W+/g, '-')}:latest`;
  const results = [];
  for (const scenario of SCENARIOS) {
    if (scenario.from !== undefined) await forget(contender, scenario.from);
    scenario.prepare(project, mark);
    const before = registry.blobs();
    let milliseconds = 0;
    let sum = 0;
    let largest = 0;
    let stages;
    for (const command of contender.build(project.directory, reference)) {
      const one = await run(command, memory ? { memory: contender.processes() } : {});
      milliseconds += one.milliseconds;
      sum = Math.max(sum, one.memory?.sum ?? 0);
      largest = Math.max(largest, one.memory?.largest ?? 0);
      stages = contender.stagesOf?.(one.stdout);
    }
    const pushed = [...registry.blobs()].filter(([digest]) => !before.has(digest)).map(([, size]) => size);
    const bytes = pushed.reduce((total, size) => total + size, 0);
    results.push({
      contender: contender.name,
      scenario: scenario.key,
      mark,
      bytes,
      blobs: pushed.length,
      ...(memory ? { memory: { sum, largest } } : { milliseconds }),
      ...(stages === undefined ? {} : { stages }),
    });
    console.error(
      `${contender.name}, ${scenario.title}: ${memory ? `${megabytes(sum)} resident` : seconds(milliseconds)}, ${megabytes(bytes)} in ${pushed.length} blobs pushed`,
    );
  }
  return results;
}

function report(turns) {
  const names = contenders.map(({ name }) => name);
  const of = (name, key) => turns.filter((turn) => turn.contender === name && turn.scenario === key);
  const medians = Object.fromEntries(
    names.map((name) => [
      name,
      Object.fromEntries(
        SCENARIOS.map(({ key }) => {
          const own = of(name, key);
          const timed = own.filter((turn) => turn.milliseconds !== undefined);
          const memory = own.find((turn) => turn.memory !== undefined)?.memory;
          return [
            key,
            {
              milliseconds: median(timed.map((turn) => turn.milliseconds)),
              bytes: median(timed.map((turn) => turn.bytes)),
              blobs: median(timed.map((turn) => turn.blobs)),
              ...(memory === undefined ? {} : { memory }),
            },
          ];
        }),
      ),
    ]),
  );
  const rows = (show) =>
    SCENARIOS.map(({ key, title }) => [title, ...names.map((name) => show(medians[name][key], key))]);
  const ratio = ({ milliseconds }, key) => {
    const own = medians.pyc?.[key]?.milliseconds;
    return own === undefined || own === milliseconds ? '' : ` (${(milliseconds / own).toFixed(1)} x)`;
  };
  console.log(`\n${values.project}, medians of ${rounds} rounds, build and push\n`);
  printTable(
    ['wall time', ...names],
    rows((one, key) => seconds(one.milliseconds) + ratio(one, key)),
  );
  printTable(
    ['pushed', ...names],
    rows((one) => `${megabytes(one.bytes)}, ${one.blobs} blobs`),
  );
  if (!values['no-memory']) {
    printTable(
      ['resident, all processes (largest)', ...names],
      rows((one) => `${megabytes(one.memory.sum)} (${megabytes(one.memory.largest)})`),
    );
  }
  const results = join(HERE, '.work', 'results.json');
  mkdirSync(dirname(results), { recursive: true });
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, memory: totalmem(), node: process.version };
  const settings = {
    project: values.project,
    rounds,
    oneStage: values['one-stage'],
    bytecode: values.bytecode,
  };
  writeFileSync(
    results,
    `${JSON.stringify({ schemaVersion: 1, settings, machine, medians, turns }, null, 2)}\n`,
  );
  console.log(`written: ${results}`);
}

function isOnPath(program) {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}

function megabytes(bytes) {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
