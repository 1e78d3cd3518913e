/**
 * Keeps what goes from tap to tap from being changed: plain data is frozen, deep, and an attempt to change it is told
 * by the path that was meant. What has methods (stores, clients, layers, bases) may have a state and is left alone.
 */
import { fileURLToPath } from 'node:url';

/** What is frozen all the way down already. */
const frozen = new WeakSet<object>();

/** Freezes lists and objects without methods, and such within them. */
export function freezeData(value: unknown): void {
  if (!isData(value) || frozen.has(value)) return;
  frozen.add(value);
  Object.freeze(value);
  for (const inner of Object.values(value)) freezeData(inner);
}

/** An attempt to change what is frozen. */
export interface Change {
  /**
   * As in `resolution.distributions[3].version`. Several where more than one place fits, the nearest first; none where
   * the runtime does not say what was meant.
   */
  readonly paths: readonly string[];
  /** Where in the code, as in `/project/node_modules/x/index.js:12`. */
  readonly place: string | undefined;
}

/** Places that are named at most. */
const MOST = 3;
/** Deeper than any value: what lies in a later value is farther than all in an earlier one. */
const FAR = 1000;

/**
 * What was thrown, where it is the runtime's complaint of a change to one of these values. It tells the key and not the
 * object, so that the values are searched for whatever the key fits.
 *
 * @param values - by the name that paths begin with, the nearest first
 */
export function changeOf(thrown: unknown, values: Readonly<Record<string, unknown>>): Change | undefined {
  if (!(thrown instanceof TypeError)) return undefined;
  const attempt = attemptOf(thrown.message);
  if (attempt === undefined) return undefined;
  const place = placeOf(thrown);
  const { key, isList, fits, isNew = false } = attempt;
  if (key === undefined) return { paths: [], place };
  const found: Found[] = [];
  for (const [index, [name, value]] of Object.entries(values).entries()) {
    visit(value, name, index * FAR, new Set(), (container, path, depth) => {
      const isKind = (isList ?? Array.isArray(container)) === Array.isArray(container);
      if (isKind && fits(container, key)) found.push({ path: path + stepOf(container, key), depth });
    });
  }
  if (found.length > 0) return { paths: condensed(found), place };
  // A key that is new to an object could be meant for any of them.
  return isNew ? { paths: [key], place } : undefined;
}

interface Attempt {
  readonly key: string | undefined;
  readonly isList?: boolean | undefined;
  readonly isNew?: boolean;
  /** Whether it can have been this one. */
  fits(container: object, key: string): boolean;
}

/** V8's words (Node, Deno), then JavaScriptCore's (Bun), which name no key. */
function attemptOf(message: string): Attempt | undefined {
  const changed =
    /^Cannot (?:assign to read only property|delete property) '(.*?)' of (?:object )?'?(\[object Array\]|#<Object>)?/.exec(
      message,
    ) ?? /^Cannot redefine property: (.*)$/.exec(message);
  if (changed !== null) {
    const [, key, kind] = changed;
    return { key, isList: kind === undefined ? undefined : kind === '[object Array]', fits: Object.hasOwn };
  }
  const added = /^Cannot (?:add|define) property (.*?), object is not extensible$/.exec(message);
  if (added !== null) {
    const fits = (container: object, key: string): boolean =>
      Array.isArray(container) && String(container.length) === key;
    return { key: added[1], isNew: true, fits };
  }
  const unnamed = /readonly property|property on object that is not extensible|^Unable to delete property/i;
  return unnamed.test(message) ? { key: undefined, fits: () => false } : undefined;
}

interface Found {
  readonly path: string;
  readonly depth: number;
}

function visit(
  value: unknown,
  path: string,
  depth: number,
  seen: Set<object>,
  look: (container: object, path: string, depth: number) => void,
): void {
  if (typeof value !== 'object' || value === null || seen.has(value) || !Object.isFrozen(value)) return;
  seen.add(value);
  look(value, path, depth);
  for (const [key, inner] of Object.entries(value)) {
    visit(inner, path + stepOf(value, key), depth + 1, seen, look);
  }
}

function stepOf(container: object, key: string): string {
  if (Array.isArray(container)) return `[${key}]`;
  return /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** The nearest ones. Places that differ in indexes alone are one: `distributions[…].version`. */
function condensed(found: readonly Found[]): readonly string[] {
  const groups = new Map<string, string>();
  for (const { path } of [...found].sort((a, b) => a.depth - b.depth)) {
    const group = path.replace(/\[\d+\]/g, '[…]');
    groups.set(group, groups.has(group) ? group : path);
  }
  return [...groups.values()].slice(0, MOST);
}

/** The first line of code in the stack that is neither the runtime's nor without a file. */
function placeOf({ stack = '' }: Error): string | undefined {
  const [, url, path, line] =
    /(?:^|[\s(@])(?:(file:\/\/[^():\n]+)|(\/[^():\n]+|[A-Za-z]:[\\/][^():\n]+)):(\d+):\d+/m.exec(stack) ?? [];
  const file = url === undefined ? path : fileURLToPath(url);
  return file === undefined ? undefined : `${file}:${line}`;
}

function isData(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return !Object.values(value).some((inner) => typeof inner === 'function');
}
