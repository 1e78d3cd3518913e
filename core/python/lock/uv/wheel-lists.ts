/**
 * The lists of wheels in a uv.lock, nine tenths of its text, read by their lines as uv writes them, so that the parser of TOML
 * has only the rest to do. Whatever is written in another way is left to that parser, which decides what is valid.
 */
import type { UvFile } from './uv-lock.ts';

/** A lock whose lists were taken out. */
export interface TakenLists {
  /** The lock with `wheels = N` in the place of the list N. */
  readonly rest: string;
  readonly lists: readonly (readonly UvFile[])[];
}

const START = '\nwheels = [\n';
const END = ']\n';
/** No escapes and no control characters in any text, and no URL with more than a path. */
const LINE =
  / {4}\{ (url|path|filename) = "([\w.~!$&'()*,;:@/=+%-]+)"(?:, hash = "([a-z0-9]+:[0-9a-f]+)")?(?:, size = ([1-9]\d{0,14}))?(?:, upload-time = "[\w.:+-]*")? \},\n/y;
/** Only in these could a line be something else than it looks like. */
const MULTILINE = /"""|'''/;

/** @returns undefined where any list is not written as uv does */
export function takeWheelLists(text: string): TakenLists | undefined {
  if (MULTILINE.test(text)) return undefined;
  const lists: (readonly UvFile[])[] = [];
  const rest: string[] = [];
  let end = 0;
  for (let start = text.indexOf(START); start >= 0; start = text.indexOf(START, end)) {
    rest.push(text.slice(end, start), `\nwheels = ${lists.length}\n`);
    LINE.lastIndex = start + START.length;
    const files: UvFile[] = [];
    let last = LINE.lastIndex;
    for (let line = LINE.exec(text); line !== null; line = LINE.exec(text)) {
      const file = fileOf(line);
      if (file === undefined) return undefined;
      files.push(file);
      last = LINE.lastIndex;
    }
    if (!text.startsWith(END, last)) return undefined;
    lists.push(files);
    // The next list may begin with the line break that ends this one.
    end = last + END.length - 1;
  }
  rest.push(text.slice(end));
  return { rest: rest.join(''), lists };
}

function fileOf([, key, location = '', hash, size]: RegExpExecArray): UvFile | undefined {
  const last = location.slice(location.lastIndexOf('/') + 1);
  const name = key === 'filename' ? location : key === 'url' && last.includes('%') ? decoded(last) : last;
  if (name === undefined) return undefined;
  return {
    name,
    url: key === 'url' ? location : undefined,
    path: key === 'path' ? location : undefined,
    hash,
    size: size === undefined ? undefined : Number(size),
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
