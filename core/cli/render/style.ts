/** Colours for one stream: on a terminal, unless NO_COLOR, TERM=dumb or FORCE_COLOR say otherwise. Nothing is said by colour alone. */
import * as colors from 'kleur/colors';
import type { TextSink } from '../io.ts';

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

/** True where a stream is a terminal that can move its cursor. */
export function isTerminal(stream: TextSink, env: Readonly<Record<string, string | undefined>>): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb';
}

/** no-color.org, force-color.org. */
export function styleOf(stream: TextSink, env: Readonly<Record<string, string | undefined>>): Style {
  if (!isColored(stream, env)) {
    return { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };
  }
  // The library decides by standard output, once; here each stream was asked.
  colors.$.enabled = true;
  const { bold, dim, red, green, yellow, cyan } = colors;
  return { bold, dim, red, green, yellow, cyan };
}

function isColored(stream: TextSink, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return env.FORCE_COLOR !== '0';
  return isTerminal(stream, env);
}

function plain(text: string): string {
  return text;
}
