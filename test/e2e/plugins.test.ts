/**
 * Plugins of others, as others make, publish and use them: this package, the plugins of `docs/examples` and what
 * `npm create pycontainer-plugin` makes go through an npm registry, and are used by whoever installs them from there.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildReport } from 'pycontainer';
import { validateLayout } from 'pycontainer/oci';
import { makeWheel, startFakeObjectStore, wheelFileName } from 'pycontainer/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scriptOf } from './harness/guide.ts';
import { type NpmRegistry, startNpmRegistry } from './harness/npm-registry.ts';
import { ready, runContainer, startContainer } from './harness/podman.ts';
import { attempt, type Ended, run, succeeded } from './harness/processes.ts';
import { makeProject, pylockOf, pyprojectOf } from './harness/projects.ts';
import { uv } from './harness/uv.ts';
import { newFolder, ROOT } from './harness/workspace.ts';

const KINDS = ['shape', 'wheels', 'destination', 'preset'];

/** Folders of `docs/examples`, and the packages in them. */
const EXAMPLES = readdirSync(join(ROOT, 'docs/examples'))
  .filter((name) => name.startsWith('plugin-'))
  .map((folder) => ({ folder, name: packageIn(join(ROOT, 'docs/examples', folder)).name }));

let registry: NpmRegistry;
/** Of the authors: every example and every kind of template is a workspace there. */
let workshop: string;
/** What became of the tests there. */
let tested: Ended;
/** Of a stranger: whoever builds here has installed what was published, and nothing else. */
let installed: string;

beforeAll(async () => {
  registry = await startNpmRegistry();
  for (const folder of [ROOT, join(ROOT, 'plugins/create-pycontainer-plugin')]) await publish(folder);
  workshop = newFolder('workshop');
  writePackage(workshop, { private: true, workspaces: ['*'] });
  for (const { folder } of EXAMPLES) {
    cpSync(join(ROOT, 'docs/examples', folder), join(workshop, folder), {
      recursive: true,
      filter: (path) => !/\/(?:dist|node_modules)$/.test(path),
    });
  }
  for (const kind of KINDS) await create(workshop, `created-${kind}`, '--kind', kind);
  await registry.npm(['install'], workshop);
  // Their tests build them.
  tested = await attempt(['npm', 'test', '--workspaces'], { cwd: workshop, env: registry.env });
  const examples = EXAMPLES.flatMap(({ folder }) => ['--workspace', folder]);
  await registry.npm(['publish', '--ignore-scripts', ...examples], workshop);
  installed = newFolder('installed');
  writePackage(installed, { private: true, type: 'module' });
  const names = [...EXAMPLES.map(({ name }) => name), 'pycontainer'];
  await registry.npm(['install', '--save-dev', ...names], installed);
}, 600_000);

afterAll(() => registry?.stop());

describe('authors', () => {
  test('test what they made: the examples, and each template as it is', () => {
    const { stdout } = succeeded(['npm', 'test'], tested);
    expect(stdout.match(/^(?:#|ℹ) fail 0$/gm)).toHaveLength(EXAMPLES.length + KINDS.length);
    expect(stdout.match(/^(?:#|ℹ) pass [1-9]/gm)).toHaveLength(EXAMPLES.length + KINDS.length);
  });

  test('publish what they built, without their tests', () => {
    for (const { name } of EXAMPLES) {
      const files = readdirSync(join(installed, 'node_modules', name), { recursive: true });
      expect(files).toContain('dist/src/index.d.ts');
      expect(files.filter((file) => String(file).includes('test'))).toEqual([]);
    }
  });
});

test('who sits at a terminal is asked, and may leave', async () => {
  const folder = newFolder('terminal');
  const program = join(ROOT, 'plugins/create-pycontainer-plugin/create.js');
  const asked = (input: string): Promise<Ended> =>
    attempt(['sh', '-c', `(${input}) | script -qefc "${process.execPath} ${program}" /dev/null`], {
      cwd: folder,
    });
  expect(await asked("sleep 2; printf '\\004'; sleep 1")).toMatchObject({ code: 130 });
  expect(readdirSync(folder)).toEqual([]);
  succeeded(['npm', 'create'], await asked('sleep 2; echo my-thing; sleep 1; echo wheels; sleep 1'));
  expect(packageIn(join(folder, 'my-thing')).name).toBe('my-thing');
  expect(readFileSync(join(folder, 'my-thing/README.md'), 'utf8')).toContain('finds wheels');
});

test('strangers read how plugins are configured, and it is so', async () => {
  const objections: string[] = [];
  for (const { folder, name } of EXAMPLES) {
    const page = readFileSync(join(ROOT, 'docs/examples', folder, 'README.md'), 'utf8');
    for (const [, file, content = ''] of page.matchAll(/^```\w+\n(?:\/\/|#) (\S+)\n([\s\S]*?)^```$/gm)) {
      const files =
        file === 'pyproject.toml' ? { [file]: pyprojectOf('read', []) + content } : { [file!]: content };
      const { code, stderr } = await npx(newProject(`read-${folder}-${file}`, files), ['config']);
      if (code !== 0) objections.push(`${name}, ${file}: ${stderr}`);
    }
  }
  expect(objections).toEqual([]);
});

test('the guide works as it is written, from an empty folder to a package that a project uses', async () => {
  const folder = newFolder('guide');
  const page = readFileSync(join(ROOT, 'docs/guide/plugin-in-fifteen-minutes.md'), 'utf8');
  await run(['bash', '-euo', 'pipefail', '-c', scriptOf(page)], { cwd: folder, env: registry.env });
  expect(existsSync(join(folder, 'pycontainer-plugin-owner/.gitignore'))).toBe(true);
  const project = join(folder, 'shop');
  const { devDependencies } = packageIn(project);
  expect(devDependencies?.['pycontainer-plugin-owner']).toBe('^0.1.0');
  const inspected = JSON.parse(await run(['skopeo', 'inspect', `oci:${project}/build/image:latest`]));
  expect(inspected.Labels).toMatchObject({ 'com.example.owner': 'payments' });
  const { stdout } = succeeded(['podman', 'run'], await runContainer(`oci:${project}/build/image:latest`));
  expect(JSON.parse(stdout)).toEqual({ team: 'payments', mail: 'payments@example.com' });
});

test('data names presets and plugins, without TypeScript, and podman starts what comes of it', async () => {
  const project = newProject('sanic-shop', {
    'pyproject.toml': `${pyprojectOf('sanic-shop', ['idna==3.10', 'sanic==25.3.0'])}
[tool.pycontainer]
base = "house:python"
tags = ["sanic-shop:1.0"]
outputs = ["layout:build/image", "bundle:build/shop.tar"]
preset = ["pycontainer-preset-sanic", { port = 8000 }]
plugins = [
  "debian",
  "pycontainer-plugin-bundle",
  ["pycontainer-plugin-build-info", { team = "payments", record = "build/record.jsonl" }],
  ["pycontainer-plugin-house-rules", { bases = { "house:python" = { is = "apt:trixie" } }, leaveOut = ["idna"] }],
]
`,
    'shop/server.py': `from sanic import Sanic as Service
from sanic.response import json

app = Service("shop")


@app.get("/")
async def index(request):
    with open("/etc/build-info.json") as file:
        return json({"team": __import__("json").load(file)["team"]})
`,
  });
  await uv(['lock', '--quiet'], project);
  const report = await build(project);
  const [image] = report.images;
  expect(image).toMatchObject({ base: { reference: 'house:python' }, ports: ['8000/tcp'] });
  expect(report.preset).toMatchObject({ name: 'sanic' });
  const layout = join(project, 'build/image');
  expect(await validateLayout(layout)).toEqual([]);
  const reference = `oci:${layout}:1.0`;
  const { Labels } = JSON.parse(await run(['skopeo', 'inspect', reference]));
  expect(Labels).toMatchObject({ 'build-info.team': 'payments' });
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8'));
  expect(manifests).toContainEqual(
    expect.objectContaining({ artifactType: 'application/vnd.build-info+json' }),
  );
  const steps = readFileSync(join(project, 'build/record.jsonl'), 'utf8').trimEnd().split('\n');
  expect(JSON.parse(steps.at(-1)!)).toMatchObject({ step: 'done' });

  const container = await startContainer(reference);
  try {
    await ready(container, '/');
    expect(JSON.parse((await container.get('/')).body)).toEqual({ team: 'payments' });
    expect(await container.stop()).toMatchObject({ code: 0 });
  } finally {
    await container.remove();
  }

  const elsewhere = newFolder('elsewhere');
  await run(['tar', '-xf', join(project, 'build/shop.tar')], { cwd: elsewhere });
  await run(['sha256sum', '--check', '--quiet', 'SHA256SUMS'], { cwd: elsewhere });
  expect(await validateLayout(join(elsewhere, 'layout'))).toEqual([]);
  const unbundled = JSON.parse(await run(['skopeo', 'inspect', `oci:${elsewhere}/layout:1.0`]));
  expect(unbundled.Digest).toBe(image?.digest);
  const said = await runContainer(
    `oci:${elsewhere}/layout:1.0`,
    ['-c', 'import sanic; print(sanic.__version__)'],
    ['--entrypoint=python'],
  );
  expect(said.stdout.trim()).toBe('25.3.0');
});

test('code names plugins and calls them; wheels come out of a bucket that wants a key', async () => {
  const recipe = {
    name: 'house-auth',
    version: '7.1',
    files: { 'house_auth/__init__.py': 'NAME = "house"\n' },
  };
  const file = wheelFileName(recipe);
  const bytes = await makeWheel(recipe);
  const authorization = 'Bearer 4f1c0b';
  const bucket = await startFakeObjectStore({ authorization, objects: { [`wheels/${file}`]: bytes } });
  try {
    const project = newProject('housed', {
      'pycontainer.config.ts': `
        import { defineConfig } from 'pycontainer';
        import houseRules from 'pycontainer-plugin-house-rules';
        export default defineConfig(({ env }) => ({
          base: 'house:none',
          plugins: [
            houseRules({ bases: { 'house:none': {
              is: 'scratch', python: { version: '3.12.7', libc: 'glibc-2.36', interpreter: '/usr/bin/python3.12' },
            } } }),
            ['pycontainer-plugin-wheel-store', { endpoint: env.BUCKET, bucket: 'wheels', authorization: 'BUCKET_KEY' }],
          ],
        }));`,
      'pyproject.toml': pyprojectOf('housed', ['house-auth']),
      'pylock.toml': pylockOf([{ ...recipe, file, bytes, url: `http://127.0.0.1:9/${file}` }]),
    });
    const ended = await npx(project, ['build', '--json', '--verbose'], {
      BUCKET: bucket.origin,
      BUCKET_KEY: authorization,
    });
    succeeded(['npx', 'pyc'], ended);
    expect(bucket.requests.map(({ path }) => path)).toEqual([`/wheels/${file}`]);
    const unpacked = join(newFolder('unpacked'), 'out');
    const layout = join(project, 'build/image');
    await run(['umoci', 'unpack', '--keep-dirlinks', '--image', `${layout}:latest`, unpacked]);
    const module = 'rootfs/opt/venv/lib/python3.12/site-packages/house_auth/__init__.py';
    expect(readFileSync(join(unpacked, module), 'utf8')).toBe(recipe.files['house_auth/__init__.py']);
    // Neither in what was said nor in what was written, unpacked or not.
    expect(`${ended.stdout}${ended.stderr}`).not.toContain('4f1c0b');
    const found = await attempt(['grep', '-rlF', '4f1c0b', unpacked, layout]);
    expect(found.stdout).toBe('');
  } finally {
    await bucket.close();
  }
});

describe('a plugin for another major', () => {
  const REACHED = 'reached';

  beforeAll(async () => {
    const folder = newFolder('pycontainer-plugin-future');
    writePackage(folder, {
      name: 'pycontainer-plugin-future',
      version: '2.0.0',
      type: 'module',
      exports: './index.js',
      peerDependencies: { pycontainer: '^2.0.0' },
    });
    writeFileSync(
      join(folder, 'index.js'),
      `import { writeFileSync } from 'node:fs';
writeFileSync(${JSON.stringify(REACHED)}, '');
export default { name: 'future', apply() {} };
`,
    );
    await registry.npm(['publish'], folder);
    await registry.npm(
      ['install', '--save-dev', '--legacy-peer-deps', 'pycontainer-plugin-future'],
      installed,
    );
  });

  test.each([
    ['data', { 'pycontainer.toml': 'plugins = ["pycontainer-plugin-future"]\n' }],
    [
      'code by its name',
      { 'pycontainer.config.ts': "export default { plugins: ['pycontainer-plugin-future'] };\n" },
    ],
    [
      'code by an import',
      {
        'pycontainer.config.ts':
          "import future from 'pycontainer-plugin-future';\nexport default { plugins: [future] };\n",
      },
    ],
  ])('is refused before anything of it runs, named in %s', async (_, files) => {
    const project = newProject('ahead', { ...files });
    const { code, stdout } = await npx(project, ['build', '--json']);
    const { error } = JSON.parse(stdout) as BuildReport;
    expect(error).toMatchObject({ code: 'PYC_PLUGIN_OTHER_API', exitCode: 2 });
    expect(error?.message).toContain('pycontainer-plugin-future 2.0.0');
    expect(code).toBe(2);
    expect(existsSync(join(project, REACHED))).toBe(false);
  });
});

/** A project in the stranger's folder, which finds what is installed there. */
function newProject(name: string, files: Readonly<Record<string, string>>): string {
  const project = join(installed, name);
  mkdirSync(project, { recursive: true });
  const all = { 'pyproject.toml': pyprojectOf(name, []), 'main.py': 'print("hello")\n', ...files };
  cpSync(makeProject(name, all), project, { recursive: true });
  return project;
}

/** `npx pyc` of what is installed. */
function npx(
  project: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return attempt(['npx', '--no', 'pyc', ...args], { cwd: project, env: { ...registry.env, ...env } });
}

async function build(project: string): Promise<BuildReport> {
  const { stdout } = succeeded(['npx', 'pyc', 'build'], await npx(project, ['build', '--json']));
  return JSON.parse(stdout) as BuildReport;
}

/** What lies built in a folder, without its author's scripts: the run built it already. */
function publish(folder: string): Promise<string> {
  return registry.npm(['publish', '--ignore-scripts', folder], folder);
}

/** `npm create pycontainer-plugin NAME`. */
function create(folder: string, name: string, ...flags: readonly string[]): Promise<string> {
  return registry.npm(['create', '--yes', 'pycontainer-plugin', name, '--', ...flags], folder);
}

interface Package {
  readonly name: string;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function packageIn(folder: string): Package {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Package;
}

function writePackage(folder: string, content: object): void {
  writeFileSync(join(folder, 'package.json'), JSON.stringify(content));
}
