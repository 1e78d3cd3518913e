/**
 * Version constraints in Poetry's own notation: `^1.2`, `~1.2`, `1.2.*`, `>=1,<2`, `1.2 || >=2`. They become sets of
 * PEP 440 clauses.
 */
import { PycError } from '../../../primitives/errors.ts';
import { visible } from '../../../primitives/path.ts';
import { cached } from '../../parse-cache.ts';
import { SpecifierSet } from '../../specifier.ts';
import { Version } from '../../version.ts';

/**
 * A text that should be a version constraint in Poetry's notation, such as `^1.2`, is none. Correct it where it is
 * written, and lock again.
 */
export class ConstraintError extends PycError {
  readonly code = 'PYC_POETRY_CONSTRAINT_INVALID';
}

/** What a constraint allows: a version that one of the alternatives contains. */
export interface Constraint {
  readonly text: string;
  readonly alternatives: readonly SpecifierSet[];
}

/** Longer than any honest constraint. */
const LONGEST = 2000;
const SINGLE = /^(\^|~=|~|===|==|=|!=|<>|<=|>=|<|>)?v?([0-9][0-9a-z.+!_-]*?)((?:\.\*)*)$/i;
const ANYTHING = /^v?[x*](?:\.[x*])*$/i;

/** @throws ConstraintError */
export const parseConstraint: (text: string) => Constraint = cached((text) => {
  if (text.length > LONGEST) throw refuse(text.slice(0, 100));
  const alternatives = text.split(/\|\|?/).map((alternative) => {
    const clauses = alternative.replace(/([\^~=<>!])\s+/g, '$1').split(/[\s,]+/);
    const stated = clauses.filter((clause) => clause !== '');
    if (stated.length === 0) throw refuse(text);
    return SpecifierSet.parse(stated.map((clause) => clauseOf(clause, text)).join(','));
  });
  return { text, alternatives };
}, 4096);

/** True where the version is one that the constraint allows; pre-releases count as any other. */
export function allows({ alternatives }: Constraint, version: Version | string): boolean {
  return alternatives.some((alternative) => alternative.contains(version, { prereleases: true }));
}

/** One clause in PEP 440's notation; the empty text where it allows everything. */
function clauseOf(clause: string, text: string): string {
  if (ANYTHING.test(clause)) return '';
  const [, operator = '', number = '', wildcards = ''] = SINGLE.exec(clause) ?? [];
  const version = Version.tryParse(number);
  if (version === undefined) throw refuse(text);
  if (wildcards !== '') {
    if (operator === '!=') return `!=${number}.*`;
    if (operator === '' || operator === '=' || operator === '==') return `==${number}.*`;
    // Poetry looks at the number alone here.
    return clauseOf(`${operator}${number}`, text);
  }
  switch (operator) {
    case '^':
      return `>=${version},<${nextBreaking(version)}`;
    case '~':
      return `>=${version},<${raised(version, version.release.length === 1 ? 0 : 1)}`;
    case '~=':
      return version.release.length === 1 ? `>=${version},<${raised(version, 0)}` : `~=${version}`;
    case '':
    case '=':
      return `==${version}`;
    case '<>':
      return `!=${version}`;
    default:
      return `${operator}${version}`;
  }
}

/** The next version that may break by semantic versioning: the leftmost number that is not 0 goes up. */
function nextBreaking({ epoch, release }: Version): string {
  const [major = 0, minor, patch] = release;
  const place =
    Number(major) > 0 || minor === undefined ? 0 : Number(minor) > 0 || patch === undefined ? 1 : 2;
  return raised({ epoch, release }, place);
}

/** The version with one number of its release one higher, and without those after it. */
function raised({ epoch, release }: Pick<Version, 'epoch' | 'release'>, place: number): string {
  const kept = Array.from({ length: place }, (_, index) => release[index] ?? 0);
  const next = BigInt(release[place] ?? 0) + 1n;
  return `${epoch === 0 ? '' : `${epoch}!`}${[...kept, next].join('.')}`;
}

function refuse(text: string): ConstraintError {
  return new ConstraintError(`\`${visible(text)}\` is no version constraint of Poetry's`, {
    hint: 'write it as `^1.2`, `~1.2`, `1.2.*` or `>=1.2,<2`',
  });
}
