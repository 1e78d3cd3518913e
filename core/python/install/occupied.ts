/**
 * The paths that one wheel occupies, and the directories above them. Refuses paths that get in each other's way on some
 * file system, and those that belong to the environment or would delete files of the base.
 */
import type { Digest } from '../../primitives/digest.ts';
import { baseName, type TreePath, visible } from '../../primitives/path.ts';
import { LayoutError } from './errors.ts';
import type { InstallScheme } from './scheme.ts';

const INTERPRETER = /^(?:python|pythonw|pypy|graalpy)[\d.]*t?$/i;
/** A whiteout (OCI image layer specification, "Whiteouts") anywhere in a path. */
const WHITEOUT = /(?:^|\/)\.wh\./;

export class OccupiedPaths {
  private readonly scheme: InstallScheme;
  private readonly files = new Map<string, { readonly path: TreePath; readonly sha256: Digest }>();
  private readonly parents = new Map<string, TreePath>();

  constructor(scheme: InstallScheme) {
    this.scheme = scheme;
  }

  /**
   * Takes a path for a file.
   *
   * @returns false where the same bytes are there already
   * @throws LayoutError where the path is refused or taken
   */
  add(path: TreePath, sha256: Digest): boolean {
    if (WHITEOUT.test(path))
      throw new LayoutError(`\`${visible(path)}\` would delete files of the base image`);
    this.refuseEnvironment(path);
    const key = foldedPath(path);
    const known = this.files.get(key);
    if (known !== undefined) {
      if (known.path === path && known.sha256 === sha256) return false;
      throw new LayoutError(
        known.path === path
          ? `\`${visible(path)}\` is there twice, with different content`
          : `\`${visible(known.path)}\` and \`${visible(path)}\` differ in case or Unicode form only`,
      );
    }
    this.files.set(key, { path, sha256 });
    this.addParents(path);
    return true;
  }

  /**
   * Every directory from the prefix down, in no order.
   *
   * @throws LayoutError where a file has the path of a directory
   */
  directories(): TreePath[] {
    const found = [...this.parents.values()];
    for (const directory of found) {
      const file = this.files.get(foldedPath(directory));
      if (file !== undefined) throw new LayoutError(`\`${visible(file.path)}\` is both a file and a folder`);
    }
    return found;
  }

  private addParents(path: TreePath): void {
    let at = path.lastIndexOf('/');
    while (at >= this.scheme.prefix.length) {
      const parent = path.slice(0, at) as TreePath;
      if (this.parents.has(parent)) return;
      this.parents.set(parent, parent);
      at = parent.lastIndexOf('/');
    }
  }

  private refuseEnvironment(path: TreePath): void {
    const { prefix, scripts } = this.scheme;
    const isInterpreter =
      path.length - scripts.length < 20 &&
      path === `${scripts}/${baseName(path)}` &&
      INTERPRETER.test(baseName(path));
    if (isInterpreter || path === `${prefix}/pyvenv.cfg`) {
      throw new LayoutError(`\`${visible(path)}\` would replace a part of the environment itself`);
    }
  }
}

/** The form in which a file system that ignores case or composes letters compares names. */
function foldedPath(path: string): string {
  const lower = path.toLowerCase();
  return /[^\0-\x7f]/.test(lower) ? lower.normalize('NFC').toLowerCase().normalize('NFC') : lower;
}
