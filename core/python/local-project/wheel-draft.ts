/** Gathers a wheel's files while a backend's rules are followed, and refuses what could not be in one wheel. */

import { comparePaths, parseTreePath } from '../../primitives/path.ts';
import { normalizeName } from '../name.ts';
import { notStatic } from './not-static.ts';
import type { PlannedFile, PlannedWheel } from './plan.ts';
import type { ProjectFiles } from './project-files.ts';

/** How a backend treats the executable bit of the sources. */
export type ModeRule = 'kept' | 'dropped';

export class WheelDraft {
  readonly stem: string;
  readonly #files = new Map<string, PlannedFile>();
  readonly #project: ProjectFiles;

  /** @param name as declared; @param version normalised */
  constructor(project: ProjectFiles, name: string, version: string) {
    this.#project = project;
    this.stem = `${normalizeName(name).replaceAll('-', '_')}-${version.replaceAll('-', '_')}`;
  }

  get distInfo(): string {
    return `${this.stem}.dist-info`;
  }

  get data(): string {
    return `${this.stem}.data`;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** A file of the project. A second one at the same path is refused. */
  addSource(path: string, source: string, rule: ModeRule = 'kept'): void {
    const mode = rule === 'kept' && this.#project.isExecutable(source) ? 0o755 : 0o644;
    this.#add({ path: parseTreePath(path), mode, source });
  }

  addBytes(path: string, content: string | Buffer, mode: 0o644 | 0o755 = 0o644): void {
    this.#add({ path: parseTreePath(path), mode, bytes: Buffer.from(content) });
  }

  /** A file of the `.dist-info` folder. */
  addInfo(name: string, content: string): void {
    this.addBytes(`${this.distInfo}/${name}`, content);
  }

  /** @param tag as in `py3-none-any` */
  finish(tag: string): PlannedWheel {
    const files = [...this.#files.values()].sort((a, b) => comparePaths(a.path, b.path));
    return { fileName: `${this.stem}-${tag}.whl`, distInfo: this.distInfo, files };
  }

  #add(file: PlannedFile): void {
    const known = this.#files.get(file.path);
    if (known !== undefined) notStatic(`two files would be \`${file.path}\``);
    this.#files.set(file.path, file);
  }
}
