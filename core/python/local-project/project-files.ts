/**
 * A project's folder, as build backends walk it. Folders are listed when they are asked for, so that what no rule looks at
 * costs nothing. Links are listed and never followed: where they lead is not this module's to decide.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_METADATA } from '../../primitives/limits.ts';
import { comparePaths, visible } from '../../primitives/path.ts';
import { notStatic } from './not-static.ts';

export interface ProjectEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'link' | 'other';
}

/** Paths are relative to the project's folder, `/`-separated, `''` for that itself. */
export interface ProjectFiles {
  /** Sorted by name by code unit; empty where there is no such folder. */
  list(folder: string): readonly ProjectEntry[];
  /** The bytes of a small file. @throws NotStatic past {@link MAX_METADATA} bytes, or where it cannot be read */
  read(path: string): Buffer;
  /** Whether its owner may execute it, which is what backends keep of a file's mode. */
  isExecutable(path: string): boolean;
}

/** More entries than any project has that is not taken for one by mistake. */
const MAX_LISTED = 200_000;

/** Neither follows a link nor waits for a pipe that took the file's place. */
const READ_ONLY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** @param directory absolute */
export function projectFilesIn(directory: string): ProjectFiles {
  const listed = new Map<string, readonly ProjectEntry[]>();
  let count = 0;
  return {
    list(folder) {
      const known = listed.get(folder);
      if (known !== undefined) return known;
      const entries = listFolder(join(directory, folder));
      count += entries.length;
      if (count > MAX_LISTED) notStatic(`the project has more than ${MAX_LISTED} files`);
      listed.set(folder, entries);
      return entries;
    },
    read: (path) => readSmall(join(directory, path), path),
    isExecutable: (path) => (statSync(join(directory, path)).mode & 0o100) !== 0,
  };
}

function listFolder(folder: string): readonly ProjectEntry[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .map(
        (entry): ProjectEntry => ({
          name: entry.name,
          type: entry.isFile()
            ? 'file'
            : entry.isDirectory()
              ? 'folder'
              : entry.isSymbolicLink()
                ? 'link'
                : 'other',
        }),
      )
      .sort((a, b) => comparePaths(a.name, b.name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    return notStatic(`\`${visible(folder)}\` cannot be listed`);
  }
}

function readSmall(file: string, path: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(file, READ_ONLY);
  } catch {
    return notStatic(`\`${visible(path)}\` cannot be read`);
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) notStatic(`\`${visible(path)}\` is not a file`);
    if (found.size > MAX_METADATA) notStatic(`\`${visible(path)}\` is larger than metadata may be`);
    const bytes = Buffer.alloc(found.size);
    let at = 0;
    while (at < bytes.length) {
      const read = readSync(descriptor, bytes, at, bytes.length - at, at);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}
