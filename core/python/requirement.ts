/**
 * Requirements as PyPA's "Dependency specifiers" (PEP 508) defines them: a name, extras, versions or a URL, a
 * marker. The options and paths of requirements files are not its concern.
 */
import { PycError } from '../primitives/errors.ts';
import { Marker } from './marker.ts';
import { SpecifierSet } from './specifier.ts';

/**
 * A text that should be a requirement (dependency specifiers, PEP 508) is none. Correct it where it is written:
 * pyproject.toml, the lock, or a wheel's metadata.
 */
export class RequirementError extends PycError {
  readonly code = 'PYC_REQUIREMENT_INVALID';
}

export interface RequirementParts {
  readonly name: string;
  readonly extras?: readonly string[];
  readonly specifier?: SpecifierSet;
  readonly url?: string | undefined;
  readonly marker?: Marker | undefined;
}

const HEAD =
  /^[ \t]*(?<name>[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)[ \t]*(?:\[(?<extras>[a-z0-9._, \t-]*)\][ \t]*)?/i;
const EXTRA = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i;
const URL_TAIL = /^@[ \t]*(?<url>[^ \t]+)(?:[ \t]+;(?<marker>.*)|[ \t]*)$/s;
const VERSION_TAIL = /^(?:\((?<inner>[^);]*)\)|(?<plain>[^();]*))[ \t]*(?:;(?<marker>.*))?$/s;

/** One immutable requirement. */
export class Requirement {
  /** As written; compare names with `normalizeName`. */
  readonly name: string;
  /** As written, sorted, each once. */
  readonly extras: readonly string[];
  readonly specifier: SpecifierSet;
  readonly url: string | undefined;
  readonly marker: Marker | undefined;

  private constructor(parts: RequirementParts) {
    this.name = parts.name;
    this.extras = [...new Set(parts.extras ?? [])].sort();
    this.specifier = parts.specifier ?? SpecifierSet.parse('');
    this.url = parts.url;
    this.marker = parts.marker;
  }

  /** @throws RequirementError with the specifier's or the marker's error as its cause where one of these is at fault. */
  static parse(text: string): Requirement {
    const head = HEAD.exec(text);
    if (head?.groups?.name === undefined) throw refuse(text, 'it does not begin with a name');
    const tail = text.slice(head[0].length);
    const parts = { name: head.groups.name, extras: extrasOf(text, head.groups.extras) };
    const groups = (tail.startsWith('@') ? URL_TAIL : VERSION_TAIL).exec(tail)?.groups;
    if (groups === undefined)
      throw refuse(text, `\`${tail.slice(0, 100)}\` is neither a URL, versions nor a marker`);
    const versions = groups.inner ?? groups.plain ?? '';
    return new Requirement({
      ...parts,
      specifier: attempt(text, () => specifierOf(text, versions)),
      url: groups.url,
      marker: attempt(text, () => (groups.marker === undefined ? undefined : Marker.parse(groups.marker))),
    });
  }

  static from(parts: RequirementParts): Requirement {
    return new Requirement(parts);
  }

  /** PEP 508's text, with the extras, the clauses and the marker in their normalised form. */
  toString(): string {
    const extras = this.extras.length === 0 ? '' : `[${this.extras.join(',')}]`;
    const versions = this.url === undefined ? this.specifier.toString() : ` @ ${this.url}`;
    // A semicolon right after a URL would be part of it.
    const marker = this.marker === undefined ? '' : `${this.url === undefined ? '' : ' '}; ${this.marker}`;
    return `${this.name}${extras}${versions}${marker}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function extrasOf(text: string, list: string | undefined): readonly string[] {
  if (list === undefined || list.trim() === '') return [];
  const extras = list.split(',').map((extra) => extra.trim());
  const faulty = extras.find((extra) => !EXTRA.test(extra));
  if (faulty !== undefined) throw refuse(text, `\`${faulty}\` is not an extra's name`);
  return extras;
}

function specifierOf(text: string, versions: string): SpecifierSet {
  // Sets pass over empty clauses and take any white space; requirements allow neither, save one comma at the end.
  if (/[^\S \t]|,[ \t]*,|^[ \t]*,/.test(versions))
    throw refuse(text, `\`${versions.slice(0, 100)}\` is no list of versions`);
  return SpecifierSet.parse(versions);
}

function attempt<T>(text: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof RequirementError || !(cause instanceof PycError)) throw cause;
    throw refuse(text, cause.message, cause);
  }
}

function refuse(text: string, why: string, cause?: unknown): RequirementError {
  return new RequirementError(`\`${text.slice(0, 200)}\` is not a requirement: ${why}`, {
    cause,
    hint: 'write it as `name[extra]>=1.2; python_version >= "3.9"` or `name @ https://…`',
  });
}
