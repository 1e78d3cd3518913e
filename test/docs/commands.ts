/** Commands of `pyc` as pages show them: where they stand in a text, and what the real parser says of them. */
import { COMMANDS } from '../../core/cli/commands/index.ts';
import { main } from '../../core/cli/main.ts';
import { fakeIo } from '../cli/fake-io.ts';
import type { Page } from './markdown.ts';

/** A command without the program's name. */
export interface ShownCommand {
  readonly words: readonly string[];
  readonly place: string;
}

const PROGRAM = /(?:^|[\s"'(`])(?:npx )?(?:pyc|pycontainer) (?=[a-z-])/;

/** The commands in a page's code: in shell blocks, in the examples of help texts, and between backticks. */
export function commandsOf(page: Page): readonly ShownCommand[] {
  const inBlocks = page.blocks.flatMap(({ language, code, place }) =>
    linesOf(language, code).map((line) => ({ line, place })),
  );
  const prose = page.text.replaceAll(/^```[\s\S]*?^```$/gm, '');
  // A hint's `…` stands for what a message fills in.
  const isTemplate = (line: string): boolean => page.path.endsWith('errors.md') && line.includes('…');
  const inline = [...prose.matchAll(/`((?:npx )?(?:pyc|pycontainer) [^`]+)`/g)]
    .map(([, line = '']) => ({ line, place: `${page.path}, inline` }))
    .filter(({ line }) => !isTemplate(line) && !isName(line));
  return [...inBlocks, ...inline].flatMap(({ line, place }) => {
    const start = PROGRAM.exec(line);
    return start === null
      ? []
      : [{ words: wordsOf(line.slice(start.index + start[0].length)), place: `${place}: ${line.trim()}` }];
  });
}

/** True for `pyc login`, which names a command and is none that anybody types. */
function isName(line: string): boolean {
  const name = line.replace(PROGRAM, '');
  return COMMANDS.some(({ usage }) => usage === name || usage.startsWith(`${name} `));
}

/** How a command ends that was understood. */
const UNDERSTOOD = ['PYC_DIRECTORY_NOT_FOUND', 'PYC_INTERRUPTED'];

/** What the parser objects to; undefined where it accepts the command, which is run nowhere. */
export async function objectionTo({ words, place }: ShownCommand): Promise<string | undefined> {
  const [first = '', ...rest] = words;
  if (first.startsWith('-')) return words.length === 1 ? undefined : `${place}: no command`;
  if (first === 'COMMAND' || rest.includes('--help')) return undefined;
  // The folder is looked at once the command line is understood, and before anything else; what has none is interrupted
  // before it sends or writes anything.
  const env = { PYC_CACHE_DIR: '/nowhere/cache', HOME: '/nowhere', XDG_RUNTIME_DIR: '/nowhere', PATH: '' };
  const signal = AbortSignal.abort();
  const io = fakeIo({ cwd: '/nowhere', env, input: 'password', signal, isTTY: true });
  // Who is asked for something, and gives nothing, has been understood.
  if ((await main([first, '--json', ...rest], io)) === 130) return undefined;
  // What looks at no folder, as `config --schema`, prints no report.
  const { error } = JSON.parse(io.out()) as { error?: { code: string; message: string } | null };
  return !error || UNDERSTOOD.includes(error.code) ? undefined : `${place}: ${error.message}`;
}

/** The lines of a block that are commands; a help text shows some under `Examples:`, with what they do behind. */
function linesOf(language: string, code: string): readonly string[] {
  const lines = code.replaceAll(/\\\n\s*/g, ' ').split('\n');
  if (language === 'sh' || language === 'console') return lines.map((line) => line.replace(/^\$ /, ''));
  if (language !== 'text') return [];
  const start = lines.indexOf('Examples:');
  const end = lines.indexOf('', start);
  return start === -1
    ? []
    : lines.slice(start + 1, end === -1 ? undefined : end).map((line) => line.trim().split(/ {2,}/)[0]!);
}

/** Words as a shell splits them, up to a comment, a pipe, a redirection or the end of a substitution. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)) {
    const [word = '', double, single] = match;
    if (/^(?:#|\||&&|;|>)/.test(word)) break;
    const end = /[)`]/.exec(double ?? single ?? word);
    const text = end === null ? (double ?? single ?? word) : word.slice(0, end.index);
    if (text !== '' && text !== '…') words.push(text);
    if (end !== null) break;
  }
  return words;
}
