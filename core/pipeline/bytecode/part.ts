/**
 * A part with the bytecode of its modules beside them. What was compiled is kept in the store, by the part's key and all that
 * the bytes depend on besides, so that one distribution is compiled once.
 */
import { readAll } from '../../primitives/bytes.ts';
import type { Limiter } from '../../primitives/concurrency.ts';
import { type Digest, digestOf, digestOfJson, isDigest } from '../../primitives/digest.ts';
import {
  type Content,
  FIXED_MTIME,
  type Part,
  type PartRecord,
  type TreeItem,
} from '../../primitives/file-tree.ts';
import { comparePaths, parseTreePath, type TreePath } from '../../primitives/path.ts';
import type { RecordCache } from '../../python/install/part.ts';
import type { Store } from '../../store/store.ts';
import { memoryContent } from '../collect/memory-part.ts';
import type { BytecodeCompiler } from './interpreter.ts';

export interface BytecodeOptions {
  readonly compiler: BytecodeCompiler;
  readonly records: RecordCache;
  readonly store: Store;
  /** Compilers that run at once. */
  readonly limit: Limiter;
  /** Of the build: compiling ends with it. */
  readonly signal: AbortSignal;
}

/** To be counted up whenever the same bytecode would become other entries. */
const RULES = 1;
/** Bytes of a source: what is larger was generated, and is left to be compiled where it runs. */
const LARGEST = 8 * 1024 * 1024;
const OWNER = { uid: 0, gid: 0, mtime: FIXED_MTIME };

/** The same part, where it has no modules. Modules are `.py` files that are not executable and lie outside of `bin`. */
export async function withBytecode(part: Part, options: BytecodeOptions): Promise<Part> {
  const { compiler, records, signal } = options;
  const plain = await part.record(signal);
  const modules = new Set(modulesOf(plain));
  if (modules.size === 0) return part;
  const key = digestOfJson({ what: 'bytecode', rules: RULES, part: part.key, compiler: compiler.identity });
  let made: Promise<readonly TreeItem[]> | undefined;
  const make = (): Promise<readonly TreeItem[]> => {
    made ??= compiledItems(part, plain, modules, key, options).catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return {
    ...part,
    key,
    async record() {
      const known = made === undefined ? await records.get(key) : undefined;
      if (known !== undefined) return known;
      const record = withItems(plain, await make());
      await records.set(key, record);
      return record;
    },
    async *entries(inner) {
      const rest = [...(await make())];
      for await (const item of part.entries(inner)) {
        while (rest[0] !== undefined && comparePaths(rest[0][0], item[0]) < 0) yield rest.shift()!;
        yield item;
      }
      yield* rest;
    },
  };
}

function modulesOf({ entries }: PartRecord): readonly TreePath[] {
  return entries.flatMap((entry) =>
    entry.type === 'file' && entry.path.endsWith('.py') && entry.size <= LARGEST && !isScript(entry.path)
      ? [entry.path]
      : [],
  );
}

function isScript(path: string): boolean {
  return /(?:^|\/)bin\/[^/]+$/.test(path);
}

/** Where the import system looks (PEP 3147). */
function cachedPath(path: TreePath, cacheTag: string): TreePath {
  const slash = path.lastIndexOf('/');
  const stem = path.slice(slash + 1, -'.py'.length);
  return parseTreePath(`${path.slice(0, slash + 1)}__pycache__/${stem}.${cacheTag}.pyc`);
}

/** Sorted: bytecode, and the folders that it lies in where the part does not have them. */
async function compiledItems(
  part: Part,
  plain: PartRecord,
  modules: ReadonlySet<TreePath>,
  key: Digest,
  options: BytecodeOptions,
): Promise<readonly TreeItem[]> {
  const { compiler } = options;
  const taken: ReadonlySet<string> = new Set(plain.entries.map(({ path }) => path));
  const items = new Map<TreePath, TreeItem>();
  for (const [path, bytes] of await compiledOnce(part, modules, key, options)) {
    const target = cachedPath(path, compiler.cacheTag);
    if (taken.has(target)) continue;
    items.set(target, [target, { type: 'file', mode: 0o644, ...OWNER, content: memoryContent(bytes) }]);
    const folder = target.slice(0, target.lastIndexOf('/')) as TreePath;
    if (!taken.has(folder)) items.set(folder, [folder, { type: 'directory', mode: 0o755, ...OWNER }]);
  }
  return [...items.values()].sort(([a], [b]) => comparePaths(a, b));
}

type Compiled = readonly (readonly [module: TreePath, bytes: Uint8Array])[];

/** All of it is one blob; the action says whose bytes lie where. */
async function compiledOnce(
  part: Part,
  modules: ReadonlySet<TreePath>,
  key: Digest,
  { compiler, store, limit, signal }: BytecodeOptions,
): Promise<Compiled> {
  const kept = digestOfJson({ what: 'kept bytecode', key });
  const known = await keptBytecode(await store.readAction(kept), modules, store);
  if (known !== undefined) return known;
  return limit(async () => {
    const sources: { readonly module: TreePath; readonly path: string; readonly bytes: Uint8Array }[] = [];
    for await (const [path, entry] of part.entries(signal)) {
      if (entry.type !== 'file' || !modules.has(path)) continue;
      sources.push({ module: path, path: `/${path}`, bytes: await bytesOf(entry.content) });
    }
    const results = await compiler.compile(sources, signal);
    const compiled = sources.flatMap(({ module }, index) => {
      const bytes = results[index];
      return bytes === undefined ? [] : [[module, bytes] as const];
    });
    const all = Buffer.concat(compiled.map(([, bytes]) => bytes));
    const blob = await store.write(chunk(all), { what: 'bytecode', digest: digestOf(all) }, signal);
    await store.writeAction(kept, {
      blob: blob.digest,
      modules: compiled.map(([module, { length }]) => [module, length]),
    });
    return compiled;
  });
}

async function keptBytecode(
  value: unknown,
  modules: ReadonlySet<string>,
  store: Store,
): Promise<Compiled | undefined> {
  const { blob, modules: rows } = (value ?? {}) as { readonly blob?: unknown; readonly modules?: unknown };
  if (!isDigest(blob) || !Array.isArray(rows) || (await store.find(blob)) === undefined) return undefined;
  const all = await store.read(blob).catch(() => undefined);
  if (all === undefined) return undefined;
  const compiled: [TreePath, Uint8Array][] = [];
  let at = 0;
  for (const row of rows as readonly unknown[]) {
    const [module, size] = Array.isArray(row) ? (row as readonly unknown[]) : [];
    if (typeof module !== 'string' || !modules.has(module)) return undefined;
    if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
    compiled.push([module as TreePath, all.subarray(at, at + (size as number))]);
    at += size as number;
  }
  return at === all.length ? compiled : undefined;
}

async function bytesOf(content: Content): Promise<Uint8Array> {
  return content.bytes ?? (await readAll(content.open(), LARGEST, 'a module'));
}

async function* chunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function withItems({ entries, components }: PartRecord, items: readonly TreeItem[]): PartRecord {
  const added = items.map(([path, entry]): PartRecord['entries'][number] =>
    entry.type === 'file'
      ? { path, type: 'file', mode: entry.mode, size: entry.content.size, sha256: entry.content.sha256! }
      : { path, type: 'directory', mode: entry.mode },
  );
  return { components, entries: [...entries, ...added].sort((a, b) => comparePaths(a.path, b.path)) };
}
