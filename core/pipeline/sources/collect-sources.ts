/**
 * Turns a project's sources into entries of the tree: modes and times made even, contents hashed, links
 * checked. Which files belong to a project is decided in `source-walk`.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { messageOf } from '../../primitives/errors.ts';
import { type Content, FIXED_MTIME, type TreeItem } from '../../primitives/file-tree.ts';
import { breathe, readHostFile } from '../../primitives/host-file.ts';
import { ancestorsOf, comparePaths, joinTreePath, type TreePath, visible } from '../../primitives/path.ts';
import { SourceFileError, SourceLinkError } from './errors.ts';
import { type FoundSource, type WalkOptions, walkSources } from './source-walk.ts';

export interface CollectOptions extends WalkOptions {
  /** Where in the image the sources go. Default `app`. */
  readonly prefix?: string;
  /** Seconds since 1970. Default {@link FIXED_MTIME}. */
  readonly mtime?: number;
}

const OWNER = { uid: 0, gid: 0 } as const;

/**
 * The sources of a project as they go into the image: sorted, with the folders from the prefix down; files
 * root's, 0644 or 0755; each content with its SHA-256.
 *
 * @param directory absolute
 * @throws SourceLinkError for links that lead out of the project
 * @throws SourceFileError for what cannot be read
 * @throws TreePathError for names that cannot be in an image
 */
export async function collectSources(directory: string, options: CollectOptions = {}): Promise<TreeItem[]> {
  const prefix = options.prefix ?? 'app';
  const common = { ...OWNER, mtime: options.mtime ?? FIXED_MTIME };
  const items: TreeItem[] = [];
  const folders = new Set<TreePath>([joinTreePath('', prefix)]);
  for (const [count, source] of (await walkSources(directory, options)).entries()) {
    if (count % 256 === 255) await breathe(options.signal);
    const path = joinTreePath(prefix, source.path);
    for (const above of ancestorsOf(path)) if (above.length > prefix.length) folders.add(above);
    if (source.type === 'symlink') {
      items.push([path, { type: 'symlink', mode: 0o777, ...common, target: targetOf(directory, source) }]);
    } else {
      const { mode, content } = await readSource(directory, source, options.signal);
      items.push([path, { type: 'file', mode, ...common, content }]);
    }
  }
  for (const folder of folders) items.push([folder, { type: 'directory', mode: 0o755, ...common }]);
  return items.sort(([a], [b]) => comparePaths(a, b));
}

async function readSource(
  directory: string,
  source: FoundSource,
  signal: AbortSignal | undefined,
): Promise<{ mode: number; content: Content }> {
  const file = join(directory, source.path);
  // What a name's bytes were cannot be told any more: the runtime put this mark in place of what is no UTF-8.
  if (source.path.includes('\ufffd') && lstatSync(file, { throwIfNoEntry: false }) === undefined) {
    throw new SourceFileError(`the name of \`${visible(source.path)}\` is not UTF-8`, {
      hint: 'rename the file, or leave its folder out with `.pycignore`',
    });
  }
  try {
    const { isExecutable, content } = await readHostFile(file, signal);
    return { mode: isExecutable ? 0o755 : 0o644, content };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new SourceFileError(`\`${visible(source.path)}\` cannot be read: ${messageOf(cause)}`, {
      hint: 'make it readable, or leave it out with `.pycignore`',
      cause,
    });
  }
}

/** @throws SourceLinkError for absolute targets and those above the project; the link itself is never followed */
function targetOf(directory: string, { path }: FoundSource): string {
  const target = readlinkSync(join(directory, path)).replaceAll('\\', '/');
  const absolute = target.startsWith('/') || /^[A-Za-z]:/.test(target);
  const inside = absolute ? '..' : posix.normalize(posix.join(posix.dirname(path), target));
  if (inside === '..' || inside.startsWith('../')) {
    throw new SourceLinkError(
      `the link \`${visible(path)}\` leads to \`${visible(target)}\`, which is outside of the project`,
      { hint: `add \`${visible(path)}\` to \`.pycignore\`, or put a copy of the file in its place` },
    );
  }
  return target;
}
