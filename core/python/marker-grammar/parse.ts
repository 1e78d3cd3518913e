/** Reads the text of a marker (PEP 508's grammar) into its expression. Knows nothing of evaluation. */
import { PycError } from '../../primitives/errors.ts';
import { normalizeName } from '../name.ts';
import {
  MARKER_VARIABLES,
  type MarkerComparison,
  type MarkerExpression,
  type MarkerOperand,
  type MarkerOperator,
  type MarkerVariable,
} from './expression.ts';

/** A text that should be an environment marker is none (dependency specifiers, PEP 508). */
export class MarkerError extends PycError {
  readonly code = 'PYC_MARKER_INVALID';
}

/** Parentheses deeper than this are an attack on the stack. */
const DEEPEST = 64;

const TOKEN =
  /[ \t]*(?:(?<symbol>[()]|===|==|!=|<=|>=|<|>|~=)|'(?<single>(?:[^'\\\p{Cc}]|\t)*)'|"(?<double>(?:[^"\\\p{Cc}]|\t)*)"|(?<word>[a-z_.]+))/uy;

const NAMES: ReadonlyMap<string, MarkerVariable> = new Map<string, MarkerVariable>([
  ...MARKER_VARIABLES.map((name) => [name, name] as const),
  // PEP 345's spellings, which PEP 508 keeps.
  ['os.name', 'os_name'],
  ['sys.platform', 'sys_platform'],
  ['platform.version', 'platform_version'],
  ['platform.machine', 'platform_machine'],
  ['platform.python_implementation', 'platform_python_implementation'],
  ['python_implementation', 'platform_python_implementation'],
]);

const SYMBOLS: ReadonlySet<string> = new Set(['===', '==', '!=', '<=', '>=', '<', '>', '~=']);
const NAME_VARIABLES: ReadonlySet<MarkerVariable> = new Set<MarkerVariable>([
  'extra',
  'extras',
  'dependency_groups',
]);

type Token =
  | { readonly kind: 'symbol' | 'word' | 'string'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number };

/** @throws MarkerError for what the grammar refuses, and for parentheses nested past any use. */
export function parseMarker(text: string): MarkerExpression {
  const tokens = new TokenReader(text);
  const expression = parseOr(tokens, 0);
  if (tokens.next.kind !== 'end') throw tokens.error('`and`, `or` or the end');
  return expression;
}

/** Names of extras and groups are compared in their normalised form (PEP 685, PEP 735). */
export function isNameVariable(variable: MarkerVariable): boolean {
  return NAME_VARIABLES.has(variable);
}

function parseOr(tokens: TokenReader, depth: number): MarkerExpression {
  return parseGroup(tokens, 'or', () => parseGroup(tokens, 'and', () => parseTerm(tokens, depth)));
}

function parseGroup(
  tokens: TokenReader,
  word: 'and' | 'or',
  parse: () => MarkerExpression,
): MarkerExpression {
  const first = parse();
  const rest: MarkerExpression[] = [];
  while (tokens.take('word', word)) rest.push(parse());
  return rest.length === 0 ? first : { kind: word, terms: [first, ...rest] };
}

function parseTerm(tokens: TokenReader, depth: number): MarkerExpression {
  if (!tokens.take('symbol', '(')) return parseComparison(tokens);
  if (depth >= DEEPEST) throw tokens.error('fewer parentheses');
  const inner = parseOr(tokens, depth + 1);
  if (!tokens.take('symbol', ')')) throw tokens.error('`)`');
  return inner.kind === 'comparison' ? inner : { ...inner, parenthesised: true };
}

function parseComparison(tokens: TokenReader): MarkerComparison {
  const left = parseOperand(tokens);
  const operator = parseOperator(tokens);
  const right = parseOperand(tokens);
  return {
    kind: 'comparison',
    left: normalizeOperand(left, right),
    operator,
    right: normalizeOperand(right, left),
  };
}

function parseOperand(tokens: TokenReader): MarkerOperand {
  const { kind, text } = tokens.next;
  if (kind === 'string') {
    tokens.advance();
    return { kind: 'literal', value: text };
  }
  const name = kind === 'word' ? NAMES.get(text) : undefined;
  if (name === undefined) throw tokens.error('a marker variable or a quoted string');
  tokens.advance();
  return { kind: 'variable', name };
}

function parseOperator(tokens: TokenReader): MarkerOperator {
  const { kind, text } = tokens.next;
  if (kind === 'symbol' && SYMBOLS.has(text)) {
    tokens.advance();
    return text as MarkerOperator;
  }
  if (tokens.take('word', 'in')) return 'in';
  if (tokens.take('word', 'not')) {
    if (tokens.take('word', 'in')) return 'not in';
    throw tokens.error('`in`');
  }
  throw tokens.error('an operator');
}

function normalizeOperand(operand: MarkerOperand, other: MarkerOperand): MarkerOperand {
  if (operand.kind !== 'literal' || other.kind !== 'variable' || !isNameVariable(other.name)) return operand;
  return { kind: 'literal', value: normalizeName(operand.value) };
}

/** One token ahead of the parser. */
class TokenReader {
  readonly #text: string;
  #position = 0;
  next: Token;

  constructor(text: string) {
    this.#text = text;
    this.next = this.#read();
  }

  advance(): void {
    this.next = this.#read();
  }

  /** Moves on where the next token is this one. */
  take(kind: Token['kind'], text: string): boolean {
    if (this.next.kind !== kind || this.next.text !== text) return false;
    this.advance();
    return true;
  }

  error(expected: string): MarkerError {
    const shown = this.#text.length > 200 ? `${this.#text.slice(0, 200)}…` : this.#text;
    return new MarkerError(
      `\`${shown}\` is not a marker: expected ${expected} at character ${this.next.at + 1}`,
      {
        hint: 'write it as `python_version >= "3.9" and sys_platform == "linux"`',
      },
    );
  }

  #read(): Token {
    TOKEN.lastIndex = this.#position;
    const groups = TOKEN.exec(this.#text)?.groups;
    const at = this.#position;
    if (groups === undefined) return this.#rest(at);
    this.#position = TOKEN.lastIndex;
    const quoted = groups.single ?? groups.double;
    if (quoted !== undefined) return { kind: 'string', text: quoted, at };
    return groups.symbol === undefined
      ? { kind: 'word', text: groups.word ?? '', at }
      : { kind: 'symbol', text: groups.symbol, at };
  }

  #rest(at: number): Token {
    return /^[ \t]*$/.test(this.#text.slice(at))
      ? { kind: 'end', text: '', at }
      : { kind: 'symbol', text: this.#text.charAt(at), at };
  }
}
