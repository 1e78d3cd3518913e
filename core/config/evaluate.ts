/**
 * Evaluates a configuration that is a TypeScript or JavaScript module. Whatever it imports as `pycontainer` or
 * `pycontainer/…` is the running program, wherever the module lies and however the program was started.
 */
import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPycError, messageOf } from '../primitives/errors.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { wouldFetch } from './bun-install.ts';
import {
  ConfigExportError,
  ConfigFailedError,
  ConfigImportError,
  PluginExportError,
  PluginImportError,
} from './errors.ts';
import { syntaxError } from './excerpt.ts';
import type { FoundConfig } from './find.ts';
import { isOwnModule, OWN_MODULES, ownModules, ownModulesForRequire } from './first-party.ts';
import { mentionIn, shownMention } from './mention.ts';
import { importNatively, withoutDefault, withoutMark } from './native-module.ts';
import { installCommand } from './package-manager.ts';
import { checkImportedPackages, importedBy, packageNameOf } from './plugin-package.ts';
import { resolveToThisProgram } from './self-reference.ts';

/**
 * The default export of a module, of an evaluation of its own: by the runtime where it can, else by jiti.
 *
 * @param cacheDirectory - where transpiled sources are kept; undefined keeps none
 */
export async function evaluateModule(
  found: FoundConfig,
  cacheDirectory: string | undefined,
): Promise<unknown> {
  const { file, text } = found;
  await checkImportedPackages(text, file);
  const fetched = importedBy(text).find((specifier) => wouldFetch(specifier, file));
  if (fetched !== undefined) throw importError(fetched, found, undefined);
  try {
    const native = await importNatively(found);
    if (native === undefined) return defaultOf(await transpiled(found, cacheDirectory), file);
    if ('default' in native) return native.default;
  } catch (thrown) {
    throw evaluationError(thrown, found);
  }
  throw noDefaultExport(file);
}

/** For runtimes that read no TypeScript, or not this one's: enums, imports without extensions; and for CommonJS. */
async function transpiled(found: FoundConfig, cacheDirectory: string | undefined): Promise<unknown> {
  const { file, text } = found;
  const jiti = await moduleLoader(file, cacheDirectory, /\brequire\s*\(/.test(text));
  if (importsOthers(text)) await resolveToThisProgram();
  for (const name of defaultsImportedBy(text)) {
    const module = await jiti.import(name);
    if (isEsModule(module) && !('default' in module)) throw withoutDefaultError(name, found);
  }
  return await jiti.evalModule(text, {
    id: file,
    filename: file,
    ext: extname(file),
    async: true,
    // A module that the runtime could load itself would see another copy of this package, or none.
    forceTranspile: true,
  });
}

/**
 * Imports a module by name as a file would import it: first-party modules are the running program's, others
 * are looked for from the file.
 */
export async function importFrom(
  file: string,
  specifier: string,
  cacheDirectory: string | undefined,
): Promise<unknown> {
  if (wouldFetch(specifier, file)) throw new Error(`Cannot find module '${specifier}'`);
  const jiti = await moduleLoader(file, cacheDirectory, true);
  await resolveToThisProgram();
  return await jiti.import(specifier);
}

/** @param mayRequire - CommonJS cannot wait for the own modules, so that they are loaded before */
async function moduleLoader(file: string, cacheDirectory: string | undefined, mayRequire: boolean) {
  const { createJiti } = await import('jiti');
  return createJiti(file, {
    // Never the shared temporary folder, where anyone could put a module of that name.
    fsCache: cacheDirectory === undefined ? false : join(cacheDirectory, 'modules'),
    moduleCache: false,
    tryNative: false,
    virtualModules: mayRequire ? await ownModulesForRequire() : ownModules(),
  });
}

/** A namespace of the runtime's own. Of one without a default export the loader gives the whole in its place. */
function isEsModule(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Module]';
}

/** Packages of which a module imports the default. */
function defaultsImportedBy(text: string): readonly string[] {
  const found = text.matchAll(
    /^import\s+(?!type\s+[\w$])[\w$]+\s*(?:,\s*\{[^}]*\}\s*)?from\s*['"]([^'"]+)['"]/gm,
  );
  return [...found]
    .map(([, name = '']) => name)
    .filter((name) => packageNameOf(name) !== undefined && !isOwnModule(name));
}

/** A module without imports of others needs no hook in the runtime's resolver. */
function importsOthers(text: string): boolean {
  return importedBy(text).some((name) => !(name.startsWith('node:') || isOwnModule(name)));
}

function defaultOf(exported: unknown, file: string): unknown {
  const module = exported as { readonly default?: unknown };
  // The loader's proxy answers `default` and `__esModule` also where there are none.
  const names = Object.keys(module);
  if (names.includes('default')) return module.default;
  if (names.length > 0 && !Object.hasOwn(module, '__esModule')) return exported;
  throw noDefaultExport(file);
}

function noDefaultExport(file: string): ConfigExportError {
  return new ConfigExportError(`\`${visible(file)}\` has no default export`, {
    hint: 'write `export default defineConfig({ … })`',
  });
}

function evaluationError(thrown: unknown, { file, text }: FoundConfig): Error {
  if (isPycError(thrown)) return thrown;
  const message = messageOf(thrown);
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(message)?.[1];
  if (missing !== undefined) return importError(missing, { file, text }, thrown);
  // `ParseError: message`, a new line, `file:line:column`, as the transpiler puts it; its columns count from 0.
  const parse = /^\w+: ([^\n]*?)\s*\n\s*(\S[^\n]*?):(\d+):(\d+)$/.exec(message);
  if (parse !== null) {
    const [, reason = '', where = file, line, column] = parse;
    const place = { line: Number(line), column: Number(column) + 1 };
    return syntaxError(where, where === file ? text : sourceOf(where), place, reason, thrown);
  }
  const empty = withoutDefault(thrown);
  if (empty !== undefined) {
    return withoutDefaultError(empty, { file, text }, thrown);
  }
  const line = lineIn(thrown, file);
  const culprit = packageIn(thrown, text);
  const mention = mentionIn({ file, text, shown: file }, undefined, culprit ?? '');
  // What throws while it is imported does so before a line of the configuration runs, or at that of the import.
  if (culprit !== undefined && (line === undefined || mention.details[0]?.line === line)) {
    return new PluginImportError(
      `\`${visible(culprit)}\`, which ${shownMention(mention)} imports, threw: ${visible(message)}`,
      { hint: 'run with `--verbose` to see where', details: mention.details, cause: thrown },
    );
  }
  return new ConfigFailedError(
    `\`${visible(file)}\` threw${line === undefined ? '' : ` at line ${line}`}: ${visible(message)}`,
    {
      hint: 'run with `--verbose` to see where',
      cause: thrown,
    },
  );
}

function withoutDefaultError(name: string, { file, text }: FoundConfig, cause?: unknown): PluginExportError {
  const mention = mentionIn({ file, text, shown: file }, undefined, name);
  return new PluginExportError(
    `\`${visible(name)}\`, which ${shownMention(mention)} imports, has no default export`,
    { hint: 'import what it exports by name, in braces', details: mention.details, cause },
  );
}

function importError(missing: string, { file, text }: FoundConfig, cause: unknown): ConfigImportError {
  const own = missing.startsWith('pycontainer/');
  const mention = mentionIn({ file, text, shown: file }, undefined, missing);
  const what = `${shownMention(mention)} imports \`${visible(missing)}\`, which`;
  const close = own ? nearest(missing, Object.keys(OWN_MODULES)) : undefined;
  const name = packageNameOf(missing);
  const hint = own
    ? close === undefined
      ? 'see docs/reference/configuration.md'
      : `did you mean \`${close}\`?`
    : name === undefined
      ? 'correct the path'
      : `run \`${installCommand(name, dirname(file))}\``;
  return new ConfigImportError(`${what} ${own ? 'this version does not have' : 'cannot be found'}`, {
    hint,
    details: mention.details,
    cause,
  });
}

/** The package that threw, by the name that the configuration imports it by. */
function packageIn(thrown: unknown, text: string): string | undefined {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  const [, path] = /^\s+at .*?[\\/]node_modules[\\/]([^:\n]+):\d+/m.exec(stack) ?? [];
  const name = path?.replaceAll('\\', '/').split('/node_modules/').at(-1);
  return importedBy(text).find((one) => {
    const imported = packageNameOf(one);
    return imported !== undefined && name?.startsWith(`${imported}/`) === true;
  });
}

/** The line of the file in a stack trace. */
function lineIn(thrown: unknown, file: string): number | undefined {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  for (const [, place = '', line] of stack.matchAll(
    /\(?((?:file:)?\/[^():\n]*|[A-Za-z]:[^():\n]*):(\d+):\d+\)?/g,
  )) {
    const path = place.startsWith('file:') ? fileURLToPath(place) : withoutMark(place);
    if (path === file) return Number(line);
  }
  return undefined;
}

/** The text of a module that the configuration imports; none where it cannot be read any more. */
function sourceOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
