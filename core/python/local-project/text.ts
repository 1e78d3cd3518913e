/** Texts of a project's files, read and written as Python's text files are; and the lines of METADATA. */
import { visible } from '../../primitives/path.ts';
import { notStatic } from './not-static.ts';
import type { ProjectFiles } from './project-files.ts';
import { parentOf, relativePath, typeOf } from './tree.ts';

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a project's file.
 *
 * @param path as written in pyproject.toml
 * @param newlines `kept`, or as Python's text files have them: all kinds become `\n`
 * @throws NotStatic where there is no such file in the project, or it is no UTF-8
 */
export function readText(
  files: ProjectFiles,
  path: string,
  newlines: 'kept' | 'universal' = 'universal',
): string {
  const text = decode(files.read(existingFile(files, path)), path);
  return newlines === 'kept' ? text : text.replace(/\r\n?/g, '\n');
}

/** The path of a file that must be there, normalised. */
export function existingFile(files: ProjectFiles, path: string): string {
  const normal = relativePath(path);
  for (let above = parentOf(normal); above !== ''; above = parentOf(above)) {
    if (typeOf(files, above) === 'link') notStatic(`\`${visible(path)}\` is reached by a link`);
  }
  if (typeOf(files, normal) !== 'file') notStatic(`\`${visible(path)}\` is not a file of the project`);
  return normal;
}

export function decode(bytes: Uint8Array, path: string): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return notStatic(`\`${visible(path)}\` is not UTF-8`);
  }
}

/** The lines of a header block: `Key: value`, and nothing where the value is undefined. */
export class HeaderLines {
  #text = '';

  add(key: string, value: string | undefined): this {
    if (value !== undefined) {
      // A line break in a value would be a field of its own, or the end of all fields.
      if (/[\r\n]/.test(value)) notStatic(`\`${key}\` would have more than one line`);
      this.#text += `${key}: ${value}\n`;
    }
    return this;
  }

  addAll(key: string, values: readonly string[] | undefined): this {
    for (const value of values ?? []) this.add(key, value);
    return this;
  }

  /** A value whose further lines are indented. */
  addLines(key: string, lines: readonly string[], indent: string): this {
    this.#text += `${key}: ${lines.join(`\n${indent}`)}\n`;
    return this;
  }

  toString(): string {
    return this.#text;
  }
}

/** Splits as Python's `str.splitlines` does; a newline at the end begins no line. */
export function pythonLines(text: string): readonly string[] {
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
