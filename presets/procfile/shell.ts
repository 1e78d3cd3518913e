/** A command as shell text, and as the exec form of an image: the program itself is process 1 wherever that is possible. */

/** What a shell would do more than split at blanks. */
const SPECIAL = /[\\$`"'*?[\]{}()<>|&;~#!\n]/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

/** A command in exec form. */
export interface ShellCommand {
  readonly command: readonly string[];
  /** False where a shell stays in front of the program: it keeps signals to itself. */
  readonly isDirect: boolean;
}

/** Plain words become the command itself; for anything else a shell is asked, which then gives its place to the program. */
export function execForm(text: string): ShellCommand {
  const words = text.trim().split(/[ \t]+/);
  if (!SPECIAL.test(text) && !ASSIGNMENT.test(words[0]!)) return { command: words, isDirect: true };
  const cut = lastCommandAt(text);
  if (cut === undefined) return { command: ['sh', '-c', text], isDirect: false };
  const before = text.slice(0, cut);
  const last = text.slice(cut).trimStart();
  if (/^(?:exec|cd|export|:)\b/.test(last))
    return { command: ['sh', '-c', text], isDirect: /^exec\b/.test(last) };
  // `exec A=b program` is no assignment to every shell; `env` is.
  const replaced = ASSIGNMENT.test(last) ? `exec env ${last}` : `exec ${last}`;
  return {
    command: ['sh', '-c', `${before}${before === '' || /\s$/.test(before) ? '' : ' '}${replaced}`],
    isDirect: true,
  };
}

/**
 * Where the last command of a list with `&&` or `;` begins; undefined for what a single program cannot take the place
 * of: pipes, `||`, `&`, groups, compound commands, comments.
 */
function lastCommandAt(text: string): number | undefined {
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === '\\') at += 1;
    else if (character === "'") {
      at = text.indexOf("'", at + 1);
      if (at === -1) return undefined;
    } else if (character === '"') {
      at = closingQuote(text, at);
      if (at === -1) return undefined;
    } else if (character === '$' && text[at + 1] === '{') {
      at = text.indexOf('}', at);
      if (at === -1) return undefined;
    } else if (character === '&' && text[at + 1] === '&') {
      start = at + 2;
      at += 1;
    } else if (character === ';') start = at + 1;
    else if (character === '>' && text[at + 1] === '&') at += 1;
    else if ('|&(){}`#\n'.includes(character)) return undefined;
  }
  const word = /^\s*([a-z]*)\b/.exec(text.slice(start))?.[1] ?? '';
  const first = /^\s*([a-z]*)\b/.exec(text)?.[1] ?? '';
  const compound = ['if', 'for', 'while', 'until', 'case', 'fi', 'done', 'esac'];
  return compound.includes(word) || compound.includes(first) || text.slice(start).trim() === ''
    ? undefined
    : start;
}

function closingQuote(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return -1;
}
