/**
 * Finds the references of stylesheets and scripts to other files as Django's manifest storage finds them, release by
 * release, and puts others in their place. Every search goes forward only, so that no file takes more than its length.
 */
import { SPACE } from './python-url.ts';

/** A release of Django whose rules are known. */
export type Release = '4.2' | '5.0' | '5.1' | '5.2' | '6.0' | '6.1';

/** In order: later ones have the rules of earlier ones where nothing else is said. */
export const RELEASES: readonly Release[] = ['4.2', '5.0', '5.1', '5.2', '6.0', '6.1'];

/** True for the releases from this one on. */
export function isSince(release: Release, first: Release): boolean {
  return RELEASES.indexOf(release) >= RELEASES.indexOf(first);
}

/** What is put in the place of a reference; undefined leaves it as it is. */
export type Convert = (url: string) => string | undefined;

interface Match {
  readonly start: number;
  readonly end: number;
  readonly url: string;
}

interface Rule {
  find(text: string): Iterable<Match>;
  write(url: string): string;
  /** What a reference that stays becomes: 4.2 loses comments that name a source map elsewhere. */
  readonly keeps: boolean;
}

/** @param extension - as in `.css`; files of others have no references */
export function replaceReferences(
  text: string,
  extension: string,
  release: Release,
  convert: Convert,
): string {
  const isStylesheet = extension === '.css';
  return rulesOf(isStylesheet, release).reduce((before, rule) => {
    const ignored = isSince(release, '6.1') ? ignoredIn(before, isStylesheet) : [];
    return replace(before, rule, ignored, convert);
  }, text);
}

function rulesOf(isStylesheet: boolean, release: Release): readonly Rule[] {
  const keeps = isSince(release, '5.0');
  if (!isStylesheet) {
    return [{ find: sourceMapsOfScripts, write: (url) => `//# sourceMappingURL=${url}`, keeps }];
  }
  return [
    {
      find: (text) => functions(text, isSince(release, '6.0')),
      write: (url) => `url("${url}")`,
      keeps: true,
    },
    { find: imports, write: (url) => `@import url("${url}")`, keeps: true },
    { find: sourceMapsOfStylesheets, write: (url) => `/*# sourceMappingURL=${url} */`, keeps },
  ];
}

function replace(text: string, rule: Rule, ignored: readonly Block[], convert: Convert): string {
  const pieces: string[] = [];
  let at = 0;
  let block = 0;
  for (const { start, end, url } of rule.find(text)) {
    while (block < ignored.length && ignored[block]![1] <= start) block += 1;
    const isIgnored = block < ignored.length && ignored[block]![0] < start;
    const converted = isIgnored ? undefined : convert(url);
    const kept = isIgnored || rule.keeps ? text.slice(start, end) : '';
    pieces.push(text.slice(at, start), converted === undefined ? kept : rule.write(converted));
    at = end;
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}

const NO_SPACE = new RegExp(`[^${SPACE}]`, 'g');

/** `url(…)`, with quotes or without; from 6.0 on, the closing quote is the opening one. */
function* functions(text: string, isPaired: boolean): Generator<Match> {
  const next = searcher(text);
  const opening = /url\(/gi;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const start = match.index;
    const inside = opening.lastIndex;
    const quote = text[inside] === '"' || text[inside] === "'" ? text[inside]! : '';
    const isStrict = isPaired && quote !== '';
    // In this order, so that every search goes forward.
    const bare = between(text, start, isStrict ? inside : inside + quote.length, ')', next);
    const quoted = isStrict ? between(text, start, inside + 1, `${quote})`, next) : undefined;
    const found = quoted ?? bare;
    if (found === undefined) continue;
    const isQuoted = !isPaired && /["']$/.test(found.url);
    yield isQuoted ? { ...found, url: found.url.slice(0, -1) } : found;
    opening.lastIndex = found.end;
  }
}

/** `@import "…"`, whatever the closing quote; ignoring case, Python takes a dotless and a dotted i as well. */
function* imports(text: string): Generator<Match> {
  const next = searcher(text);
  const word = /@[iıİ]mport/gi;
  for (let match = word.exec(text); match !== null; match = word.exec(text)) {
    const quote = behindSpace(text, word.lastIndex);
    if (text[quote] !== '"' && text[quote] !== "'") continue;
    const [one, other] = [`"`, `'`].map((needle) => between(text, match!.index, quote + 1, needle, next));
    const found = one === undefined || (other !== undefined && other.end < one.end) ? other : one;
    if (found === undefined) continue;
    yield found;
    word.lastIndex = found.end;
  }
}

function* sourceMapsOfStylesheets(text: string): Generator<Match> {
  for (const { start, line } of lines(text)) {
    const before = /^\/\*#[ \t]sourceMappingURL=/.exec(line)?.[0].length;
    if (before === undefined || line.length < before + 2 || !line.endsWith('*/')) continue;
    yield { start, end: start + line.length, url: line.slice(before, -2) };
  }
}

function* sourceMapsOfScripts(text: string): Generator<Match> {
  const before = '//# sourceMappingURL=';
  for (const { start, line } of lines(text)) {
    if (line.startsWith(before)) yield { start, end: start + line.length, url: line.slice(before.length) };
  }
}

/** Lines that could hold a source map, each without its `\n`. */
function* lines(text: string): Generator<{ readonly start: number; readonly line: string }> {
  const word = /sourceMappingURL=/g;
  for (let match = word.exec(text); match !== null; match = word.exec(text)) {
    const start = text.lastIndexOf('\n', match.index) + 1;
    const end = text.indexOf('\n', match.index);
    const line = text.slice(start, end === -1 ? undefined : end);
    yield { start, line };
    word.lastIndex = start + line.length;
  }
}

type Search = (needle: string, from: number) => number;

/** `indexOf` that remembers what it found, as it is asked from further and further on. */
function searcher(text: string): Search {
  const found = new Map<string, number>();
  return (needle, from) => {
    const known = found.get(needle);
    if (known !== undefined && (known === -1 || known >= from)) return known;
    const index = text.indexOf(needle, from);
    found.set(needle, index);
    return index;
  };
}

/** From behind the white space at `from` up to the next `needle` of the same line. */
function between(text: string, start: number, from: number, needle: string, next: Search): Match | undefined {
  const inside = behindSpace(text, from);
  const end = next(needle, inside);
  const newline = next('\n', inside);
  if (end === -1 || (newline !== -1 && newline < end)) return undefined;
  return { start, end: end + needle.length, url: text.slice(inside, end) };
}

function behindSpace(text: string, from: number): number {
  NO_SPACE.lastIndex = from;
  return NO_SPACE.exec(text)?.index ?? text.length;
}

/** A run of text in which nothing is replaced: from its first character to behind its last. */
type Block = readonly [start: number, end: number];

/** Comments, escapes and quoted texts, as 6.1 tells them; of scripts line comments and templates too. */
function ignoredIn(text: string, isStylesheet: boolean): readonly Block[] {
  const blocks: Block[] = [];
  const next = searcher(text);
  const opening = isStylesheet ? /\/\*|\\|["']/g : /\/\*|\/\/|\\|["'`]/g;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const start = match.index;
    const end = endOfIgnored(text, start, match[0], next);
    if (end === undefined) {
      opening.lastIndex = start + 1;
      continue;
    }
    blocks.push([start, end]);
    opening.lastIndex = end;
  }
  return blocks;
}

function endOfIgnored(text: string, start: number, opening: string, next: Search): number | undefined {
  if (opening === '/*') {
    const end = next('*/', start + 2);
    return end === -1 ? undefined : end + 2;
  }
  if (opening === '//') {
    const end = next('\n', start);
    return end === -1 ? text.length : end;
  }
  if (opening === '\\') return start + 2 <= text.length ? start + 2 : undefined;
  const stops = STOPS[opening]!;
  for (let at = start + 1; ; at += 2) {
    stops.lastIndex = at;
    at = stops.exec(text)?.index ?? text.length;
    if (text[at] === opening) return at + 1;
    if (text[at] !== '\\' || at + 1 >= text.length) return undefined;
  }
}

/** Where a quoted text may end or go on behind an escape; a template goes over the ends of lines. */
const STOPS: Readonly<Record<string, RegExp>> = { '"': /["\\\n]/g, "'": /['\\\n]/g, '`': /[`\\]/g };
