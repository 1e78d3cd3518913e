/** Errors that come from nowhere: thrown by a timer, by an event, or in a promise that nothing waits for. */
import { messageOf, PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';

/**
 * Code of a plugin, a preset or a configuration failed where nothing waits for it: in a timer, in an event, or in a
 * promise without `await`. The message names the package or the file; its author can mend it.
 */
export class StrayError extends PycError {
  readonly code = 'PYC_STRAY_ERROR';
}

/** What was thrown, with the code that threw it where that is not this program's; a fault of this program is left as it is. */
export function strayError(thrown: unknown): unknown {
  const place = placeOf(thrown instanceof Error ? (thrown.stack ?? '') : '');
  if (place === undefined) return thrown;
  const name = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(place)?.[1];
  return new StrayError(
    `\`${visible(name ?? place)}\` failed where nothing waits for it: ${visible(messageOf(thrown))}`,
    {
      hint: 'report this to its author: a promise needs an `await`, a timer and an event a `try`',
      details: [{ file: place }],
      cause: thrown,
    },
  );
}

/** The file that threw, unless that is this program's; the runtime's are passed over. */
function placeOf(stack: string): string | undefined {
  const own = decodeURI(new URL('..', import.meta.url).pathname);
  for (const [, place = ''] of stack.matchAll(
    /(?:[\s(@]|file:\/\/)((?:\/|[A-Za-z]:[\\/])[^():\n]+):\d+:\d+/g,
  )) {
    const path = place.replace(/\?.*$/, '');
    return path.startsWith(own) ? undefined : path;
  }
  return undefined;
}
