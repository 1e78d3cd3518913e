import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import {
  dottedName,
  type Expression,
  readModule,
  type Statement,
} from '../../../core/python/source/index.ts';

/** A statement in one line, enough to compare by eye. */
function show(statement: Statement): string {
  const text = (): string => {
    switch (statement.kind) {
      case 'import':
        return `import ${statement.module} as ${statement.alias ?? '-'}`;
      case 'from':
        return `from ${'.'.repeat(statement.level)}${statement.module} import ${statement.name} as ${statement.alias}`;
      case 'assignment':
        return `${statement.targets.map(value).join(' = ')} ${statement.operator ?? '='} ${value(statement.value)}`;
      case 'function': {
        const parameters = statement.parameters.map(({ name, required }) => (required ? name : `${name}?`));
        const returns = statement.returns === undefined ? '' : ` -> ${value(statement.returns)}`;
        return `def ${statement.name}(${parameters.join(', ')})${returns} {${statement.body.map(show).join('; ')}}`;
      }
      case 'class':
        return `class ${statement.name}(${statement.bases.map(value).join(', ')}) {${statement.body.map(show).join('; ')}}`;
      case 'return':
        return `return ${value(statement.value)}`;
      case 'delete':
        return `del ${value(statement.target)}`;
      case 'global':
        return `global ${statement.name}`;
      default:
        return value(statement.value);
    }
  };
  return `${statement.line}${statement.runs === 'always' ? '' : ` ${statement.runs}`}: ${text()}`;
}

function value(expression: Expression | undefined): string {
  if (expression === undefined) return '-';
  const dotted = dottedName(expression);
  if (dotted !== undefined) return dotted.join('.');
  switch (expression.kind) {
    case 'string':
      return JSON.stringify(expression.value);
    case 'number':
      return expression.text;
    case 'constant':
      return String(expression.value);
    case 'call': {
      const given = expression.arguments.map(
        ({ name, unpacked, value: inner }) =>
          `${unpacked ?? ''}${name === undefined ? '' : `${name}=`}${value(inner)}`,
      );
      return `${value(expression.callee)}(${given.join(', ')})`;
    }
    case 'binary':
      return `(${value(expression.left)} ${expression.operator} ${value(expression.right)})`;
    case 'list':
    case 'tuple':
    case 'set':
      return `${expression.kind}[${expression.items.map(value).join(', ')}]`;
    case 'dict':
      return `{${expression.items.map((pair) => pair.map(value).join(': ')).join(', ')}}`;
    case 'subscript':
      return `${value(expression.value)}[${value(expression.index)}]`;
    case 'attribute':
      return `${value(expression.value)}.${expression.name}`;
    case 'boolean':
    case 'comparison':
      return `<${value(expression.left)} ${expression.operator} ${value(expression.right)}>`;
    case 'formatted':
      return `f<${expression.pieces.map(value).join(' ')}>`;
    case 'not':
      return `<not ${value(expression.value)}>`;
    case 'conditional':
      return `<${[expression.then, expression.test, expression.otherwise].map(value).join(' ? ')}>`;
    case 'starred':
      return `*${value(expression.value)}`;
    default:
      return '?';
  }
}

const read = (source: string | Uint8Array): string[] => readModule('m.py', source).statements.map(show);

function refusal(source: string | Uint8Array): string {
  try {
    read(source);
  } catch (error) {
    if (isPycError(error)) return `${error.code} ${(error as { line?: number }).line}`;
    throw error;
  }
  return 'accepted';
}

describe('statements', () => {
  it('reads imports with aliases, levels, stars and brackets', () => {
    expect(
      read(
        'import a, b.c as d\nfrom . import x\nfrom ..y.z import (p as q, # why\n  r,)\nfrom .... import *\n',
      ),
    ).toEqual([
      '1: import a as -',
      '1: import b.c as d',
      '2: from . import x as x',
      '3: from ..y.z import p as q',
      '3: from ..y.z import r as r',
      '5: from .... import * as *',
    ]);
  });

  it('reads assignments of every shape', () => {
    expect(
      read(
        'a = b = C(1, k="v", *r, **s)\nx: int = 3\ny: str\nL += ["q"]\np, q = 1, 2\nd["k"] = {"a": 1}\nz = lambda v=1: v\n',
      ),
    ).toEqual([
      '1: a = b = C(1, k="v", *r, **s)',
      '2: x = 3',
      '3: y = -',
      '4: L += list["q"]',
      '5: tuple[p, q] = tuple[1, 2]',
      '6: d["k"] = {"a": 1}',
      '7: z = ?',
    ]);
  });

  it('reads functions and classes with their bodies', () => {
    const source = `@decorated(1)
async def create[T: int = str](first, /, second: list[int] = [lambda a, b: a], *rest, key, **more) -> 'App':
    if x: return App()
    def inner(): pass
class A(Base, metaclass=M, **more): name = "n"; other = 2
`;
    expect(read(source)).toEqual([
      '2: def create(first, second?, key) -> "App" {3 perhaps: return App(); 4: def inner() {}}',
      '5: class A(Base) {5: name = "n"; 5: other = 2}',
    ]);
  });

  it('takes statements out of their blocks and says whether they run', () => {
    const source = `try:
    import a
except (X, Y) as e:
    import b
else:
    import c
with open(p) as f, g:
    d = 1
for i in range(3): e = 2
match command.split():
    case ["go", direction] if direction: f = 3
    case _:
        g = 4
if __name__ == "__main__":
    run(app)
elif ("__main__" == __name__): run()
`;
    expect(read(source)).toEqual([
      '2: import a as -',
      '4 perhaps: import b as -',
      '6 perhaps: import c as -',
      '8: d = 1',
      '9 perhaps: e = 2',
      '11 perhaps: f = 3',
      '13 perhaps: g = 4',
      '15 main: run(app)',
      '16 main: run()',
    ]);
  });

  it('says which conditions decide, where conditions alone do', () => {
    const source = `if a:
    one()
    if b == 1: two()
    elif c:
        three()
    else:
        for x in y:
            four()
elif d:
    def five(): six()
else:
    try: seven()
    except E: eight()
while a: nine()
else: ten()
`;
    const shown = (statement: Statement): string => {
      const tests = statement.when?.map(({ test, holds }) => `${holds ? '' : 'not '}${value(test)}`);
      const inner = statement.kind === 'function' ? ` {${statement.body.map(shown).join()}}` : '';
      return `${statement.line} ${tests?.join(', ') ?? '-'}${inner}`;
    };
    expect(readModule('m.py', source).statements.map(shown)).toEqual([
      '2 a',
      '3 a, <b == 1>',
      '5 a, not <b == 1>, c',
      '8 -',
      '10 not a, d {10 -}',
      '12 not a, not d',
      '13 -',
      '14 -',
      '15 -',
    ]);
  });

  it('leaves out what only type checkers see', () => {
    expect(
      read(
        'if TYPE_CHECKING:\n  import a\nelse:\n  import b\nif typing.TYPE_CHECKING: import c\nif not TYPE_CHECKING: import d\n',
      ),
    ).toEqual(['4 perhaps: import b as -', '6 perhaps: import d as -']);
  });

  it('tells soft keywords from names', () => {
    expect(
      read(
        'match = 1\nmatch(x)\nmatch[0] = 2\ncase: int = 3\ntype X = int\ntype(x)\nmatch ...:\n  case 1: y = 1\ntype Y[T: (int, str) = int] = list[T]\ntype is None\n',
      ),
    ).toEqual([
      '1: match = 1',
      '2: match(x)',
      '3: match[0] = 2',
      '4: case = 3',
      '5: X = int',
      '6: type(x)',
      '8 perhaps: y = 1',
      '9: Y = list[T]',
      '10: ?',
    ]);
  });

  it('reads the syntax of Python 3.14', () => {
    expect(
      read(
        'try: a = 1\nexcept A, B: b = 2\nt = t"{x!r:>{w}} {d["k"]}"\nf = f"""{\n  y # comment "\n}"""\nafter = 3\n',
      ),
    ).toEqual(['1: a = 1', '2 perhaps: b = 2', '3: t = ?', '4: f = ?', '7: after = 3']);
  });
});

describe('expressions', () => {
  it('reads what facts are made of and calls the rest unknown', () => {
    const cases: Record<string, string> = {
      '"a" \'b\' """c"""': '"abc"',
      'r"\\d" "\\x41\\u00e9\\\n"': '"\\\\dAé"',
      '"\\N{BULLET}"': '?',
      'b"x"': '?',
      'f"{a["b"]}" "c"': '?',
      'f"{a.b}/{{x}}" "c" f"{ d }"': 'f<a.b "/{x}" "c" d>',
      'f"a" "b"': 'f<"a" "b">',
      'f"{a!r}"': '?',
      'f"\\n{a}"': '?',
      'rf"{a}"': '?',
      'BASE / "a" / "b"': '((BASE / "a") / "b")',
      'X + ["a"] + (1,)': '((X + list["a"]) + tuple[1])',
      'a or b() and not c': '<a or <b() and <not c>>>',
      'a() if b == 1 else c() if d else e': '<a() ? <b == 1> ? <c() ? d ? e>>',
      'not "a" in b + c or d not in e': '<<not <"a" in (b + c)>> or <d not in e>>',
      '[*a, "b"]': 'list[*a, "b"]',
      'a == b == c': '?',
      'a < b': '?',
      'a is None': '?',
      'a | b and c': '<? and c>',
      'not not a': '<not <not a>>',
      'a < b < c or d': '<? or d>',
      'a is not b if c else d': '<? ? c ? d>',
      'await a ** await b, *c': 'tuple[?, *c]',
      'lambda f=lambda: 1: f': '?',
      '(yield from a, b)': '?',
      'x[*a]': 'x[tuple[*a]]',
      '[x for x in y]': '?',
      'f(x for x in y)': 'f(?)',
      '{1, 2}': 'set[1, 2]',
      '{**a, "b": 1}': '?',
      '(a)': 'a',
      '()': 'tuple[]',
      'Path(__file__).resolve().parents[1]': 'Path(__file__).resolve().parents[1]',
      'x[1:2]': 'x[?]',
      'x ** 2 / 3': '(? / 3)',
      '-1': '?',
      True: 'true',
      '(yield)': '?',
      'await f()': '?',
      '(n := 3)': '?',
    };
    const found = Object.keys(cases).map((source) => [source, read(`v = ${source}\n`)[0]]);
    expect(found).toEqual(Object.entries(cases).map(([source, text]) => [source, `1: v = ${text}`]));
  });
});

describe('text', () => {
  it('decodes as PEP 263 says', () => {
    expect(read(Buffer.from('# -*- coding: latin-1 -*-\nn = "\xe9"\n', 'latin1'))).toEqual(['2: n = "é"']);
    expect(read(Buffer.from('\ufeffn = "é"\n'))).toEqual(['1: n = "é"']);
    expect(
      read(Buffer.from('#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nn = "\x80"\n', 'latin1')),
    ).toEqual(['3: n = "€"']);
    expect(read(Buffer.from('x = 1\n# coding: latin-1\nn = "é"\n'))).toEqual(['1: x = 1', '3: n = "é"']);
  });

  it('reads every line end, form feeds, continuations and names in their NFKC form', () => {
    expect(read('a = 1\rb = 2\r\n\fc = \\\n  3\nﬁle = 4\nif x:\n\td = 5\n        e = 6\n')).toEqual([
      '1: a = 1',
      '2: b = 2',
      '3: c = 3',
      '5: file = 4',
      '7 perhaps: d = 5',
      '8 perhaps: e = 6',
    ]);
  });

  it('refuses what is no Python, with its line', () => {
    const nested = (count: number, open: string, close: string): string =>
      open.repeat(count) + close.repeat(count);
    const cases: Record<string, string | Uint8Array> = {
      'PYC_SOURCE_UNREADABLE 2': 'x = 1\ny = "abc\n',
      'PYC_SOURCE_UNREADABLE 3': '\n\nx = (1,\n',
      'PYC_SOURCE_UNREADABLE 4': '\n\n\nx = 1)\n',
      'PYC_SOURCE_UNREADABLE 5': 'if x:\n    a\n\n\n  b\n',
      'PYC_SOURCE_UNREADABLE 6': '\n\n\n\n\nif x:\ny = 1\n'.replace('if x:\n', '  z = 1\n'),
      'PYC_SOURCE_UNREADABLE 7': '\n\n\n\n\n\nx = $y\n',
      'PYC_SOURCE_UNREADABLE 8': Buffer.from('\n\n\n\n\n\n\nx = "\xe9"\n', 'latin1'),
      'PYC_SOURCE_UNREADABLE 9': '\n\n\n\n\n\n\n\n"\0"\n',
      'PYC_SOURCE_UNREADABLE 1': Buffer.from('# coding: klingon\n'),
    };
    expect(Object.values(cases).map(refusal)).toEqual(Object.keys(cases));
    expect(refusal(Buffer.from('# coding: ascii\n"\xe9"\n', 'latin1'))).toBe('PYC_SOURCE_UNREADABLE 2');
    expect(refusal(Buffer.from('\ufeff# coding: latin-1\n'))).toBe('PYC_SOURCE_UNREADABLE 1');
    expect(refusal('x = f"{{}" + f"{a')).toBe('PYC_SOURCE_UNREADABLE 1');
    expect(read(`x = ${nested(5000, '(', ')')}\n`)).toHaveLength(1);
    expect(
      read(`x = ${'-'.repeat(50_000)}1\ny = ${'lambda: '.repeat(5000)}1\nz = ${'a.'.repeat(5000)}b\n`),
    ).toHaveLength(3);
    expect(read(`if a: b\n${'elif c: d\n'.repeat(20_000)}`)).toHaveLength(20_001);
    expect(read(`x = ${Array.from({ length: 20_000 }, () => '"a"').join(' + ')}\n`)).toEqual(['1: x = ?']);
  });

  it('neither hangs nor throws anything untyped on damaged sources', () => {
    const seeds = [
      'from fastapi import FastAPI as F\napp: F = F(title=f"{x!r:>{w}}")\n@app.get("/")\nasync def root(a, *, b=1) -> dict: return {"a": [1, (2,)]}\n',
      'class A(B, m=C):\n    """doc"""\n    x = r\'\\d\' \'\'\'q\'\'\'\n    def f(self): yield 1\nif __name__ == "__main__":\n\tmatch a:\n\t\tcase {"k": v}: pass\n',
    ];
    const pieces = [
      '(',
      ')',
      '[',
      '{',
      '}',
      '"',
      "'",
      '"""',
      'f"',
      '{{',
      '\\',
      '\n',
      '\t',
      ':',
      '=',
      '*',
      '**',
      '@',
      ',',
      '.',
      'def ',
      'class ',
      'lambda ',
      'import ',
      'from ',
      'if ',
      'é',
      '\u2028',
      '\0',
      '$',
      '->',
      ';',
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(400), fc.nat(6), fc.constantFrom(...pieces)), { maxLength: 6 }),
        (seed, cuts) => {
          const damaged = cuts.reduce(
            (text, [at, drop, piece]) => text.slice(0, at) + piece + text.slice(at + drop),
            seed,
          );
          expect(['accepted', 'PYC_SOURCE_UNREADABLE']).toContain(refusal(damaged).split(' ')[0]);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
