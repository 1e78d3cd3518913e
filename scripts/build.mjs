// Bundles the sources into dist/ and writes the type declarations. One build for all entries, so that they share
// their chunks and no module exists twice; each command and each heavy library is a chunk of its own.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { joinChunks } from './join-chunks.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const started = performance.now();
const out = join(root, 'dist');
/** Built beside and renamed, so that a program that runs meanwhile sees the old files or the new ones. */
const draft = join(root, `dist.${process.pid}.tmp`);

/** Where package.json's exports expect the modules: the path of the source, with another ending. */
const entries = Object.fromEntries(
  [
    ...['core', 'core/python', 'core/oci', 'core/registry', 'core/testing'].map(
      (folder) => `${folder}/index.ts`,
    ),
    ...namesIn('plugins').map((name) => `plugins/${name}/index.ts`),
    ...namesIn('presets')
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `presets/${name}`),
  ]
    .filter((file) => existsSync(join(root, file)))
    .map((file) => [file.replace(/\.ts$/, ''), join(root, file)]),
);

const require = createRequire(import.meta.url);

/**
 * A bundled CommonJS package gives a dynamic import nothing but `default`, while Node gives it names as well. This
 * puts a module with the names in between, so that sources and bundle behave alike.
 */
const namesOfCommonJs = {
  name: 'names-of-commonjs',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === 'asked' || /^(node:|pycontainer)/.test(path))
        return undefined;
      const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: 'asked' });
      if (found.external || found.errors.length > 0 || !isCommonJs(found.path)) return undefined;
      return { path: found.path, namespace: 'names-of-commonjs' };
    });
    build.onLoad({ filter: /.*/, namespace: 'names-of-commonjs' }, ({ path }) => {
      const names = Object.keys(require(path)).filter(
        (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default',
      );
      const lines = [`import whole from ${JSON.stringify(path)};`, 'export default whole;'];
      lines.push(...names.map((name) => `const __${name} = whole.${name}; export { __${name} as ${name} };`));
      return { contents: lines.join('\n'), resolveDir: dirname(path) };
    });
  },
};

/**
 * What dependencies load and this program never asks of them: cosmiconfig's own loaders (each file has one of
 * `core/config`), with a TypeScript compiler, a YAML reader and more behind them, and the programs that commander starts
 * as subcommands. They would cost time at every start.
 */
const neverUsed = {
  name: 'never-used',
  setup(build) {
    build.onLoad({ filter: /[\\/]cosmiconfig[\\/]dist[\\/]loaders\.js$/ }, () => ({ contents: '' }));
    build.onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path, namespace: 'never-used' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'never-used' }, () => ({ contents: '' }));
  },
};

/** Bundled CommonJS asks for builtins with `require`, which an ES module does not have; one chunk asks for all of them. */
function requireForBuiltins(files) {
  const [asking] = [...files].find(([, text]) => text.includes('typeof require !== "undefined"')) ?? [];
  if (asking === undefined) return files;
  // Who needs nothing of that chunk is made to load it all the same.
  const idle = new RegExp(`^import "[./a-z]*/${basename(asking)}";\\n`, 'm');
  return new Map(
    [...files].map(([path, text]) => [
      path,
      path === asking ? `${REQUIRE}\n${text}` : text.replace(idle, ''),
    ]),
  );
}

/** Bundles, joins what is loaded together, and writes it. */
async function bundle(entryPoints, outdir, groups) {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints,
    outdir,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    metafile: true,
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [relative(outdir, path), text]));
  const joined = await joinChunks(requireForBuiltins(texts), outputsBelow(metafile, outdir), groups);
  for (const [path, text] of joined) {
    const file = join(outdir, path);
    await mkdir(dirname(file), { recursive: true });
    // Deno reads what a literal names before it runs anything, and would load every command for each.
    await writeFile(
      file,
      text.replaceAll(/\bimport\("(\.[^"]*\/[\w.-]+\.js)"\)/g, 'import(["$1"].join(""))'),
    );
  }
}

/** What esbuild says of each output, by the paths below the folder. */
function outputsBelow({ outputs }, folder) {
  const named = (path) => relative(folder, join(root, path));
  return Object.fromEntries(
    Object.entries(outputs).map(([path, { imports, ...output }]) => [
      named(path),
      {
        ...output,
        imports: imports.map((each) => ({ ...each, path: each.external ? each.path : named(each.path) })),
      },
    ]),
  );
}

const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

function isCommonJs(file) {
  if (!file.endsWith('.js')) return file.endsWith('.cjs');
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) {
    const manifest = join(at, 'package.json');
    if (existsSync(manifest)) return JSON.parse(readFileSync(manifest, 'utf8')).type !== 'module';
  }
  return false;
}

const options = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // `pycontainer` in plugins and presets is the same source that the core imports by path.
  conditions: ['source'],
  // The first brings a transpiler that it loads when it must; the second is named by the CycloneDX library's XML, which
  // is never written.
  external: ['jiti', 'xmlbuilder2'],
  plugins: [namesOfCommonJs, neverUsed],
  write: false,
  legalComments: 'eof',
  logLevel: 'warning',
};

const UNDICI = ['node_modules/undici/lib/dispatcher/agent.js', 'node_modules/undici/lib/api/api-request.js'];
/** What a verb on finished images loads, wherever the image is. */
const IMAGES = [
  'core/cli/commands/copy.ts',
  'core/image-session.ts',
  'core/images/copy.ts',
  'core/images/registry-place.ts',
  'core/images/to-registry.ts',
  'core/index.ts',
];
/** What is loaded for the first word with a registry, beside the HTTP client. */
const REGISTRY = [
  'core/registry/index.ts',
  'core/registry/settings/load.ts',
  'core/registry/settings/registries-conf.ts',
];
/** What a build loads, whatever it builds. */
const BUILDING = [
  'core/cli/commands/build.ts',
  'core/run.ts',
  'core/config/find.ts',
  'core/config/load.ts',
  'core/config/image-extensions.ts',
  'core/index.ts',
  'core/python/lock/uv/index.ts',
  'node_modules/smol-toml/dist/index.js',
];
const PRESETS = Object.keys(entries)
  .filter((name) => name.startsWith('presets/'))
  .map((name) => `${name}.ts`);

/** What is loaded together is one file. Other chunks are as they come. */
const GROUPS = [
  { name: 'start', roots: ['core/cli/process.ts'] },
  { name: 'command', roots: ['core/cli/commands/build.ts'], sharedWith: ['core/cli/commands/copy.ts'] },
  { name: 'shared', roots: BUILDING, sharedWith: [...IMAGES, ...REGISTRY] },
  { name: 'undici', roots: UNDICI },
  { name: 'registry', roots: REGISTRY },
  { name: 'images', roots: IMAGES },
  { name: 'building', roots: BUILDING },
  { name: 'presets', roots: PRESETS },
];

await rm(draft, { recursive: true, force: true });
try {
  await bundle({ cli: join(root, 'core/cli/entry.ts'), ...entries }, draft, GROUPS);
  // By itself: what it shares with the program would cut that into more chunks.
  await bundle({ reference: join(root, 'scripts/reference.ts') }, join(draft, 'scripts'), []);
  await chmod(join(draft, 'cli.js'), 0o755);
  if (!process.argv.includes('--no-types')) await declareTypes();
  await rm(out, { recursive: true, force: true });
  await rename(draft, out);
} finally {
  await rm(draft, { recursive: true, force: true });
}
console.log(`built dist/ in ${Math.round(performance.now() - started)} ms`);

/** Type declarations, where the compiler is installed; without it (an install for production) there are none. */
async function declareTypes() {
  let typescript;
  try {
    ({ default: typescript } = await import('typescript'));
  } catch {
    return;
  }
  const config = typescript.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    {},
    {
      ...typescript.sys,
      onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
        throw new Error(String(diagnostic.messageText));
      },
    },
  );
  const program = typescript.createProgram(Object.values(entries), {
    ...config.options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: join(draft, 'types'),
    // The declarations are made without checking, which `npm run check` does.
    noCheck: true,
  });
  const { emitSkipped, diagnostics } = program.emit();
  if (emitSkipped) {
    throw new Error(
      typescript.formatDiagnostics(diagnostics, {
        getCanonicalFileName: (name) => name,
        getCurrentDirectory: () => root,
        getNewLine: () => '\n',
      }),
    );
  }
}

function namesIn(folder) {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).sort() : [];
}
