/** Shows where in a source something is wrong: the place in words, and the lines with a caret under it. */
import { visible } from '../primitives/path.ts';
import { ConfigSyntaxError } from './errors.ts';

/** Both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place of an offset. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** What a parser found, with the place. */
export function syntaxError(
  file: string,
  text: string,
  place: Place,
  reason: string,
  cause: unknown,
): ConfigSyntaxError {
  const { line, column } = place;
  const said = visible(reason.charAt(0).toLowerCase() + reason.slice(1).replace(/[.:]$/, ''));
  return new ConfigSyntaxError(
    `\`${visible(file)}\` is not well-formed at line ${line}, column ${column}: ${said}\n\n${excerpt(text, place)}`,
    { hint: `correct line ${line}`, cause },
  );
}

/** The line and the one above it. */
function excerpt(text: string, { line, column }: Place): string {
  const lines = text.split(/\r\n|\n|\r/);
  const first = Math.max(1, line - 1);
  const width = String(line).length;
  const numbered = lines.slice(first - 1, line).map((source, index) => {
    const number = String(first + index).padStart(width);
    return `  ${number} | ${visible(source.replaceAll('\t', ' ')).slice(0, 160)}`;
  });
  const caret = `  ${' '.repeat(width)} | ${' '.repeat(Math.min(160, Math.max(0, column - 1)))}^`;
  return [...numbered, caret].join('\n');
}
