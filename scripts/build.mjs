// Bundles the sources into dist/ and writes the type declarations. One build for all entries, so that they share
// their chunks and no module exists twice; each command and each heavy library is a chunk of its own.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

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
const requireForBuiltins = {
  name: 'require-for-builtins',
  setup(build) {
    build.onEnd(async ({ outputFiles = [] }) => {
      const asking = outputFiles.find(({ text }) => text.includes('typeof require !== "undefined"'));
      // Who needs nothing of that chunk is made to load it all the same.
      const idle = asking && new RegExp(`^import "[./a-z]*/${basename(asking.path)}";\\n`, 'm');
      for (const file of outputFiles) {
        const whole = file === asking ? `${REQUIRE}\n${file.text}` : file.text.replace(idle ?? '', '');
        // Deno reads what a literal names before it runs anything, and would load every command for each.
        const text = whole.replaceAll(/\bimport\("(\.[^"]*\/[\w.-]+\.js)"\)/g, 'import(["$1"].join(""))');
        await mkdir(dirname(file.path), { recursive: true });
        await writeFile(file.path, text);
      }
    });
  },
};

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
  plugins: [namesOfCommonJs, neverUsed, requireForBuiltins],
  write: false,
  legalComments: 'eof',
  logLevel: 'warning',
};

await rm(draft, { recursive: true, force: true });
try {
  await build({
    ...options,
    entryPoints: { cli: join(root, 'core/cli/entry.ts'), ...entries },
    outdir: draft,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
  // By itself: what it shares with the program would cut that into more chunks.
  await build({
    ...options,
    entryPoints: { reference: join(root, 'scripts/reference.ts') },
    outdir: join(draft, 'scripts'),
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
  });
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
