/** Where a package of a uv.lock comes from: the `source` tables. */
import type { Entry } from '../document.ts';

export type UvSource =
  | { readonly kind: 'registry'; readonly url: string }
  /** A folder with files, as `find-links` names it. */
  | { readonly kind: 'registry-path'; readonly path: string }
  | UvGitSource
  | { readonly kind: 'url'; readonly url: string; readonly subdirectory: string | undefined }
  | { readonly kind: 'path' | 'directory' | 'editable' | 'virtual'; readonly path: string };

export interface UvGitSource {
  readonly kind: 'git';
  /** Without query and fragment. */
  readonly url: string;
  /** The tag, branch or revision that was asked for. */
  readonly requested: string | undefined;
  /** In full. */
  readonly commit: string;
  readonly subdirectory: string | undefined;
  /** An archive or a wheel inside the repository. */
  readonly path: string | undefined;
}

const PATHS = ['path', 'directory', 'editable', 'virtual'] as const;
const KINDS = ['registry', 'git', 'url', ...PATHS];

/** @throws LockMalformedError for a table that names no source or more than one */
export function readSource(entry: Entry): UvSource {
  const found = KINDS.filter((kind) => entry.has(kind));
  if (found.length !== 1) throw entry.fault('expected exactly one kind of source');
  for (const kind of PATHS) if (found[0] === kind) return { kind, path: entry.get(kind).string() };
  if (found[0] === 'registry') return readRegistry(entry.get('registry').string());
  if (found[0] === 'git') return readGit(entry.get('git'));
  return {
    kind: 'url',
    url: readUrl(entry.get('url')).href,
    subdirectory: entry.get('subdirectory').optionalString(),
  };
}

/** A text that is the same for the same source: edges name theirs in full. */
export function sourceKey(entry: Entry): string {
  const members = Object.entries(entry.table()).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(members);
}

/** The last segment of a URL's or a file's path, percent-decoded for a URL. */
export function fileNameOf(entry: Entry, location: string, isUrl: boolean): string {
  if (!isUrl) return location.slice(location.lastIndexOf('/') + 1);
  const path = location.replace(/[?#].*$/s, '');
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  } catch (cause) {
    throw entry.fault('the percent encoding of the file name is broken', cause);
  }
}

function readRegistry(location: string): UvSource {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(location)
    ? { kind: 'registry', url: location }
    : { kind: 'registry-path', path: location };
}

function readGit(entry: Entry): UvGitSource {
  const url = readUrl(entry);
  const commit = url.hash.slice(1);
  if (!/^[0-9a-f]{7,64}$/i.test(commit)) throw entry.fault('the fragment names no commit');
  const query = url.searchParams;
  const requested = query.get('rev') ?? query.get('tag') ?? query.get('branch') ?? undefined;
  const subdirectory = query.get('subdirectory') ?? undefined;
  const path = query.get('path') ?? undefined;
  url.hash = '';
  url.search = '';
  return { kind: 'git', url: url.href, requested, commit, subdirectory, path };
}

function readUrl(entry: Entry): URL {
  const url = URL.canParse(entry.string()) ? new URL(entry.string()) : undefined;
  if (url === undefined) throw entry.fault('it is not an absolute URL');
  return url;
}
