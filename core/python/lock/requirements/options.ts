/**
 * The options of a line in a requirements file, read as pip reads them: split like a shell's words, long names
 * may be cut short as long as they are clear, what is no option is passed over.
 */

/** Which value an option has; those of `list` and `hash` can be given several times. */
type OptionKind = 'flag' | 'value' | 'list' | 'hash' | 'setting';

interface OptionRule {
  readonly names: readonly string[];
  readonly kind: OptionKind;
  readonly key: OptionKey;
}

type OptionKey =
  | 'indexUrl'
  | 'extraIndexUrls'
  | 'noIndex'
  | 'constraints'
  | 'requirements'
  | 'editables'
  | 'findLinks'
  | 'noBinary'
  | 'onlyBinary'
  | 'preferBinary'
  | 'requireHashes'
  | 'noRequireHashes'
  | 'pre'
  | 'allReleases'
  | 'onlyFinal'
  | 'trustedHosts'
  | 'features'
  | 'hashes'
  | 'configSettings';

const RULES: readonly OptionRule[] = [
  { names: ['-i', '--index-url', '--pypi-url'], kind: 'value', key: 'indexUrl' },
  { names: ['--extra-index-url'], kind: 'list', key: 'extraIndexUrls' },
  { names: ['--no-index'], kind: 'flag', key: 'noIndex' },
  { names: ['-c', '--constraint'], kind: 'list', key: 'constraints' },
  { names: ['-r', '--requirement'], kind: 'list', key: 'requirements' },
  { names: ['-e', '--editable'], kind: 'list', key: 'editables' },
  { names: ['-f', '--find-links'], kind: 'list', key: 'findLinks' },
  { names: ['--no-binary'], kind: 'list', key: 'noBinary' },
  { names: ['--only-binary'], kind: 'list', key: 'onlyBinary' },
  { names: ['--prefer-binary'], kind: 'flag', key: 'preferBinary' },
  { names: ['--require-hashes'], kind: 'flag', key: 'requireHashes' },
  { names: ['--no-require-hashes'], kind: 'flag', key: 'noRequireHashes' },
  { names: ['--pre'], kind: 'flag', key: 'pre' },
  { names: ['--all-releases'], kind: 'list', key: 'allReleases' },
  { names: ['--only-final'], kind: 'list', key: 'onlyFinal' },
  { names: ['--trusted-host'], kind: 'list', key: 'trustedHosts' },
  { names: ['--use-feature'], kind: 'list', key: 'features' },
  { names: ['--hash'], kind: 'hash', key: 'hashes' },
  { names: ['-C', '--config-settings'], kind: 'setting', key: 'configSettings' },
];

const BY_NAME = new Map(RULES.flatMap((rule) => rule.names.map((name) => [name, rule] as const)));

/** The digests that pip takes in `--hash`. */
const STRONG: ReadonlySet<string> = new Set(['sha256', 'sha384', 'sha512']);

/** What the options of one line say. */
export interface LineOptions {
  readonly flags: ReadonlySet<OptionKey>;
  readonly values: ReadonlyMap<OptionKey, readonly string[]>;
}

/** A line that pip refuses; the caller knows which one it is. */
export class OptionFault extends Error {}

/** Cuts a line before its first word that begins with a hyphen: markers before it must not be split like a shell's words. */
export function splitLine(line: string): { readonly requirement: string; readonly options: string } {
  const words = line.split(' ');
  const at = words.findIndex((word) => word.startsWith('-'));
  const end = at < 0 ? words.length : at;
  return { requirement: words.slice(0, end).join(' '), options: words.slice(end).join(' ') };
}

/** @throws OptionFault for unknown options, missing values and quotes that do not end */
export function parseOptions(text: string): LineOptions {
  const flags = new Set<OptionKey>();
  const values = new Map<OptionKey, string[]>();
  const words = splitWords(text);
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === '--') break;
    if (!word.startsWith('-') || word === '-') continue;
    const { rule, name, attached } = matchOption(word);
    if (rule.kind === 'flag') {
      if (attached !== undefined) throw new OptionFault(`the option \`${name}\` takes no value`);
      flags.add(rule.key);
      continue;
    }
    const value = attached ?? words.shift();
    if (value === undefined) throw new OptionFault(`the option \`${name}\` needs a value`);
    checkValue(rule.kind, name, value);
    const known = rule.kind === 'value' ? [] : (values.get(rule.key) ?? []);
    values.set(rule.key, [...known, value]);
  }
  return { flags, values };
}

function matchOption(word: string): {
  readonly rule: OptionRule;
  readonly name: string;
  readonly attached: string | undefined;
} {
  if (!word.startsWith('--')) {
    const name = word.slice(0, 2);
    const rule = BY_NAME.get(name);
    if (rule === undefined) throw new OptionFault(`there is no option \`${name}\``);
    return { rule, name, attached: word.length > 2 ? word.slice(2) : undefined };
  }
  const equals = word.indexOf('=');
  const written = equals < 0 ? word : word.slice(0, equals);
  const attached = equals < 0 ? undefined : word.slice(equals + 1);
  const candidates = BY_NAME.has(written)
    ? [written]
    : [...BY_NAME.keys()].filter((name) => name.startsWith('--') && name.startsWith(written));
  const [name] = candidates;
  if (name === undefined) throw new OptionFault(`there is no option \`${written}\``);
  if (candidates.length > 1)
    throw new OptionFault(`the option \`${written}\` can be ${candidates.join(' or ')}`);
  return { rule: BY_NAME.get(name)!, name, attached };
}

function checkValue(kind: OptionKind, name: string, value: string): void {
  if (kind === 'setting' && !value.includes('=')) {
    throw new OptionFault(`the value of \`${name}\` reads \`KEY=VALUE\``);
  }
  if (kind !== 'hash') return;
  const colon = value.indexOf(':');
  if (colon < 0) throw new OptionFault(`the value of \`${name}\` reads \`sha256:…\``);
  if (!STRONG.has(value.slice(0, colon))) {
    throw new OptionFault(`the value of \`${name}\` must be of ${[...STRONG].join(', ')}`);
  }
}

/** Words, quotes and backslashes as in a POSIX shell. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const [quoted, end] = readQuoted(text, at);
      word = (word ?? '') + quoted;
      at = end;
    } else if (character === '\\') {
      at += 1;
      if (at >= text.length) throw new OptionFault('nothing follows the last backslash');
      word = (word ?? '') + text[at]!;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** In double quotes a backslash protects itself and the quote only. */
function readQuoted(text: string, start: number): readonly [quoted: string, end: number] {
  const quote = text[start]!;
  let quoted = '';
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text[at]!;
    if (character === quote) return [quoted, at];
    const next = text[at + 1];
    if (character === '\\' && quote === '"' && (next === '"' || next === '\\')) {
      quoted += next;
      at += 1;
    } else quoted += character;
  }
  throw new OptionFault('a quote does not end');
}
