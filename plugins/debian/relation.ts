/** Relations between packages (deb-control(5): Depends, Provides, Conflicts …), read and evaluated; no archive is known here. */
import { compareDebianVersions } from './version.ts';

export type Operator = '<<' | '<=' | '=' | '>=' | '>>';

/** One package that a relation names. */
export interface Relation {
  readonly name: string;
  /** What stands behind a colon: `any`, `native` or an architecture. */
  readonly qualifier?: string;
  readonly operator?: Operator;
  readonly version?: string;
}

/** Alternatives, any of which will do. */
export type Alternatives = readonly Relation[];

const RELATION =
  /^([a-zA-Z0-9][a-zA-Z0-9+.-]*)(?::([a-zA-Z0-9-]+))?\s*(?:\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s)]+)\s*\))?(?:\s*\[[^\]]*\])?(?:\s*<[^>]*>)*$/;

/** Reads a comma-separated field; what follows no grammar is returned in `malformed`. */
export function parseRelations(field: string | undefined): {
  readonly groups: readonly Alternatives[];
  readonly malformed: readonly string[];
} {
  const groups: Alternatives[] = [];
  const malformed: string[] = [];
  for (const part of (field ?? '').split(',')) {
    if (part.trim() === '') continue;
    const group: Relation[] = [];
    for (const choice of part.split('|')) {
      const relation = parseRelation(choice.trim());
      if (relation === undefined) malformed.push(choice.trim());
      else group.push(relation);
    }
    if (group.length > 0) groups.push(group);
  }
  return { groups, malformed };
}

function parseRelation(text: string): Relation | undefined {
  const match = RELATION.exec(text);
  if (match === null) return undefined;
  const [, name, qualifier, operator, version] = match;
  return {
    name: name!,
    ...(qualifier === undefined ? {} : { qualifier }),
    ...(operator === undefined || version === undefined ? {} : { operator: modern(operator), version }),
  };
}

/** `<` and `>` once meant `<=` and `>=`, and dpkg still reads them so. */
function modern(operator: string): Operator {
  return (operator === '<' ? '<=' : operator === '>' ? '>=' : operator) as Operator;
}

/** True where a version fulfils what a relation asks of it. */
export function versionFits(version: string, relation: Relation): boolean {
  if (relation.operator === undefined || relation.version === undefined) return true;
  const order = compareDebianVersions(version, relation.version);
  switch (relation.operator) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

/** `name:qualifier (>= version)`, as Debian writes it. */
export function formatRelation(relation: Relation): string {
  const { name, qualifier, operator, version } = relation;
  const qualified = qualifier === undefined ? name : `${name}:${qualifier}`;
  return operator === undefined ? qualified : `${qualified} (${operator} ${version})`;
}
