/** A piece of a source with a caret under the place that is meant. */
import { visible } from '../primitives/path.ts';

/**
 * @param line - from 1
 * @param column - from 1
 */
export function excerpt(text: string, line: number, column: number): string {
  const lines = text.split(/\r\n|\n|\r/);
  const first = Math.max(1, line - 1);
  const shown = lines.slice(first - 1, line);
  const width = String(line).length;
  const numbered = shown.map(
    (source, index) =>
      `  ${String(first + index).padStart(width)} | ${visible(source.replaceAll('\t', ' ')).slice(0, 160)}`,
  );
  const caret = `  ${' '.repeat(width)} | ${' '.repeat(Math.min(160, Math.max(0, column - 1)))}^`;
  return [...numbered, caret].join('\n');
}
