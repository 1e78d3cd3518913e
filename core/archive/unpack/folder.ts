/**
 * A new folder that an archive is unpacked into. What was made is kept in mind and nothing else is looked at, so that no
 * entry is written through a link, over another one, or outside. Which archive the entries come from is not known here.
 */
import { copyFile, mkdir, open, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PycError } from '../../primitives/errors.ts';
import { FIXED_MTIME } from '../../primitives/file-tree.ts';
import { ancestorsOf, type TreePath, visible } from '../../primitives/path.ts';
import { leadsOutside } from './links.ts';

/**
 * An archive of sources holds what must not be unpacked on this host: a link that leads out of it, a device, an entry that
 * stands in another one's way, or more than an archive of its size ever holds. Nothing of it is used.
 */
export class UnpackError extends PycError {
  readonly code = 'PYC_ARCHIVE_UNSAFE';
  static override readonly usualHint =
    'use another version of it; where its authors made it like that, build its wheel by hand into a `wheelhouse`';
}

export interface UnpackLimits {
  readonly maxEntries: number;
  /** Bytes of all files. */
  readonly maxBytes: number;
}

export interface NewFile {
  readonly isExecutable: boolean;
  /** Seconds since 1970; earlier than what a zip archive can state is raised to that. */
  readonly mtime: number;
}

/** Past what a file system's time stamps and a zip's can state. */
const LATEST_MTIME = 4_000_000_000;

export class UnpackedFolder {
  readonly #directory: string;
  readonly #limits: UnpackLimits;
  readonly #types = new Map<string, 'file' | 'directory' | 'link'>();
  readonly #links = new Map<string, string>();
  #bytes = 0;

  /** @param directory - absolute; empty, and nobody else's */
  constructor(directory: string, limits: UnpackLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  /** The names at the top and what they are. */
  get top(): readonly (readonly [name: string, type: 'file' | 'directory' | 'link'])[] {
    return [...this.#types].filter(([path]) => !path.includes('/'));
  }

  /** Makes a folder; one that is there already is that one. */
  async directory(path: TreePath): Promise<void> {
    for (const at of [...ancestorsOf(path), path]) {
      const known = this.#types.get(at);
      if (known === 'directory') continue;
      if (known !== undefined) throw new UnpackError(`\`${visible(at)}\` is a ${known} and a folder`);
      this.#note(at, 'directory');
      await mkdir(join(this.#directory, at), 0o755);
    }
  }

  async file(
    path: TreePath,
    { isExecutable, mtime }: NewFile,
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    await this.#enter(path, 'file');
    // A name that differs by its case alone is another one here and the same on some hosts: `x` refuses it there.
    const file = await open(join(this.#directory, path), 'wx', isExecutable ? 0o755 : 0o644);
    try {
      for await (const chunk of body) {
        this.#count(path, chunk.length);
        await file.writeFile(chunk);
      }
      const time = Math.min(Math.max(mtime, FIXED_MTIME), LATEST_MTIME);
      await file.utimes(time, time);
    } finally {
      await file.close();
    }
  }

  /** A second name of a file that was there before: its copy. @param size - bytes of the file */
  async hardLink(path: TreePath, target: string, size: number): Promise<void> {
    if (this.#types.get(target) !== 'file') {
      throw new UnpackError(
        `the link \`${visible(path)}\` is to \`${visible(target)}\`, which is no file before it`,
      );
    }
    await this.#enter(path, 'file');
    this.#count(path, size);
    await copyFile(join(this.#directory, target), join(this.#directory, path));
  }

  /** Notes a link; it is made when all else is there. */
  async link(path: TreePath, target: string): Promise<void> {
    await this.#enter(path, 'link');
    this.#links.set(path, target);
  }

  /** Makes the links. @throws UnpackError where one leads outside */
  async finish(): Promise<void> {
    for (const [path, target] of this.#links) {
      if (leadsOutside(path, target, this.#links)) {
        throw new UnpackError(
          `the link \`${visible(path)}\` leads to \`${visible(target)}\`, outside of the archive`,
        );
      }
    }
    for (const [path, target] of this.#links) await symlink(target, join(this.#directory, path));
  }

  async #enter(path: TreePath, type: 'file' | 'link'): Promise<void> {
    const above = ancestorsOf(path).at(-1);
    if (above !== undefined) await this.directory(above);
    if (this.#types.has(path)) throw new UnpackError(`\`${visible(path)}\` is in the archive twice`);
    this.#note(path, type);
  }

  #note(path: string, type: 'file' | 'directory' | 'link'): void {
    this.#types.set(path, type);
    if (this.#types.size > this.#limits.maxEntries)
      throw new UnpackError(`the archive has more than ${this.#limits.maxEntries} entries`);
  }

  #count(path: string, bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.maxBytes) {
      throw new UnpackError(
        `the archive unpacks to more than ${this.#limits.maxBytes} bytes with \`${visible(path)}\``,
      );
    }
  }
}
