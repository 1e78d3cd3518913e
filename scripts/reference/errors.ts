/** The page of errors and warnings: every code that the sources can give, with what is said of it there. */
import { GENERATED } from './pages.ts';
import { literalAt, readSources, type Source } from './sources.ts';

interface Fault {
  readonly code: string;
  readonly kind: 'error' | 'warning';
  readonly exitCode: 1 | 2;
  readonly description: string;
  /** Messages as the sources write them; `…` stands for what is filled in. */
  readonly messages: readonly string[];
  readonly hints: readonly string[];
  readonly file: string;
}

export function errorsPage(root: string): string {
  const faults = faultsOf(readSources(root, ['core', 'plugins', 'presets']));
  return [
    GENERATED,
    '',
    '# Errors and warnings',
    '',
    'Every error and warning has a code that never changes its meaning. It is printed behind the message, and is `code` in',
    'the report of `--json`. An error ends the command with exit code 1, wrong usage or configuration with 2.',
    '',
    '| code | kind |',
    '| --- | --- |',
    ...faults.map(({ code, kind }) => `| [\`${code}\`](#${code.toLowerCase()}) | ${kind} |`),
    ...faults.flatMap(section),
    '',
  ].join('\n');
}

function section(fault: Fault): string[] {
  return [
    '',
    `## ${fault.code}`,
    '',
    ...(fault.description === '' ? [] : [fault.description, '']),
    `- kind: ${fault.kind}${fault.kind === 'error' ? `, exit code ${fault.exitCode}` : ''}`,
    `- from: \`${fault.file}\``,
    ...fault.messages.map((message) => `- says: ${message}`),
    ...fault.hints.map((hint) => `- hint: ${hint}`),
  ];
}

function faultsOf(sources: readonly Source[]): Fault[] {
  const byCode = new Map<string, Fault>();
  for (const source of sources) {
    for (const fault of [...errorsIn(source, sources), ...warningsIn(source)]) {
      const before = byCode.get(fault.code);
      byCode.set(fault.code, before === undefined ? fault : joined(before, fault));
    }
  }
  return [...byCode.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Error classes: the comment in front of each, its code, and what is thrown of it wherever it is imported. */
function errorsIn(source: Source, sources: readonly Source[]): Fault[] {
  const classes = source.text.matchAll(
    /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?(?:export )?(?:abstract )?class (\w+) extends \w+ \{\n([\s\S]*?)\n\}/g,
  );
  return [...classes].flatMap(([, comment = '', name = '', body = '']) => {
    const code = /\bcode(?::[^=]*)? = '(PYC_[A-Z0-9_]+)'/.exec(body)?.[1];
    if (code === undefined) return [];
    const users = sources.filter(
      ({ file, imports }) => file === source.file || imports.get(name) === source.file,
    );
    return [
      {
        code,
        kind: 'error' as const,
        exitCode: /exitCode(?::[^=]*)? = 2/.test(body) ? (2 as const) : (1 as const),
        description: proseOf(comment),
        ...joinedSaid([
          saidIn(body, /\bsuper\(\s*/g),
          ...users.map(({ text }) => saidIn(text, new RegExp(`\\bnew ${name}\\(\\s*`, 'g'))),
        ]),
        file: source.file,
      },
    ];
  });
}

/** Warnings: objects with a code and a message. */
function warningsIn({ text, file }: Source): Fault[] {
  return [...text.matchAll(/\bcode: '(PYC_[A-Z0-9_]+)'/g)].map((match) => {
    const [, code = ''] = match;
    const rest = text.slice(match.index, match.index + 1500);
    const end = /^\s*\}\);?$/m.exec(rest)?.index ?? rest.length;
    const within = rest.slice(0, end);
    return {
      code,
      kind: 'warning',
      exitCode: 1,
      description: '',
      messages: literalsAfter(within, /\bmessage:\s*/g).slice(0, 1),
      hints: literalsAfter(within, /\bhint:\s*/g).slice(0, 1),
      file,
    };
  });
}

type Said = Pick<Fault, 'messages' | 'hints'>;

/** What is said by each call that starts as given: its first argument, and the hint in the second. */
function saidIn(text: string, call: RegExp): Said {
  const messages: string[] = [];
  const hints: string[] = [];
  for (const match of text.matchAll(call)) {
    const message = literalAt(text, match.index + match[0].length);
    if (message === undefined) continue;
    messages.push(message.text);
    const hint = /^,\s*\{\s*hint:\s*/.exec(text.slice(message.end, message.end + 200));
    const literal = hint === null ? undefined : literalAt(text, message.end + hint[0].length);
    if (literal !== undefined) hints.push(literal.text);
  }
  return { messages, hints };
}

function joinedSaid(all: readonly Said[]): Said {
  return {
    messages: unique(all.flatMap(({ messages }) => messages)),
    hints: unique(all.flatMap(({ hints }) => hints)),
  };
}

function literalsAfter(text: string, start: RegExp): string[] {
  return [...text.matchAll(start)].flatMap((match) => {
    const literal = literalAt(text, match.index + match[0].length);
    return literal === undefined ? [] : [literal.text];
  });
}

function joined(a: Fault, b: Fault): Fault {
  const [first, second] = a.kind === 'error' ? [a, b] : [b, a];
  return {
    ...first,
    description: first.description || second.description,
    messages: unique([...first.messages, ...second.messages]),
    hints: unique([...first.hints, ...second.hints]),
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
