/** The page of errors and warnings: every code that the sources can give, with what is said of it there. */
import { callEnd, literalsIn } from './literals.ts';
import { GENERATED } from './pages.ts';
import { readSources, type Source } from './sources.ts';

/** One code. `description` is the comment on its class, or on the `code` of the object that carries it. */
export interface Fault {
  readonly code: string;
  readonly isError: boolean;
  readonly isWarning: boolean;
  readonly exitCode: 1 | 2 | 130;
  readonly description: string;
  /** Messages as the sources write them; `…` stands for what is filled in. */
  readonly messages: readonly string[];
  readonly hints: readonly string[];
  /** Files of the classes and objects that carry the code. */
  readonly files: readonly string[];
}

const FOLDERS = ['core', 'plugins', 'presets'];
/** What a user's interrupt ends with, whatever the class says. */
const INTERRUPTED = { code: 'PYC_INTERRUPTED', exitCode: 130 } as const;

export function errorsPage(root: string): string {
  const faults = faultsOf(root);
  return [
    GENERATED,
    '',
    '# Errors and warnings',
    '',
    'Every error and warning has a code that never changes its meaning. It is printed behind the message, and is `code` in',
    'the report of `--json`. An error ends the command with exit code 1, wrong usage or configuration with 2. A warning',
    'ends nothing.',
    '',
    '*Says* lists the messages that exist, *hint* what they advise; `…` stands for what is filled in.',
    '',
    '| code | kind |',
    '| --- | --- |',
    ...faults.map((fault) => `| [\`${fault.code}\`](#${fault.code.toLowerCase()}) | ${kindOf(fault)} |`),
    ...faults.flatMap(section),
    '',
  ].join('\n');
}

/** Every code of the sources, sorted. */
export function faultsOf(root: string): readonly Fault[] {
  const sources = readSources(root, FOLDERS);
  const byCode = new Map<string, Fault>();
  for (const source of sources) {
    for (const fault of [...classesIn(source, sources), ...objectsIn(source)]) {
      const before = byCode.get(fault.code);
      byCode.set(fault.code, before === undefined ? fault : joined(before, fault));
    }
  }
  return [...byCode.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

function section(fault: Fault): string[] {
  return [
    '',
    `## ${fault.code}`,
    '',
    fault.description,
    '',
    `- kind: ${kindOf(fault)}${fault.isError ? `, exit code ${fault.exitCode}` : ''}`,
    `- from: ${fault.files.map((file) => `\`${file}\``).join(', ')}`,
    ...fault.messages.map((message) => `- says: ${message}`),
    ...fault.hints.map((hint) => `- hint: ${hint}`),
  ];
}

function kindOf({ isError, isWarning }: Fault): string {
  if (isError && isWarning) return 'error or warning';
  return isError ? 'error' : 'warning';
}

/** Error classes: the comment in front of each, its code, and what is thrown of it wherever it is imported. */
function classesIn(source: Source, sources: readonly Source[]): Fault[] {
  const classes = source.text.matchAll(
    /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?(?:export )?(?:abstract )?class (\w+) extends \w+ \{\n([\s\S]*?)\n\}/g,
  );
  return [...classes].flatMap(([, comment = '', name = '', body = '']) => {
    const code = /\bcode(?::[^=]*)? = '(PYC_[A-Z0-9_]+)'/.exec(body)?.[1];
    if (code === undefined) return [];
    const users = sources.filter(
      ({ file, imports }) => file === source.file || imports.get(name) === source.file,
    );
    const said = joinedSaid([
      callsIn(body, /\bsuper\(/g, source.text),
      { messages: [], hints: literalsAfter(body, /\busualHint =\s*/g) },
      ...users.map(({ text }) => callsIn(text, new RegExp(`\\bnew ${name}\\(`, 'g'), text)),
    ]);
    const exitCode = /exitCode(?::[^=]*)? = 2/.test(body) ? 2 : 1;
    return [
      {
        code,
        isError: true,
        isWarning: false,
        exitCode: code === INTERRUPTED.code ? INTERRUPTED.exitCode : exitCode,
        description: proseOf(comment),
        ...said,
        files: [source.file],
      },
    ];
  });
}

/** Objects with a code and a message: those that are handed to a function named after warnings warn, the others fail. */
function objectsIn({ text, file }: Source): Fault[] {
  const objects = text.matchAll(
    /(\bwarn(?:\?\.)?\(|Warning\()?\{\s*(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?code: '(PYC_[A-Z0-9_]+)'/g,
  );
  return [...objects].map((match) => {
    const [, warns, comment = '', code = ''] = match;
    const start = text.indexOf('{', match.index);
    const within = text.slice(start, callEnd(text, start + 1));
    return {
      code,
      isError: warns === undefined,
      isWarning: warns !== undefined,
      exitCode: 1,
      description: proseOf(comment),
      messages: literalsAfter(within, /\bmessage:\s*/g),
      hints: literalsAfter(within, /\bhint:\s*/g),
      files: [file],
    };
  });
}

type Said = Pick<Fault, 'messages' | 'hints'>;

/** What each call that starts as given says: the literals of its first argument, and those of hints in the others. */
function callsIn(text: string, call: RegExp, file: string): Said {
  const calls = [...text.matchAll(call)].map((match) => {
    const start = match.index + match[0].length;
    return text.slice(start, callEnd(text, start));
  });
  return {
    messages: calls.flatMap((inside) => literalsIn(inside, 0)),
    hints: calls.flatMap((inside) => [
      ...literalsAfter(inside, /\bhint:\s*/g),
      ...[...inside.matchAll(/\bhint: ([A-Z][A-Z_]*)\b/g)].flatMap(([, constant]) =>
        literalsAfter(file, new RegExp(`\\bconst ${constant} =\\s*`, 'g')),
      ),
    ]),
  };
}

function literalsAfter(text: string, start: RegExp): string[] {
  return [...text.matchAll(start)].flatMap((match) => literalsIn(text, match.index + match[0].length));
}

function joinedSaid(all: readonly Said[]): Said {
  return {
    messages: unique(all.flatMap(({ messages }) => messages)),
    hints: unique(all.flatMap(({ hints }) => hints)),
  };
}

function joined(a: Fault, b: Fault): Fault {
  const [first, second] = a.isError ? [a, b] : [b, a];
  return {
    ...first,
    isError: a.isError || b.isError,
    isWarning: a.isWarning || b.isWarning,
    description: first.description || second.description,
    messages: unique([...first.messages, ...second.messages]),
    hints: unique([...first.hints, ...second.hints]),
    files: [...new Set([...first.files, ...second.files])],
  };
}

function proseOf(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim());
  return lines
    .join('\n')
    .trim()
    .replaceAll(/\{@link (\w+)\}/g, '`$1`');
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text) => /\w/.test(text)))];
}
