/**
 * Imports a configuration by the runtime itself: Bun, Deno, and Node from 22.18 on strip types, and can be told what
 * `pycontainer` means. What that is belongs to `self-reference`; what a failure means to whoever reads configurations.
 */
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf } from '../primitives/errors.ts';
import type { FoundConfig } from './find.ts';
import { type NodeHooks, resolveToThisProgram, runsFromSources } from './self-reference.ts';

/** The number of an evaluation stands in the URL of each module that it reads: no two evaluations share one. */
const MARK = /\?pycontainer=\d+$/;
let evaluations = 0;

/**
 * The module's namespace, of a fresh evaluation: modules beside it are read anew, packages are not.
 *
 * @returns undefined where the runtime cannot load such a module, or refuses this one before any of it ran (syntax that is
 * no mere type, an import without its extension, one that is missing): another loader may read it, or say what is wrong
 * @throws whatever the module throws
 */
export async function importNatively({
  file,
  text,
}: FoundConfig): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (!canImport(file) || isCommonJs(text)) return undefined;
  await resolveToThisProgram();
  try {
    return isBun() ? await importInBun(file) : await importMarked(file);
  } catch (thrown) {
    if (ranNothing(thrown) && withoutDefault(thrown) === undefined) return undefined;
    throw thrown;
  }
}

/** The name of a module that has no default export, where one was imported: no loader could find what is not there. */
export function withoutDefault(thrown: unknown): string | undefined {
  const message = messageOf(thrown);
  return /requested module '([^']+)' does not provide an export named 'default'/.exec(message)?.[1];
}

/** A URL of one evaluation, or a path, without what tells evaluations apart. */
export function withoutMark(place: string): string {
  return place.replace(MARK, '');
}

function canImport(file: string): boolean {
  if (runsFromSources()) return false;
  if (isBun()) return true;
  const { registerHooks } = nodeModule as NodeHooks;
  const { typescript } = process.features as { readonly typescript?: string | false };
  return registerHooks !== undefined && (!isTypeScript(file) || typeof typescript === 'string');
}

function isBun(): boolean {
  return 'Bun' in globalThis;
}

function isTypeScript(file: string): boolean {
  return ['.ts', '.mts'].includes(extname(file));
}

let isMarking = false;

async function importMarked(file: string): Promise<Readonly<Record<string, unknown>>> {
  if (!isMarking) (nodeModule as NodeHooks).registerHooks?.({ resolve: resolveMarked, load: loadMarked });
  isMarking = true;
  evaluations += 1;
  return await import(`${pathToFileURL(file).href}?pycontainer=${evaluations}`);
}

/** What a marked module imports by a path is marked as well. */
const resolveMarked: NonNullable<NodeHookFunctions['resolve']> = (specifier, context, next) => {
  const found = next(specifier, context);
  const [mark] = MARK.exec(context.parentURL ?? '') ?? [];
  const isLocal = /^(?:[./]|file:)/.test(specifier) && found.url.startsWith('file:');
  return mark !== undefined && isLocal && !found.url.includes('?')
    ? { ...found, url: `${found.url}${mark}` }
    : found;
};

/** Node asks the nearest package.json what a module is, and warns where only the text says it. */
const loadMarked: NonNullable<NodeHookFunctions['load']> = (url, context, next) => {
  if (!MARK.test(url)) return next(url, context);
  const file = fileURLToPath(url);
  if (!['.ts', '.js'].includes(extname(file)) || isCommonJs(readFileSync(file, 'utf8')))
    return next(url, context);
  return next(url, { ...context, format: isTypeScript(file) ? 'module-typescript' : 'module' });
};

function isCommonJs(text: string): boolean {
  return !/^\s*(?:import|export)\b/m.test(text) && /\bexports\b/.test(text);
}

type NodeHookFunctions = Parameters<NonNullable<NodeHooks['registerHooks']>>[0];

/** Bun keeps modules by their path, and forgets what is taken out of its cache. */
async function importInBun(file: string): Promise<Readonly<Record<string, unknown>>> {
  const { cache } = nodeModule.createRequire(import.meta.url);
  const before = new Set(Object.keys(cache));
  try {
    return await import(file);
  } finally {
    for (const path of Object.keys(cache)) {
      if (!before.has(path) && !path.includes('/node_modules/') && path.startsWith('/')) delete cache[path];
    }
  }
}

/** What Node calls refusals of a module, or of one that it imports. */
const REFUSALS: ReadonlySet<unknown> = new Set([
  'ERR_INVALID_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
  'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_MODULE_NOT_FOUND',
  'ERR_PACKAGE_PATH_NOT_EXPORTED',
]);

/** True for an error that the runtime made while it read and linked modules: no line of theirs is in its stack. */
function ranNothing(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return isBunMessage(thrown);
  const { code } = thrown as { readonly code?: unknown };
  return REFUSALS.has(code) || isBunMessage(thrown) || !ranForeignCode(thrown.stack ?? '');
}

/** Bun's words for what it cannot parse or find; several are an AggregateError of them. */
function isBunMessage(thrown: unknown): boolean {
  const { name, errors } = (thrown ?? {}) as { readonly name?: unknown; readonly errors?: unknown };
  return (
    name === 'BuildMessage' ||
    name === 'ResolveMessage' ||
    (Array.isArray(errors) && errors.some(isBunMessage))
  );
}

function ranForeignCode(stack: string): boolean {
  const own = new URL('.', import.meta.url).href;
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.some(
    (frame) =>
      /[( ](?:file:\/\/|\/|[A-Za-z]:\\)/.test(frame) &&
      !frame.includes(own) &&
      !frame.includes(fileURLToPath(own)),
  );
}
