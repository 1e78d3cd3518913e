/**
 * Evaluates a configuration that is a TypeScript or JavaScript module. Whatever it imports as `pycontainer` or
 * `pycontainer/…` is the running program, wherever the module lies and however the program was started.
 */
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPycError, messageOf } from '../primitives/errors.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { ConfigExportError, ConfigFailedError, ConfigImportError } from './errors.ts';
import { syntaxError } from './excerpt.ts';
import type { FoundConfig } from './find.ts';
import { OWN_MODULES, ownModules } from './first-party.ts';
import { importNatively, withoutMark } from './native-module.ts';
import { checkImportedPackages } from './plugin-package.ts';
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
async function transpiled({ file, text }: FoundConfig, cacheDirectory: string | undefined): Promise<unknown> {
  const jiti = await moduleLoader(file, cacheDirectory);
  if (importsOthers(text)) await resolveToThisProgram();
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
  const jiti = await moduleLoader(file, cacheDirectory);
  await resolveToThisProgram();
  return await jiti.import(specifier);
}

async function moduleLoader(file: string, cacheDirectory: string | undefined) {
  const { createJiti } = await import('jiti');
  return createJiti(file, {
    // Never the shared temporary folder, where anyone could put a module of that name.
    fsCache: cacheDirectory === undefined ? false : join(cacheDirectory, 'modules'),
    moduleCache: false,
    tryNative: false,
    virtualModules: ownModules(),
  });
}

/** A module without imports of others needs no hook in the runtime's resolver. */
function importsOthers(text: string): boolean {
  const specifiers = text.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g);
  return [...specifiers].some(([, name = '']) => !(name.startsWith('node:') || name in OWN_MODULES));
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
  if (missing !== undefined) return importError(missing, file, thrown);
  // `ParseError: message`, a new line, `file:line:column`, as the transpiler puts it; its columns count from 0.
  const parse = /^\w+: ([^\n]*?)\s*\n\s*(\S[^\n]*?):(\d+):(\d+)$/.exec(message);
  if (parse !== null) {
    const [, reason = '', where = file, line, column] = parse;
    const place = { line: Number(line), column: Number(column) + 1 };
    return syntaxError(where, where === file ? text : sourceOf(where), place, reason, thrown);
  }
  const line = lineIn(thrown, file);
  return new ConfigFailedError(
    `\`${visible(file)}\` threw${line === undefined ? '' : ` at line ${line}`}: ${visible(message)}`,
    {
      hint: 'run with `--verbose` to see where',
      cause: thrown,
    },
  );
}

function importError(missing: string, file: string, cause: unknown): ConfigImportError {
  const own = missing.startsWith('pycontainer/');
  const message = own
    ? `\`${visible(file)}\` imports \`${visible(missing)}\`, which this version does not have`
    : `\`${visible(file)}\` imports \`${visible(missing)}\`, which cannot be found`;
  const close = own ? nearest(missing, Object.keys(OWN_MODULES)) : undefined;
  const isPath = /^[./]|^file:|^[A-Za-z]:/.test(missing);
  const name = missing.startsWith('@') ? missing.split('/').slice(0, 2).join('/') : missing.split('/')[0];
  const hint = own
    ? close === undefined
      ? 'see docs/reference/configuration.md'
      : `did you mean \`${close}\`?`
    : isPath
      ? 'correct the path'
      : `run \`npm install --save-dev ${name}\``;
  return new ConfigImportError(message, { hint, cause });
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
