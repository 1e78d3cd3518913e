/**
 * Reads members of a TOML table by their type, and notes what is wrong with its dotted path rather than
 * throwing, so that all faults come out together. Knows no particular table.
 */
import { isPycError } from '../../primitives/errors.ts';
import { Requirement } from '../requirement.ts';

interface Fault {
  readonly path: string;
  readonly message: string;
}

/** A bare key of TOML, with the index of a list's member. */
const BARE = /^[\w-]+(?:\[\d+\])?$/;

/** A table, where it lies, and the list of faults that all tables of a document share. */
export class TableReader {
  readonly values: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly #faults: Fault[];

  constructor(values: Readonly<Record<string, unknown>>, path: string, faults: Fault[]) {
    this.values = values;
    this.path = path;
    this.#faults = faults;
  }

  /** Notes that a member is wrong. */
  fault(key: string, message: string): undefined {
    this.#faults.push({ path: this.at(key), message });
    return undefined;
  }

  /** The dotted path of a member; keys that TOML would quote are quoted. */
  at(key: string): string {
    const written = BARE.test(key) ? key : JSON.stringify(key);
    return this.path === '' ? written : `${this.path}.${written}`;
  }

  has(key: string): boolean {
    return this.values[key] !== undefined;
  }

  table(key: string): TableReader | undefined {
    const value = this.values[key];
    if (value === undefined) return undefined;
    return isTable(value)
      ? new TableReader(value, this.at(key), this.#faults)
      : this.fault(key, 'must be a table');
  }

  text(key: string): string | undefined {
    const value = this.values[key];
    if (value === undefined || typeof value === 'string') return value;
    return this.fault(key, 'must be a text');
  }

  texts(key: string): readonly string[] {
    return this.list(key).flatMap((value, index) =>
      typeof value === 'string' ? [value] : (this.fault(`${key}[${index}]`, 'must be a text') ?? []),
    );
  }

  list(key: string): readonly unknown[] {
    const value = this.values[key];
    if (value === undefined) return [];
    return Array.isArray(value) ? value : (this.fault(key, 'must be a list') ?? []);
  }

  requirements(key: string, { needed = false } = {}): readonly Requirement[] {
    if (needed && !this.has(key)) this.fault(key, 'is missing');
    return this.texts(key).flatMap(
      (text, index) => this.attempt(`${key}[${index}]`, () => Requirement.parse(text)) ?? [],
    );
  }

  /** All members of a table that holds nothing but texts. */
  textMembers(): readonly (readonly [key: string, value: string])[] {
    return Object.keys(this.values).flatMap((member) => {
      const value = this.text(member);
      return value === undefined ? [] : [[member, value] as const];
    });
  }

  /** The parsed value, or nothing and a fault where the parser threw one of our errors. */
  attempt<T>(key: string, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (thrown) {
      if (!isPycError(thrown)) throw thrown;
      return this.fault(key, thrown.message);
    }
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
