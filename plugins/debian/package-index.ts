/**
 * An index of binary packages over one or more `Packages` files. 50 MB of text hold what a build needs of
 * forty packages, so paragraphs are found by scanning and parsed when asked for.
 */

import type { Digest } from 'pycontainer';
import { isDigest, parseTreePath } from 'pycontainer';
import type { Fields } from './control-fields.ts';
import { parseFields } from './control-fields.ts';
import type { Alternatives, Relation } from './relation.ts';
import { parseRelations } from './relation.ts';
import { compareDebianVersions, isDebianVersion } from './version.ts';

/** What an archive says of one binary package (deb-control(5) and "Packages Indices" of the repository format). */
export interface PackageRecord {
  readonly name: string;
  readonly version: string;
  /** Debian's word, or `all`. */
  readonly architecture: string;
  /** Depends and Pre-Depends. */
  readonly depends: readonly Alternatives[];
  /** Conflicts and Breaks. */
  readonly conflicts: readonly Relation[];
  readonly provides: readonly Relation[];
  readonly multiArch: string;
  /** `required`, `important`, `standard`, `optional` or `extra`. */
  readonly priority: string;
  readonly essential: boolean;
  /** Root of the mirror that has the file. */
  readonly mirror: string;
  /** Below `mirror`. */
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: Digest;
}

/** A `Packages` file that was verified. */
export interface PackageList {
  readonly mirror: string;
  readonly bytes: Uint8Array;
}

export interface PackageIndex {
  /** All versions of a name, the highest first; of equal versions the first list's. */
  versions(name: string): readonly PackageRecord[];
  /** The highest version of everything that provides a name, in order of name. */
  providers(name: string): readonly PackageRecord[];
  /** All names, for hints. */
  names(): readonly string[];
}

const NAME = /^[a-z0-9][a-z0-9+.-]*$/;

interface Place {
  readonly list: number;
  readonly start: number;
  readonly end: number;
}

/** Finds the paragraphs of the lists. Paragraphs of other architectures than `architecture` and `all` are left out. */
export function indexPackages(lists: readonly PackageList[], architecture: string): PackageIndex {
  const buffers = lists.map((list) =>
    Buffer.from(list.bytes.buffer, list.bytes.byteOffset, list.bytes.length),
  );
  const places = new Map<string, Place[]>();
  const provided = new Map<string, Set<string>>();
  for (const [list, buffer] of buffers.entries()) scan(buffer, list, places, provided);

  const known = new Map<string, readonly PackageRecord[]>();
  const versions = (name: string): readonly PackageRecord[] => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const records: PackageRecord[] = [];
    for (const { list, start, end } of places.get(name) ?? []) {
      const fields = parseFields(buffers[list]!.toString('utf8', start, end));
      const record = recordOf(fields, lists[list]!.mirror, architecture);
      if (record?.name === name && !records.some(({ version }) => version === record.version))
        records.push(record);
    }
    records.sort((a, b) => compareDebianVersions(b.version, a.version));
    known.set(name, records);
    return records;
  };
  return {
    versions,
    providers: (name) =>
      [...(provided.get(name) ?? [])]
        .sort()
        .flatMap((provider) => versions(provider).slice(0, 1))
        .filter((record) => record.provides.some((relation) => relation.name === name)),
    names: () => [...places.keys()],
  };
}

/** Notes where each paragraph lies and what it provides, without making strings of the rest. */
function scan(
  buffer: Buffer,
  list: number,
  places: Map<string, Place[]>,
  provided: Map<string, Set<string>>,
): void {
  let provides = fieldAt(buffer, 'Provides', 0);
  for (let start = 0; start < buffer.length; ) {
    const gap = buffer.indexOf('\n\n', start);
    const end = gap === -1 ? buffer.length : gap + 1;
    const at = startsWith(buffer, start, 'Package: ') ? start : fieldAt(buffer, 'Package', start);
    if (at !== -1 && at < end) {
      const name = valueAt(buffer, at, end);
      if (NAME.test(name)) {
        const before = places.get(name);
        if (before === undefined) places.set(name, [{ list, start, end }]);
        else before.push({ list, start, end });
        while (provides !== -1 && provides < start) provides = fieldAt(buffer, 'Provides', provides + 1);
        if (provides !== -1 && provides < end) note(buffer, provides, end, name, provided);
      }
    }
    start = end + 1;
  }
}

function note(
  buffer: Buffer,
  at: number,
  end: number,
  name: string,
  provided: Map<string, Set<string>>,
): void {
  for (const group of parseRelations(valueAt(buffer, at, end)).groups) {
    for (const relation of group) {
      const before = provided.get(relation.name);
      if (before === undefined) provided.set(relation.name, new Set([name]));
      else before.add(name);
    }
  }
}

/** Where the next line begins that holds a field. */
function fieldAt(buffer: Buffer, field: string, from: number): number {
  const at = buffer.indexOf(`\n${field}: `, from);
  return at === -1 ? -1 : at + 1;
}

function startsWith(buffer: Buffer, at: number, text: string): boolean {
  return buffer.toString('latin1', at, at + text.length) === text;
}

/** The value of the field whose line begins at `at`; none of those read here is folded. */
function valueAt(buffer: Buffer, at: number, end: number): string {
  const line = buffer.indexOf('\n', at);
  const text = buffer.toString('latin1', at, line === -1 ? end : Math.min(line, end));
  return text.slice(text.indexOf(':') + 1).trim();
}

/** Undefined for what is incomplete, or could lead out of the mirror: such a package cannot be chosen. */
function recordOf(fields: Fields, mirror: string, architecture: string): PackageRecord | undefined {
  const name = fields.get('package') ?? '';
  const version = fields.get('version') ?? '';
  const own = fields.get('architecture') ?? '';
  const sha256 = `sha256:${(fields.get('sha256') ?? '').toLowerCase()}`;
  const size = Number(fields.get('size') ?? 'NaN');
  const filename = pathOf(fields.get('filename') ?? '');
  if (!NAME.test(name) || !isDebianVersion(version) || (own !== architecture && own !== 'all'))
    return undefined;
  if (!isDigest(sha256) || filename === undefined || !Number.isSafeInteger(size) || size < 0)
    return undefined;
  return {
    name,
    version,
    architecture: own,
    depends: ['pre-depends', 'depends'].flatMap((field) => parseRelations(fields.get(field)).groups),
    conflicts: ['conflicts', 'breaks'].flatMap((field) => parseRelations(fields.get(field)).groups.flat()),
    provides: parseRelations(fields.get('provides')).groups.flat(),
    multiArch: fields.get('multi-arch') ?? 'no',
    priority: fields.get('priority') ?? 'optional',
    essential: fields.get('essential') === 'yes',
    mirror,
    filename,
    size,
    sha256,
  };
}

/** Security's indexes have been seen with a leading `./`. */
function pathOf(filename: string): string | undefined {
  try {
    return parseTreePath(filename.replace(/^\.\//, ''));
  } catch {
    return undefined;
  }
}
