/** Texts that the standards accept, made at random. */
import fc from 'fast-check';
import type { MarkerExpression, MarkerOperand, MarkerVariable } from '../../core/python/marker.ts';

const number = fc.oneof(fc.nat(12), fc.constantFrom(2_024_01_01, 9_007_199_254_740_991)).map(String);
const optional = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(''), texts);
const joined = (...texts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...texts).map((parts) => parts.join(''));

const separator = fc.constantFrom('', '.', '-', '_');
const release = fc.array(number, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const local = fc
  .array(fc.oneof(number, fc.constantFrom('a', 'Ubuntu', '1ab')), { minLength: 1, maxLength: 3 })
  .map((parts) => `+${parts.join('.')}`);

/** Without a local part. */
export const publicVersionTexts = joined(
  optional(fc.constantFrom('1!', '0!', 'v')),
  release,
  optional(joined(separator, fc.constantFrom('a', 'beta', 'RC', 'c', 'preview'), optional(number))),
  optional(
    fc.oneof(
      joined(separator, fc.constantFrom('post', 'rev', 'r'), optional(number)),
      joined(fc.constant('-'), number),
    ),
  ),
  optional(joined(separator, fc.constantFrom('dev', 'DEV'), optional(number))),
);

export const versionTexts = joined(publicVersionTexts, optional(local));

const clauses = fc.oneof(
  joined(fc.constantFrom('<', '<=', '>', '>=', '== ', '!='), publicVersionTexts),
  joined(fc.constantFrom('==', '!= '), versionTexts),
  joined(fc.constantFrom('==', '!='), release, fc.constant('.*')),
  joined(
    fc.constant('~='),
    number,
    fc.constant('.'),
    publicVersionTexts.filter((text) => /^\d+(?!!)/.test(text)),
  ).filter((text) => !text.includes('!')),
  fc.constantFrom('===1.0', '=== any-thing'),
);

export const specifierTexts = fc.array(clauses, { maxLength: 3 }).map((parts) => parts.join(','));

const variables = fc.constantFrom(
  'python_version',
  'python_full_version',
  'os.name',
  'sys_platform',
  'platform_machine',
  'platform_release',
  'implementation_version',
  'python_implementation',
  'extra',
);
const literals = fc
  .oneof(versionTexts, fc.constantFrom('linux', 'posix', '', 'Foo_Bar', "it's", 'say "hi"'))
  .map((text) => (text.includes('"') ? `'${text}'` : `"${text}"`));
const operators = fc.constantFrom('==', ' != ', '<', '<=', ' > ', '>=', '===', '~=', ' in ', ' not  in ');
const terms = fc.oneof(joined(variables, operators, literals), joined(literals, operators, variables));

export const markerTexts = fc.letrec<{ any: string; group: string }>((tie) => ({
  any: fc.oneof({ maxDepth: 3 }, terms, tie('group')),
  group: fc.oneof(
    joined(tie('any'), fc.constantFrom(' and ', ' or '), tie('any')),
    joined(fc.constant('('), tie('any'), fc.constant(')')),
  ),
})).any;

const names = fc.constantFrom('a', 'Foo.Bar_baz', 'zope.interface', 'x-1');
const extras = fc.constantFrom('', '[]', '[a]', '[ a , B_c ]');
const markers = optional(joined(fc.constantFrom(' ; ', ' ;'), markerTexts));

export const requirementTexts = fc.oneof(
  joined(names, extras, specifierTexts, markers),
  joined(names, extras, fc.constant(' ('), specifierTexts, fc.constant(')'), markers),
  joined(names, extras, fc.constant(' @ https://example.org/a;b#sha256=0'), markers),
);

/** Texts that nearly are what they were made of, and texts that never were. */
export function nearTexts(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const changed = fc
    .tuple(
      texts,
      fc.nat(),
      fc.nat(3),
      fc.oneof(
        fc.string({ maxLength: 3 }),
        fc.constantFrom('(', ')', "'", '"', ',', ';', '.*', '!', '+', '@'),
      ),
    )
    .map(([text, place, taken, put]) => {
      const at = place % (text.length + 1);
      return text.slice(0, at) + put + text.slice(at + taken);
    });
  return fc.oneof(changed, fc.string({ unit: 'binary', maxLength: 40 }));
}

const operands: fc.Arbitrary<MarkerOperand> = fc.oneof(
  fc
    .constantFrom<MarkerVariable>('python_version', 'os_name', 'platform_machine', 'platform_release')
    .map((name) => ({ kind: 'variable', name }) as const),
  // A quotation mark of one kind fits into the other kind.
  fc
    .string({ maxLength: 6 })
    .filter((value) => !/[\\\p{Cc}]/u.test(value) && !(value.includes('"') && value.includes("'")))
    .map((value) => ({ kind: 'literal', value }) as const),
);

const comparisons: fc.Arbitrary<MarkerExpression> = fc.record({
  kind: fc.constant('comparison' as const),
  left: operands,
  operator: fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '===', '~=', 'in', 'not in'),
  right: operands,
});

/** As the grammar builds them: a group in a group stands in parentheses, but for an `and` in an `or`. */
export const markerExpressions: fc.Arbitrary<MarkerExpression> = fc.letrec<{
  expression: MarkerExpression;
  term: MarkerExpression;
}>((tie) => ({
  term: fc.oneof(
    { maxDepth: 3 },
    comparisons,
    tie('expression').map((inner) =>
      inner.kind === 'comparison' ? inner : { ...inner, parenthesised: true as const },
    ),
  ),
  expression: fc.oneof(
    { maxDepth: 3 },
    comparisons,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      terms: fc.array(tie('term'), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).expression;

/** Parentheses around the whole mean nothing, and are not printed. */
export function withoutOutermost(expression: MarkerExpression | undefined): MarkerExpression | undefined {
  if (expression === undefined || expression.kind === 'comparison') return expression;
  const { parenthesised: _, ...rest } = expression;
  return rest;
}
