/** What a tar says of one entry, made of its header blocks; and which names are let in. */
import { parseTreePath, type TreePath, type TreePathAllowance, visible } from '../../primitives/path.ts';
import { TarError, type TarHeader } from './header.ts';

export type TarEntryType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'character-device'
  | 'block-device'
  | 'fifo';

/** An entry, with what PAX and GNU headers say of it applied. */
export interface TarEntry {
  /** Without a leading `./` and a trailing slash; empty for the root directory itself. */
  readonly path: TreePath | '';
  readonly type: TarEntryType;
  /** The 12 permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  /** Whole seconds since 1970; may be negative. */
  readonly mtime: number;
  /** Bytes of content: 0 for all but files. */
  readonly size: number;
  /** Of a symlink: the target as written, which may lead anywhere. Of a hard link: a checked path from the root. */
  readonly linkTarget?: string;
  /** Of devices. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Names of extended attributes; their values are not read. */
  readonly xattrs: readonly string[];
}

/** What PAX and GNU headers say in place of the header block. */
export interface TarOverrides {
  readonly path?: string;
  readonly linkPath?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly userName?: string;
  readonly groupName?: string;
  readonly xattrs?: readonly string[];
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
};

/**
 * @param size the content's size, which `guard` has found
 * @param allowance what names may hold
 * @throws TarError for types that are not known, and names that lie outside
 */
export function tarEntryOf(
  header: TarHeader,
  over: TarOverrides,
  size: number,
  allowance: TreePathAllowance = {},
): TarEntry {
  const name = over.path ?? header.name;
  const stated = TYPES[header.type];
  if (stated === undefined)
    throw new TarError(`the tar entry \`${visible(name)}\` has the unknown type \`${visible(header.type)}\``);
  // Old archives mark directories by the slash alone.
  const type = stated === 'file' && name.endsWith('/') ? 'directory' : stated;
  if (type !== 'file' && size !== 0)
    throw new TarError(`the tar entry \`${visible(name)}\` is a ${type} with content`);
  const path = tarPath(name, allowance);
  if (path === '' && type !== 'directory') throw new TarError(`the tar has a ${type} without a name`);
  const entry: TarEntry = {
    path,
    type,
    mode: header.mode & 0o7777,
    uid: over.uid ?? header.uid,
    gid: over.gid ?? header.gid,
    userName: over.userName ?? header.userName,
    groupName: over.groupName ?? header.groupName,
    mtime: over.mtime ?? header.mtime,
    size,
    xattrs: over.xattrs ?? [],
  };
  if (type === 'hardlink' || type === 'symlink')
    return { ...entry, linkTarget: linkTarget(entry, over.linkPath ?? header.linkName, allowance) };
  if (type === 'character-device' || type === 'block-device')
    return { ...entry, device: { major: header.major, minor: header.minor } };
  return entry;
}

/** Drops `./`, doubled and trailing slashes; refuses what could lie elsewhere. */
function tarPath(name: string, allowance: TreePathAllowance): TreePath | '' {
  if (name.startsWith('/')) throw new TarError(`the tar entry \`${visible(name)}\` is absolute`);
  const segments = name.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.length === 0 ? '' : parseTreePath(segments.join('/'), allowance);
}

function linkTarget(entry: TarEntry, target: string, allowance: TreePathAllowance): string {
  if (target === '') throw new TarError(`the link \`${visible(entry.path)}\` in the tar has no target`);
  return entry.type === 'hardlink' ? tarPath(target, allowance) : target;
}
