/**
 * Version specifiers as PyPA's "Version specifiers" (PEP 440) defines them: the clauses of a set, what they
 * admit and when pre-releases are offered. What a clause means in the order of versions is the range's.
 */
import { PycError } from '../primitives/errors.ts';
import { cached } from './parse-cache.ts';
import { intersectRanges, subtractRange } from './range-algebra.ts';
import { inRange, type OrderOperator, rangeOf, type VersionRange } from './specifier-range.ts';
import { compareVersions, Version } from './version.ts';

/**
 * A text that should be a version specifier (PEP 440), such as `>=3.11,<4`, is none. Correct it where it is
 * written.
 */
export class SpecifierError extends PycError {
  readonly code = 'PYC_SPECIFIER_INVALID';
}

export type Operator = OrderOperator | '===';

export interface PrereleaseOptions {
  /** True admits pre-releases, false refuses them; without it the standard's own rule holds. */
  readonly prereleases?: boolean | undefined;
}

/** One clause of a set, such as `>=1.0`. */
export interface SpecifierClause {
  readonly operator: Operator;
  /** As it was written: a version, one with `.*`, or after `===` any text. */
  readonly text: string;
  /** What the text says; absent only where `===` is followed by something that is no version. */
  readonly version: Version | undefined;
  readonly wildcard: boolean;
  /** Absent for `===`. */
  readonly range: VersionRange | undefined;
}

const CLAUSE = /^\s*(===|==|!=|<=|>=|<|>|~=)\s*(\S+)\s*$/;

/** An immutable set of clauses, all of which must hold. The empty set admits everything. */
export class SpecifierSet {
  readonly clauses: readonly SpecifierClause[];
  readonly #text: string;

  private constructor(clauses: readonly SpecifierClause[]) {
    this.clauses = distinct(clauses);
    this.#text = this.clauses.map(printClause).sort().join(',');
  }

  /**
   * Reads clauses with commas between; empty ones are passed over.
   *
   * @throws SpecifierError with all faulty clauses in `details`
   */
  static parse(text: string): SpecifierSet {
    return parseCached(text);
  }

  static from(clauses: readonly SpecifierClause[]): SpecifierSet {
    return new SpecifierSet(clauses);
  }

  /** The clauses as written, without white space or repetition, in the order of their texts. */
  toString(): string {
    return this.#text;
  }

  toJSON(): string {
    return this.#text;
  }

  /**
   * Whether a clause itself asks for pre-releases by naming one (PEP 440, "Handling of pre-releases");
   * `!=` does not.
   */
  get prereleases(): boolean {
    return this.clauses.some(({ operator, version }) => operator !== '!=' && version?.isPrerelease === true);
  }

  /**
   * Whether the set admits the version. As there is no other to prefer, a pre-release is admitted unless
   * `prereleases` is false. A text that is no version matches `===` and the empty set alone.
   */
  contains(version: Version | string, options: PrereleaseOptions = {}): boolean {
    const candidate = candidateOf(version);
    if (options.prereleases === false && candidate.version?.isPrerelease === true) return false;
    return this.clauses.every((clause) => admits(clause, candidate));
  }

  /**
   * The versions that the set admits, in their order. Unless the option or a clause decides it, pre-releases
   * are left out where anything else is left.
   */
  filter<T extends Version | string>(versions: Iterable<T>, options: PrereleaseOptions = {}): T[] {
    const admitted = [...versions]
      .map((item) => ({ item, candidate: candidateOf(item) }))
      .filter(({ candidate }) => this.clauses.every((clause) => admits(clause, candidate)));
    const final = admitted.filter(({ candidate }) => candidate.version?.isPrerelease !== true);
    const wanted = options.prereleases ?? (this.prereleases || final.length === 0);
    return (wanted ? admitted : final).map(({ item }) => item);
  }

  /** Whether there can be a version that the set admits, pre-releases among them. */
  isSatisfiable(): boolean {
    const text = this.#arbitrary();
    return text === undefined ? this.#range().length > 0 : this.contains(text);
  }

  /** Whether every version that this set admits is admitted by the other one, pre-releases among them. */
  isSubsetOf(other: SpecifierSet): boolean {
    if (!this.isSatisfiable()) return true;
    const text = this.#arbitrary();
    if (text !== undefined) return other.contains(text);
    return other.#arbitrary() === undefined && subtractRange(this.#range(), other.#range()).length === 0;
  }

  /** Whether no version is admitted by both sets, pre-releases among them. */
  isDisjointFrom(other: SpecifierSet): boolean {
    return !new SpecifierSet([...this.clauses, ...other.clauses]).isSatisfiable();
  }

  /** The one text that a `===` leaves. */
  #arbitrary(): string | undefined {
    return this.clauses.find(({ range }) => range === undefined)?.text;
  }

  #range(): VersionRange {
    return this.clauses.reduce<VersionRange>((all, { range }) => intersectRanges(all, range ?? []), [{}]);
  }
}

/** The one clause of an operator and its right side, or `undefined` where the two are none. */
export function parseOperatorSpecifier(operator: string, right: string): SpecifierSet | undefined {
  // The space keeps `==` and `=1` from reading as `===1`.
  return operatorSpecifiers(`${operator} ${right}`) ?? undefined;
}

const operatorSpecifiers = cached((text: string): SpecifierSet | null => {
  const clause = parseClause(text);
  return clause === undefined ? null : SpecifierSet.from([clause]);
}, 1024);

interface Candidate {
  readonly text: string;
  readonly version: Version | undefined;
}

function candidateOf(version: Version | string): Candidate {
  return typeof version === 'string'
    ? { text: version, version: Version.tryParse(version) }
    : { text: version.toString(), version };
}

function admits({ text, range }: SpecifierClause, candidate: Candidate): boolean {
  if (range === undefined) return foldAscii(candidate.text) === foldAscii(text);
  return candidate.version !== undefined && inRange(range, candidate.version);
}

const parseCached = cached((text: string): SpecifierSet => {
  const clauses: SpecifierClause[] = [];
  const faults: string[] = [];
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const clause = parseClause(part);
    if (clause === undefined) faults.push(part.trim());
    else clauses.push(clause);
  }
  if (faults.length === 0) return SpecifierSet.from(clauses);
  throw new SpecifierError(
    `\`${text.slice(0, 200)}\` is not a version specifier: \`${faults.join('`, `').slice(0, 200)}\` is no clause of one`,
    {
      details: faults,
      hint: 'write clauses such as `>=1.2`, `<2`, `!=1.5.*` or `~=1.4`, with commas between',
    },
  );
}, 4096);

function parseClause(text: string): SpecifierClause | undefined {
  const [, operator, right] = CLAUSE.exec(text) ?? [];
  if (operator === undefined || right === undefined) return undefined;
  if (operator === '===') {
    if (/[;)]/.test(right)) return undefined;
    return { operator, text: right, version: Version.tryParse(right), wildcard: false, range: undefined };
  }
  const wildcard = right.endsWith('.*');
  const version = Version.tryParse(wildcard ? right.slice(0, -2) : right);
  if (version === undefined || !isAllowed(operator as OrderOperator, version, wildcard)) return undefined;
  const range = rangeOf(operator as OrderOperator, version, wildcard);
  return { operator: operator as OrderOperator, text: right, version, wildcard, range };
}

function isAllowed(operator: OrderOperator, version: Version, wildcard: boolean): boolean {
  const equality = operator === '==' || operator === '!=';
  if (wildcard) {
    return equality && !version.isPrerelease && !version.isPostrelease && version.local === undefined;
  }
  if (version.local !== undefined && !equality) return false;
  return operator !== '~=' || version.release.length > 1;
}

/** Drops clauses that say the same in another spelling, such as `>=1` beside `>=1.0`. */
function distinct(clauses: readonly SpecifierClause[]): readonly SpecifierClause[] {
  return clauses.filter((clause, index) => !clauses.slice(0, index).some((other) => isSame(clause, other)));
}

function isSame(a: SpecifierClause, b: SpecifierClause): boolean {
  if (a.operator !== b.operator || a.wildcard !== b.wildcard) return false;
  if (a.text === b.text) return true;
  if (a.operator === '===') return foldAscii(a.text) === foldAscii(b.text);
  // `~=1.0` and `~=1.0.0` compare as equal and end at different versions; so do wildcards.
  const literal = a.operator === '~=' || a.wildcard;
  if (literal && a.version?.release.length !== b.version?.release.length) return false;
  return a.version !== undefined && b.version !== undefined && compareVersions(a.version, b.version) === 0;
}

function printClause({ operator, text }: SpecifierClause): string {
  return `${operator}${text}`;
}

/** Case is ignored by `===`; what lies outside ASCII is compared as it is. */
function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
