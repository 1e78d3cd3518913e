/** Text from outside on its way to a terminal. */
import { visible } from '../../primitives/path.ts';

/** Escapes what could move a cursor or hide text; line breaks stay. */
export function safe(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** Cut to a width, with an ellipsis where something is missing. */
export function cutTo(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
