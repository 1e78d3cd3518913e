import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildInMemory } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BytecodeCompiler } from '../../core/pipeline/bytecode/interpreter.ts';
import { withBytecode } from '../../core/pipeline/bytecode/part.ts';
import { itemsOfFiles, partOfItems } from '../../core/pipeline/collect/memory-part.ts';
import { readAll } from '../../core/primitives/bytes.ts';
import { createLimiter } from '../../core/primitives/concurrency.ts';
import type { Part, PartRecord, TreeItem } from '../../core/primitives/file-tree.ts';
import { createDiskStore } from '../../core/store/disk-store.ts';

const SITE = 'opt/venv/lib/python3.12/site-packages';

/** "Compiles" a module to its path, and refuses those that hold `print 1`; counts what it was asked. */
function fakeCompiler(version: string, asked: string[]): BytecodeCompiler {
  return {
    label: 'a fake',
    identity: [version],
    cacheTag: 'cpython-312',
    async compile(sources) {
      asked.push(...sources.map(({ path }) => path));
      return sources.map(({ path, bytes }) =>
        Buffer.from(bytes).includes('print 1') ? undefined : Buffer.from(`${version} ${path}`),
      );
    },
  };
}

async function storeFor() {
  const directory = await mkdtemp(join(tmpdir(), 'pyc-bytecode-'));
  const store = createDiskStore({ directory, limit: 100_000_000 });
  onTestFinished(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });
  return store;
}

function partOf(files: Readonly<Record<string, string>>): Part {
  const placed = Object.entries(files).map(([path, text]) => [
    path,
    { bytes: Buffer.from(text), mode: 0o644 },
  ]);
  return partOfItems(itemsOfFiles(Object.fromEntries(placed), 315_619_200, 'opt/venv'), {
    name: 'alpha',
    role: 'dependency',
    salt: 'test',
  });
}

async function itemsOf(part: Part): Promise<readonly TreeItem[]> {
  const items: TreeItem[] = [];
  for await (const item of part.entries()) items.push(item);
  return items;
}

describe('bytecode', () => {
  it('lies beside modules, in order, and is compiled once for a part and an interpreter', async () => {
    const store = await storeFor();
    const part = partOf({
      [`${SITE}/alpha/__init__.py`]: 'A = 1\n',
      [`${SITE}/alpha/old.py`]: 'print 1\n',
      [`${SITE}/alpha/data.txt`]: 'x',
      [`${SITE}/zeta.py`]: '',
      'opt/venv/bin/tool.py': 'B = 1\n',
    });
    const asked: string[] = [];
    const compile = (version: string, of = part) => {
      const known = new Map<string, PartRecord>();
      const records = {
        get: async (key: string) => known.get(key),
        set: async (key: string, record: PartRecord) => void known.set(key, record),
      };
      const compiler = fakeCompiler(version, asked);
      const { signal } = new AbortController();
      return withBytecode(of, { compiler, records, store, limit: createLimiter(2), signal });
    };
    const first = await compile('3.12.1');
    const items = await itemsOf(first);
    const paths = items.map(([path]) => path);
    expect(paths).toEqual([...paths].sort());
    expect(paths.filter((path) => path.includes('__pycache__'))).toEqual([
      `${SITE}/__pycache__`,
      `${SITE}/__pycache__/zeta.cpython-312.pyc`,
      `${SITE}/alpha/__pycache__`,
      `${SITE}/alpha/__pycache__/__init__.cpython-312.pyc`,
    ]);
    const record = await first.record();
    expect(record.entries.map(({ path }) => path)).toEqual(paths);
    const again = await compile('3.12.1');
    expect([again.key, await again.record()]).toEqual([first.key, record]);
    expect(asked).toEqual([`/${SITE}/alpha/__init__.py`, `/${SITE}/alpha/old.py`, `/${SITE}/zeta.py`]);
    const [, entry] = items.find(([path]) => path.endsWith('zeta.cpython-312.pyc'))!;
    const content = entry.type === 'file' ? await readAll(entry.content.open(), 100, 'it') : undefined;
    expect(Buffer.from(content!).toString()).toBe(`3.12.1 /${SITE}/zeta.py`);
    const other = await compile('3.12.2');
    expect([other.key === first.key, other.key === part.key, (await itemsOf(other)).length]).toEqual([
      false,
      false,
      items.length,
    ]);
    const data = partOf({ [`${SITE}/alpha/data.txt`]: 'x' });
    expect(await compile('3.12.1', data)).toBe(data);
  });

  it('is refused where the host has no interpreter for it, and for PyPy', async () => {
    const codes = [
      await buildInMemory({}, { bytecode: true }, { env: { PATH: '/nowhere' } }),
      await buildInMemory({}, { bytecode: true, python: { version: 'pypy3.11', libc: 'glibc-2.36' } }),
    ].map(({ report }) => report.error?.code);
    expect(codes).toEqual(['PYC_BYTECODE_NO_PYTHON', 'PYC_BYTECODE_NO_PYTHON']);
  });
});
