/**
 * The simple commands of a POSIX shell script (POSIX.1, "Shell Command Language"), read without running it:
 * enough of the grammar to see which programs a maintainer script calls and where it writes.
 */

export interface ShellCommand {
  /** The command and its arguments, with quotes taken off; variables stay as written. */
  readonly words: readonly string[];
  /** Files that output is sent to. */
  readonly writes: readonly string[];
}

/** Words that begin or join commands, and are none. */
const KEYWORDS: ReadonlySet<string> = new Set([
  '!',
  '{',
  '}',
  'do',
  'done',
  'elif',
  'else',
  'esac',
  'fi',
  'if',
  'then',
  'time',
  'until',
  'while',
]);

interface Token {
  readonly kind: 'word' | 'operator';
  readonly text: string;
}

/** Every simple command in order, also those in branches and in functions that may never be called. */
export function commandsOf(script: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let writes: string[] = [];
  let depth = 0;
  const end = (): void => {
    const command = simple(words);
    if (command.length > 0 || writes.length > 0) commands.push({ words: command, writes });
    words = [];
    writes = [];
  };
  const tokens = tokensOf(withoutDocuments(script));
  for (let at = 0; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!;
    if (kind === 'word') {
      words.push(text);
    } else if (text === '>' || text === '>>') {
      const target = tokens[at + 1];
      // The number of a file descriptor stands before the sign, as a word of its own.
      if (/^\d$/.test(words.at(-1) ?? '')) words.pop();
      if (target?.kind === 'word') {
        if (!/^(?:&.*|\/dev\/(?:null|stdout|stderr|tty))$/.test(target.text)) writes.push(target.text);
        at += 1;
      }
    } else if (text === '<') {
      at += 1;
    } else if (text === '(') {
      // `name ()` begins a function.
      if (tokens[at + 1]?.text === ')') at += 1;
      else if (!beginsPattern(tokens, at)) depth += 1;
      if (words.length === 1 && tokens[at]?.text === ')') words = [];
      else end();
    } else if (text === ')') {
      // Without an opening one it ends the pattern of a case.
      if (depth === 0) words = [];
      else {
        depth -= 1;
        end();
      }
    } else if (text === '|' && depth === 0 && isPattern(tokens, at)) {
      words = [];
    } else {
      end();
    }
  }
  end();
  return commands;
}

/** `a|b)` separates patterns, not commands: only words and bars come before the parenthesis. */
function isPattern(tokens: readonly Token[], from: number): boolean {
  let at = from + 1;
  while (tokens[at]?.kind === 'word' || tokens[at]?.text === '|') at += 1;
  return tokens[at]?.text === ')';
}

/** `(a) …` is a pattern too where a case begins or its last branch ended. */
function beginsPattern(tokens: readonly Token[], from: number): boolean {
  let at = from - 1;
  while (tokens[at]?.text === '\n') at -= 1;
  return tokens[at]?.text === ';;' || tokens[at]?.text === 'in';
}

/** Drops keywords and assignments before the command, and the heads of loops and cases. */
function simple(words: readonly string[]): readonly string[] {
  let at = 0;
  while (at < words.length && (KEYWORDS.has(words[at]!) || /^[A-Za-z_][A-Za-z0-9_]*=/.test(words[at]!)))
    at += 1;
  if (words[at] === 'for' || words[at] === 'case') return [];
  return words.slice(at);
}

/** Takes here-documents out: their text is data. */
function withoutDocuments(script: string): string {
  const kept: string[] = [];
  const ends: { readonly word: string; readonly tabs: boolean }[] = [];
  for (const line of script.replace(/\\\n/g, ' ').split('\n')) {
    const [next] = ends;
    if (next !== undefined) {
      if ((next.tabs ? line.replace(/^\t+/, '') : line) === next.word) ends.shift();
      continue;
    }
    kept.push(
      line.replace(
        /<<(-?)\s*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z_][A-Za-z0-9_]*))/g,
        (_match, dash: string, a, b, c) => {
          ends.push({ word: String(a ?? b ?? c), tabs: dash === '-' });
          return '';
        },
      ),
    );
  }
  return kept.join('\n');
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let word: string | undefined;
  const close = (): void => {
    if (word !== undefined) tokens.push({ kind: 'word', text: word });
    word = undefined;
  };
  for (let at = 0; at < text.length; ) {
    const character = text[at]!;
    if (character === "'") {
      const stop = endOf(text, text.indexOf("'", at + 1));
      word = (word ?? '') + text.slice(at + 1, stop);
      at = stop + 1;
    } else if (character === '"' || character === '`') {
      const stop = closing(text, at, character);
      word = (word ?? '') + text.slice(at + 1, stop);
      at = stop + 1;
    } else if (text.startsWith('$(', at) || text.startsWith('${', at)) {
      const stop = balanced(text, at + 1);
      word = (word ?? '') + text.slice(at, stop + 1);
      at = stop + 1;
    } else if (character === '\\') {
      word = (word ?? '') + (text[at + 1] ?? '');
      at += 2;
    } else if (character === '#' && word === undefined) {
      at = endOf(text, text.indexOf('\n', at));
    } else if (/\s/.test(character)) {
      close();
      if (character === '\n') tokens.push({ kind: 'operator', text: '\n' });
      at += 1;
    } else if (character === '&' && /[<>]$/.test(tokens.at(-1)?.text ?? '') && word === undefined) {
      // `>&2`
      word = '&';
      at += 1;
    } else if ('|&;()<>'.includes(character)) {
      close();
      const operator =
        text[at + 1] === character && character !== '(' && character !== ')'
          ? character + character
          : character;
      tokens.push({ kind: 'operator', text: operator });
      at += operator.length;
    } else {
      word = (word ?? '') + character;
      at += 1;
    }
  }
  close();
  return tokens;
}

/** An index that was not found is the end of the text: scripts may be damaged, and reading goes on. */
function endOf(text: string, at: number): number {
  return at === -1 ? text.length : at;
}

function closing(text: string, from: number, mark: string): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === mark) return at;
    else if (mark === '"' && text.startsWith('$(', at)) at = balanced(text, at + 1);
  }
  return text.length;
}

/** The parenthesis or brace that closes the one at `from`. */
function balanced(text: string, from: number): number {
  const [opener, closer] = text[from] === '(' ? ['(', ')'] : ['{', '}'];
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === "'" && opener === '(') at = endOf(text, text.indexOf("'", at + 1));
    else if (text[at] === opener) depth += 1;
    else if (text[at] === closer && --depth === 0) return at;
  }
  return text.length;
}
