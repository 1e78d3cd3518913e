/** The collected tree as a file system to look into: by path, through links, with contents that are opened on demand. */
import {
  ancestorsOf,
  type Collected,
  type Content,
  type Part,
  type RecordedEntry,
  readAll,
  type TreePath,
} from 'pycontainer';
import { joinPath, normalizePath, splitPath } from './python-url.ts';

/** A file or folder, and its own path where a link led to it. */
export interface Found {
  /** Relative to the root. */
  readonly path: string;
  readonly type: 'file' | 'directory';
  /** Of a file. */
  readonly sha256?: string;
  /** Bytes of a file. */
  readonly size?: number;
}

export interface TreeView {
  /** What lies at a path, relative to the root or absolute; links are followed. */
  find(path: string): Found | undefined;
  /** The names in a folder, sorted; none where there is no such folder. */
  list(path: string): readonly string[];
  /** Contents of files by their own paths. Opens the parts that hold them. */
  contents(paths: Iterable<string>, signal?: AbortSignal): Promise<ReadonlyMap<string, Content>>;
  /** A small file, whole. */
  read(path: string, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Links that lead to links. */
const MAX_LINKS = 40;
/** Python sources and their like. */
const MAX_READ = 16 * 1024 * 1024;

/** @param signal - ends reading the parts' records */
export async function viewOf({ tree }: Collected, signal: AbortSignal): Promise<TreeView> {
  const entries = new Map<string, RecordedEntry>();
  const holders = new Map<string, Part>();
  const children = new Map<string, Set<string>>();
  for (const part of tree.parts) {
    for (const entry of (await part.record(signal)).entries) {
      if (entries.has(entry.path)) continue;
      entries.set(entry.path, entry);
      holders.set(entry.path, part);
      addTo(children, entry.path);
      for (const above of ancestorsOf(entry.path).reverse()) if (!addTo(children, above)) break;
    }
  }
  const resolve = (path: string, links = 0): string | undefined => {
    let at = '';
    const segments = path.split('/');
    for (const [index, segment] of segments.entries()) {
      at = joinPath(at, segment);
      const entry = entries.get(at);
      if (entry?.type !== 'symlink') continue;
      const target = normalizePath(joinPath(`/${splitPath(at)[0]}`, entry.target)).slice(1);
      const rest = [target, ...segments.slice(index + 1)].join('/');
      return links > MAX_LINKS ? undefined : resolve(rest, links + 1);
    }
    return at;
  };
  const find = (path: string): Found | undefined => {
    const own = resolve(normalizePath(`/${path}`).slice(1));
    if (own === undefined) return undefined;
    const entry = entries.get(own);
    if (entry?.type === 'file') return { path: own, type: 'file', sha256: entry.sha256, size: entry.size };
    return children.has(own) || entry?.type === 'directory' ? { path: own, type: 'directory' } : undefined;
  };
  const view: TreeView = {
    find,
    list(path) {
      const found = find(path);
      return found?.type === 'directory' ? [...(children.get(found.path) ?? [])].sort() : [];
    },
    async contents(paths, inner) {
      const wanted = new Set(paths);
      const parts = new Set([...wanted].flatMap((path) => holders.get(path) ?? []));
      const found = new Map<string, Content>();
      for (const part of parts) {
        for await (const [path, entry] of part.entries(inner)) {
          if (entry.type === 'file' && wanted.has(path) && holders.get(path) === part)
            found.set(path, entry.content);
        }
      }
      return found;
    },
    async read(path, inner) {
      const content = (await view.contents([path], inner)).get(path)!;
      return readAll(content.open(), MAX_READ, `\`/${path}\``);
    },
  };
  return view;
}

/** False where the folder knew of it. */
function addTo(children: Map<string, Set<string>>, path: TreePath): boolean {
  const [folder, name] = splitPath(path);
  const known = children.get(folder) ?? new Set();
  children.set(folder, known);
  if (known.has(name)) return false;
  known.add(name);
  return true;
}
