/**
 * Reads plain data out of a parsed TOML or JSON document and keeps the dotted path of every value, so that a fault says
 * where it is. Knows no format.
 */
import { isPycError, messageOf } from '../../primitives/errors.ts';
import { LockMalformedError } from './lock-error.ts';

const NONE: readonly Entry[] = [];

/** A value of a document together with its place; paths are only spelled out for a fault. */
export class Entry {
  readonly value: unknown;
  readonly #file: string;
  readonly #parent: Entry | undefined;
  readonly #key: string | number;

  private constructor(value: unknown, file: string, parent: Entry | undefined, key: string | number) {
    this.value = value;
    this.#file = file;
    this.#parent = parent;
    this.#key = key;
  }

  /** The whole document. `file` is how faults call it. */
  static root(value: unknown, file: string): Entry {
    return new Entry(value, file, undefined, '');
  }

  /** Dotted, as in `package[3].wheels[0].url`. */
  get place(): string {
    if (this.#parent === undefined) return '';
    const before = this.#parent.place;
    if (typeof this.#key === 'number') return `${before}[${this.#key}]`;
    return before === '' ? this.#key : `${before}.${this.#key}`;
  }

  get file(): string {
    return this.#file;
  }

  /** True where the key is absent. */
  get isAbsent(): boolean {
    return this.value === undefined;
  }

  /** The member of a table; absent members are entries too. @throws LockMalformedError where this is no table */
  get(key: string): Entry {
    const table = this.table();
    return new Entry(Object.hasOwn(table, key) ? table[key] : undefined, this.#file, this, key);
  }

  /** True where a table has the member. */
  has(key: string): boolean {
    return Object.hasOwn(this.table(), key);
  }

  /** The member as a string; undefined where it is absent. Costs no entry: a lock lists its files by tens of thousands. */
  stringAt(key: string): string | undefined {
    const value = this.#valueAt(key);
    return typeof value === 'string' ? value : this.get(key).optionalString();
  }

  /** As {@link stringAt} for a whole number. */
  integerAt(key: string): number | undefined {
    const value = this.#valueAt(key);
    return value === undefined ? undefined : this.get(key).integer();
  }

  /** The elements of a member that is an array; none where it is absent. */
  itemsAt(key: string): readonly Entry[] {
    return this.#valueAt(key) === undefined ? NONE : this.get(key).items();
  }

  /** As {@link get}, and of an absent table every member is absent. */
  optional(key: string): Entry {
    return this.isAbsent ? new Entry(undefined, this.#file, this, key) : this.get(key);
  }

  table(): Readonly<Record<string, unknown>> {
    const { value } = this;
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)) {
      return value as Record<string, unknown>;
    }
    throw this.#unexpected('a table');
  }

  /** The members of a table; none where it is absent. */
  members(): readonly (readonly [name: string, entry: Entry])[] {
    if (this.value === undefined) return [];
    return Object.entries(this.table()).map(
      ([key, value]) => [key, new Entry(value, this.#file, this, key)] as const,
    );
  }

  /** The elements of an array; none where it is absent. */
  items(): readonly Entry[] {
    if (this.value === undefined) return [];
    if (!Array.isArray(this.value)) throw this.#unexpected('an array');
    return this.value.map((value: unknown, index) => new Entry(value, this.#file, this, index));
  }

  string(): string {
    if (typeof this.value === 'string') return this.value;
    throw this.#unexpected('a string');
  }

  optionalString(): string | undefined {
    return this.value === undefined ? undefined : this.string();
  }

  strings(): readonly string[] {
    return this.items().map((item) => item.string());
  }

  /** A whole number of at least 0 that fits a double. */
  integer(): number {
    const { value } = this;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
    throw this.#unexpected('a whole number');
  }

  optionalInteger(): number | undefined {
    return this.value === undefined ? undefined : this.integer();
  }

  boolean(): boolean {
    if (typeof this.value === 'boolean') return this.value;
    throw this.#unexpected('true or false');
  }

  optionalBoolean(): boolean | undefined {
    return this.value === undefined ? undefined : this.boolean();
  }

  /** Gives the value to a parser of strings; what that refuses is a fault of this place. */
  parsed<T>(parse: (text: string) => T): T {
    const text = this.string();
    return this.attempt(() => parse(text));
  }

  /** Makes what a parser refuses a fault of this place. */
  attempt<T>(parse: () => T): T {
    try {
      return parse();
    } catch (cause) {
      if (!isPycError(cause)) throw cause;
      throw this.fault(cause.message, cause);
    }
  }

  optionalParsed<T>(parse: (text: string) => T): T | undefined {
    return this.value === undefined ? undefined : this.parsed(parse);
  }

  fault(message: string, cause?: unknown): LockMalformedError {
    return new LockMalformedError(this.#file, this.place, message, { cause });
  }

  #valueAt(key: string): unknown {
    const table = this.table();
    return Object.hasOwn(table, key) ? table[key] : undefined;
  }

  #unexpected(expected: string): LockMalformedError {
    return this.fault(
      this.value === undefined
        ? `${expected} is missing`
        : `expected ${expected}, found ${kindOf(this.value)}`,
    );
  }
}

/**
 * Parses TOML 1.0 in UTF-8 into an entry.
 *
 * @throws LockMalformedError for what is no UTF-8 or no TOML
 */
export async function parseDocument(file: string, content: Uint8Array | string): Promise<Entry> {
  const { parse } = await import('smol-toml');
  try {
    return Entry.root(parse(decodeDocument(content)), file);
  } catch (cause) {
    throw new LockMalformedError(file, '', tomlFault(cause), { cause });
  }
}

/** @throws TypeError for what is no UTF-8 */
export function decodeDocument(content: Uint8Array | string): string {
  return typeof content === 'string' ? content : new TextDecoder('utf-8', { fatal: true }).decode(content);
}

/** What a parser of TOML says, in one line that names the document's. */
export function tomlFault(cause: unknown): string {
  const line = cause instanceof Error && 'line' in cause ? ` in line ${String(cause.line)}` : '';
  const [first = ''] = messageOf(cause).split('\n');
  return `it is not TOML${line}: ${first.replace('Invalid TOML document: ', '')}`;
}

/**
 * Parses JSON in UTF-8 into an entry. Of a key that stands twice in one table the last one counts.
 *
 * @throws LockMalformedError for what is no UTF-8 or no JSON
 */
export function parseJsonDocument(file: string, content: Uint8Array | string): Entry {
  try {
    return Entry.root(JSON.parse(decodeDocument(content)), file);
  } catch (cause) {
    throw new LockMalformedError(file, '', `it is not JSON: ${messageOf(cause).split('\n')[0]}`, { cause });
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a date';
  if (value === null) return 'null';
  if (typeof value === 'object') return 'a table';
  return `a ${typeof value}`;
}
