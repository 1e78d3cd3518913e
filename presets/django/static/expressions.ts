/** What the expressions of a module give, as far as its sources tell. Which statement they stand in is not known here. */
import { dottedName, type Expression } from 'pycontainer/python';
import { attributeOf, call, combine, compare, itemOf, type Surroundings } from './operations.ts';
import type { Scope } from './scope.ts';
import { flag, itemsOf, type Open, stringOf, textValue, truthOf, type Value } from './value.ts';

const BUILT_IN = new Set([
  'str',
  'int',
  'bool',
  'list',
  'tuple',
  'dict',
  'locals',
  'globals',
  'vars',
  'exec',
  'setattr',
]);

export class Expressions {
  readonly #options: Surroundings;
  readonly #resolve: (value: Value) => Promise<Value>;

  /** @param resolve - gives what an imported name stands for */
  constructor(options: Surroundings, resolve: (value: Value) => Promise<Value>) {
    this.#options = options;
    this.#resolve = resolve;
  }

  /** What an expression gives where its module has come to. */
  async value(expression: Expression, scope: Scope): Promise<Value> {
    const { line } = expression;
    const open = (why: string): Open => scope.open(line, why);
    switch (expression.kind) {
      case 'string':
        return textValue(expression.value);
      case 'formatted': {
        let text = '';
        for (const piece of expression.pieces) {
          const value = await this.value(piece, scope);
          const next = stringOf(value);
          if (next === undefined) return value.kind === 'open' ? value : open('this expression is not read');
          text += next;
        }
        return textValue(text);
      }
      case 'number': {
        const number = Number(expression.text.replaceAll('_', ''));
        return Number.isSafeInteger(number) ? { kind: 'number', number } : open('this number is not read');
      }
      case 'constant':
        return { kind: 'constant', constant: expression.value };
      case 'name': {
        const { name } = expression;
        const found = scope.look(name);
        if (found !== undefined) return this.#resolve(found);
        return BUILT_IN.has(name) ? { kind: 'object', name } : open(`\`${name}\` is not known`);
      }
      case 'list':
      case 'tuple':
        return this.#items(expression, scope);
      case 'dict':
        return this.#dictionary(expression, scope);
      case 'attribute': {
        const value = await this.value(expression.value, scope);
        if (value.kind === 'open') return value;
        if (value.kind === 'import') return this.#resolve({ ...value, name: expression.name });
        return attributeOf(value, expression.name) ?? open('this attribute is not read');
      }
      case 'subscript': {
        const value = await this.value(expression.value, scope);
        const index = await this.value(expression.index, scope);
        if (value.kind === 'open') return value;
        if (value.kind === 'object' && value.name === 'os.environ' && index.kind === 'text') {
          const stated = this.#options.env[index.text];
          return stated === undefined ? scope.dependsOn(index.text, line) : textValue(stated);
        }
        return itemOf(value, index) ?? open('this item is not read');
      }
      case 'call':
        return this.#call(expression, scope);
      case 'binary':
      case 'comparison': {
        const left = await this.value(expression.left, scope);
        const right = await this.value(expression.right, scope);
        const result =
          expression.kind === 'binary'
            ? combine(expression.operator, left, right)
            : compare(expression.operator, left, right);
        if (result !== undefined) return result;
        if (isEnvironment(right) && left.kind === 'text') {
          return left.text in this.#options.env
            ? flag(expression.operator === 'in')
            : scope.dependsOn(left.text, line);
        }
        return [left, right].find((side) => side.kind === 'open') ?? open('this expression is not read');
      }
      case 'boolean': {
        const left = await this.value(expression.left, scope);
        const truth = truthOf(left);
        if (truth === undefined) return left.kind === 'open' ? left : open('this condition is not read');
        return truth === (expression.operator === 'or') ? left : this.value(expression.right, scope);
      }
      case 'not': {
        const value = await this.value(expression.value, scope);
        const truth = truthOf(value);
        if (truth !== undefined) return flag(!truth);
        return value.kind === 'open' ? value : open('this condition is not read');
      }
      case 'conditional': {
        const test = await this.value(expression.test, scope);
        const truth = truthOf(test);
        if (truth !== undefined) return this.value(truth ? expression.then : expression.otherwise, scope);
        return test.kind === 'open' ? test : open('this condition is not read');
      }
      default:
        return open('this expression is not read');
    }
  }

  async #items(
    { kind, items, line }: Expression & { readonly kind: 'list' | 'tuple' | 'set' },
    scope: Scope,
  ): Promise<Value> {
    const found: Value[] = [];
    for (const item of items) {
      if (item.kind !== 'starred') {
        found.push(await this.value(item, scope));
        continue;
      }
      const value = await this.value(item.value, scope);
      const unpacked = itemsOf(value);
      if (unpacked === undefined)
        return value.kind === 'open' ? value : scope.open(line, 'this expression is not read');
      found.push(...unpacked);
    }
    return kind === 'list' ? { kind, items: found } : { kind: 'tuple', items: found };
  }

  async #dictionary({ items, line }: Expression & { readonly kind: 'dict' }, scope: Scope): Promise<Value> {
    const found = new Map<string, Value>();
    for (const [key, value] of items) {
      const name = await this.value(key, scope);
      if (name.kind !== 'text') return scope.open(line, 'a key of this dictionary is not read');
      found.set(name.text, await this.value(value, scope));
    }
    return { kind: 'dict', items: found };
  }

  async #call(
    { callee, arguments: given, line }: Expression & { readonly kind: 'call' },
    scope: Scope,
  ): Promise<Value> {
    const called = await this.value(callee, scope);
    if (called.kind === 'open') return called;
    const values: Value[] = [];
    for (const argument of given) {
      const value = await this.value(argument.value, scope);
      if (argument.unpacked !== undefined) return scope.open(line, 'this call is not read');
      if (argument.name === undefined) values.push(value);
    }
    const { env, folder } = this.#options;
    const isPure = given.every(({ name }) => name === undefined || name === 'strict' || name === 'default');
    const result = isPure ? call(called, values, { env, folder }) : undefined;
    if (result !== undefined) return result;
    const [first] = values;
    const asksEnvironment = called.kind === 'object' && /^os\.(?:getenv$|environ\.)/.test(called.name);
    if (asksEnvironment && first?.kind === 'text') return scope.dependsOn(first.text, line);
    const open = values.find((value) => value.kind === 'open');
    const name = dottedName(callee)?.join('.');
    return (
      open ?? scope.open(line, name === undefined ? 'a call decides it' : `a call of \`${name}\` decides it`)
    );
  }
}

function isEnvironment(value: Value): boolean {
  return value.kind === 'object' && value.name === 'os.environ';
}
