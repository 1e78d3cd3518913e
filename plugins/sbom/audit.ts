/**
 * Which files of layers no component claims: a component claims what it is (a file), what its distribution's RECORD lists, or what
 * its package's list names. Only the document and the layers are believed, so that it holds for any image.
 */
import { posix } from 'node:path';
import { decompress, type Layer, readAll, readTar } from 'pycontainer';

/** Bytes of a RECORD or of a package's list. */
const MAX_LIST = 64 * 1024 * 1024;
/** Bytes of a layer when unpacked. */
const MAX_LAYER = 64 * 1024 ** 3;
const LISTS = /\.dist-info\/RECORD$|^\/var\/lib\/dpkg\/(?:info\/[^/]+\.list|status\.d\/[^/]+\.md5sums)$/;

/** @param document CycloneDX as JSON. @returns absolute paths, sorted */
export async function unclaimedFiles(
  layers: readonly Layer[],
  document: Uint8Array,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const paths = new Set<string>();
  const lists = new Map<string, string>();
  for (const layer of layers) {
    const bytes = await layer.open(signal);
    await readTar(
      decompress(bytes, { what: 'the layer', limit: MAX_LAYER, signal }),
      async ({ path, type, size }, body) => {
        if (type === 'directory') return;
        const absolute = `/${path}`;
        const name = posix.basename(absolute);
        if (name.startsWith('.wh.')) return;
        paths.add(absolute);
        if (LISTS.test(absolute))
          lists.set(
            absolute,
            Buffer.from(await readAll(body, Math.min(size, MAX_LIST), path)).toString('utf8'),
          );
      },
      { signal },
    );
  }
  const claimed = claimsOf(componentsIn(document), lists);
  return [...paths].filter((path) => !isClaimed(path, claimed)).sort();
}

interface Component {
  readonly type?: unknown;
  readonly name?: unknown;
  readonly purl?: unknown;
  readonly components?: unknown;
  readonly evidence?: { readonly occurrences?: readonly { readonly location?: unknown }[] };
}

function componentsIn(document: Uint8Array): Component[] {
  const flat = (components: unknown): Component[] =>
    Array.isArray(components)
      ? (components as Component[]).flatMap((one) => [one, ...flat(one.components)])
      : [];
  return flat((JSON.parse(Buffer.from(document).toString('utf8')) as Component).components);
}

function claimsOf(components: readonly Component[], lists: ReadonlyMap<string, string>): ReadonlySet<string> {
  const claimed = new Set<string>();
  for (const { type, name, purl, evidence } of components) {
    if (type === 'file' && typeof name === 'string') claimed.add(name);
    for (const { location } of evidence?.occurrences ?? []) {
      if (typeof location !== 'string' || typeof purl !== 'string') continue;
      if (purl.startsWith('pkg:pypi/')) {
        const folder = posix.dirname(location);
        for (const path of recordedPaths(lists.get(`${folder}/RECORD`) ?? '')) {
          claimed.add(posix.join(posix.dirname(folder), path));
        }
      } else if (purl.startsWith('pkg:deb/')) {
        claimed.add(location);
        for (const path of packagePaths(String(name), lists)) claimed.add(path);
      }
    }
  }
  return claimed;
}

/** The first field of each row; quoted where it has a comma or a quote in it. */
function recordedPaths(record: string): string[] {
  return record.split(/\r?\n/).flatMap((row) => {
    const quoted = /^"((?:[^"]|"")*)"/.exec(row)?.[1];
    const path =
      quoted === undefined ? row.slice(0, Math.max(row.indexOf(','), 0)) : quoted.replaceAll('""', '"');
    return path === '' ? [] : [path];
  });
}

function packagePaths(name: string, lists: ReadonlyMap<string, string>): string[] {
  return [...lists].flatMap(([path, text]) => {
    const owner = /\/(?:info|status\.d)\/([^/:]+)(?::[a-z0-9-]+)?\.(?:list|md5sums)$/.exec(path)?.[1];
    if (owner !== name) return [];
    const lines = text.split('\n').filter((line) => line !== '');
    return [path, ...(path.endsWith('.list') ? lines : lines.map((line) => `/${line.slice(34)}`))];
  });
}

/** Bytecode belongs to its module. */
function isClaimed(path: string, claimed: ReadonlySet<string>): boolean {
  if (claimed.has(path)) return true;
  const module = /^(.*)\/__pycache__\/([^/]+)\.[a-z]+-?\d+[a-z]*(?:\.opt-\d)?\.pyc$/.exec(path);
  return module !== null && claimed.has(`${module[1]}/${module[2]}.py`);
}
