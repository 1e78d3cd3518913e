/** Reads requirements in Poetry's notation: a constraint, a table, or a list of these. */
import { Marker } from '../../marker.ts';
import { normalizeName } from '../../name.ts';
import type { Requirement } from '../../requirement.ts';
import type { Entry } from '../document.ts';
import { type Constraint, parseConstraint } from './constraint.ts';
import type { PoetryEdge } from './poetry-lock.ts';

/** What makes a requirement a direct reference. */
const DIRECT = ['git', 'path', 'file', 'url'] as const;

/** A requirement's alternatives: several where it depends on the Python or the platform. */
export function readEdges(name: string, entry: Entry): readonly PoetryEdge[] {
  const entries = Array.isArray(entry.value) ? entry.items() : [entry];
  return entries.map((one) => readEdge(name, one));
}

function readEdge(name: string, entry: Entry): PoetryEdge {
  const base = { name: normalizeName(name), platform: undefined, optional: false };
  if (typeof entry.value === 'string') {
    const versions = entry.parsed(parseConstraint);
    return { ...base, versions, extras: [], marker: undefined, pythons: undefined };
  }
  const table = entry.table();
  const isDirect = DIRECT.some((key) => Object.hasOwn(table, key));
  const version = entry.get('version').optionalParsed(parseConstraint) ?? parseConstraint('*');
  return {
    ...base,
    versions: isDirect ? undefined : version,
    extras: entry.get('extras').strings().map(normalizeName),
    marker: entry.get('markers').optionalParsed(parseMarker),
    pythons: entry.get('python').optionalParsed(parseConstraint),
    platform: entry.get('platform').optionalString(),
    optional: entry.get('optional').optionalBoolean() ?? false,
  };
}

/** The same for a requirement of `[project]` (PEP 508). */
export function edgeOfRequirement(requirement: Requirement, optional = false): PoetryEdge {
  const { name, specifier, extras, marker, url } = requirement;
  const versions: Constraint = { text: specifier.toString(), alternatives: [specifier] };
  return {
    name: normalizeName(name),
    versions: url === undefined ? versions : undefined,
    extras: extras.map(normalizeName),
    marker,
    pythons: undefined,
    platform: undefined,
    optional,
  };
}

/** Poetry writes `*` and the empty text for what always holds, and `<empty>` for what never does. */
export function parseMarker(text: string): Marker {
  if (text === '' || text === '*') return Marker.from({ kind: 'and', terms: [] });
  if (text === '<empty>') return Marker.from({ kind: 'or', terms: [] });
  return Marker.parse(text);
}
