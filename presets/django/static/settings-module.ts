/**
 * Follows a settings module from its first statement to its last, and the modules that it imports from, without running
 * anything. What the sources do not tell stays open, with the place and the reason.
 */
import {
  type Condition,
  dottedName,
  type Expression,
  type SourceTree,
  type Statement,
} from 'pycontainer/python';
import type { Place } from './errors.ts';
import { Expressions } from './expressions.ts';
import { attributeOf, combine, type Surroundings } from './operations.ts';
import { Scope } from './scope.ts';
import { type Call, callsIn, changedByBody, changedByMethod } from './side-effects.ts';
import { flag, isEqual, itemsOf, type Open, textValue, truthOf, type Value } from './value.ts';

export interface SettingsOptions extends Surroundings {
  /** Where a source lies in the image, absolute: what `__file__` says. */
  fileOf(path: string): string;
}

/** The names that a settings module has in the end. */
export interface Settings {
  /** Undefined where the module does not set it. */
  get(name: string): Promise<Value | undefined>;
  /** Where a setting was assigned last. */
  placeOf(name: string): Place | undefined;
}

const MAX_DEPTH = 16;
/** Calls that may set any name of the module. */
const SETS_ANYTHING = /^(?:locals|globals|vars|exec|setattr)$|^split_settings\./;

/** @throws SourceError where a module on the way cannot be read as Python */
export async function readSettings(
  tree: SourceTree,
  module: string,
  options: SettingsOptions,
): Promise<Settings> {
  const modules = new Modules(tree, options);
  const scope = await modules.load(module);
  return {
    get: async (name) => {
      const value = scope.look(name);
      return value === undefined ? undefined : modules.resolve(value);
    },
    placeOf: (name) => scope.places.get(name),
  };
}

class Modules {
  readonly #tree: SourceTree;
  readonly #options: SettingsOptions;
  readonly #expressions: Expressions;
  readonly #scopes = new Map<string, Scope>();
  /** The variables as far as they are known where the settings have come to. */
  readonly #env: Record<string, string>;
  /** What the project's functions change in the modules that they stand in, by the functions' dotted names. */
  readonly #changes = new Map<string, { readonly scope: Scope; readonly names: ReadonlySet<string> }>();

  constructor(tree: SourceTree, options: SettingsOptions) {
    this.#tree = tree;
    this.#options = options;
    this.#env = { ...options.env };
    this.#expressions = new Expressions({ ...options, env: this.#env }, (value) => this.resolve(value));
  }

  /** A module of the project; one that imports itself in a circle is seen as far as it got. */
  async load(module: string): Promise<Scope> {
    const known = this.#scopes.get(module);
    if (known !== undefined) return known;
    const path = this.#tree.pathOf(module)!;
    const scope = new Scope(module, path);
    this.#scopes.set(module, scope);
    scope.names.set('__file__', textValue(this.#options.fileOf(path)));
    scope.names.set('__name__', textValue(module));
    for (const statement of (await this.#tree.load(path)).statements) await this.#run(statement, scope);
    return scope;
  }

  /** What an imported name stands for. */
  async resolve(value: Value, depth = 0): Promise<Value> {
    if (value.kind !== 'import' || value.name === undefined || depth > MAX_DEPTH) return value;
    const scope = await this.load(value.module);
    const found = scope.look(value.name);
    if (found !== undefined) return this.resolve(found, depth + 1);
    const inner = `${value.module}.${value.name}`;
    if (this.#isOwn(inner)) return { kind: 'import', module: inner };
    return scope.open(1, `\`${value.name}\` is not defined there`);
  }

  async #run(statement: Statement, scope: Scope): Promise<void> {
    if (statement.runs === 'main') return;
    const doubt = await this.#doubtOf(statement, scope);
    if (doubt === 'skipped') return;
    switch (statement.kind) {
      case 'import':
        return this.#import(statement.module, statement.alias, statement.line, scope);
      case 'from':
        return this.#importFrom(statement, scope, doubt);
      case 'function':
      case 'class':
        return this.#define(statement, scope);
      case 'delete':
        return this.#delete(statement, scope, doubt);
      case 'assignment':
        return this.#assign(statement, scope, doubt);
      case 'expression':
        return this.#evaluateAlone(statement, scope, doubt);
      default:
    }
  }

  #define(statement: Statement & { readonly kind: 'function' | 'class' }, scope: Scope): void {
    const name = `${scope.module}.${statement.name}`;
    scope.set(statement.name, { kind: 'object', name }, statement.line);
    if (statement.kind === 'class') return;
    this.#changes.set(name, { scope, names: changedByBody(statement.body) });
  }

  #delete(
    { target, line }: Statement & { readonly kind: 'delete' },
    scope: Scope,
    doubt: Open | undefined,
  ): void {
    if (target.kind !== 'name') this.#spoil(target, doubt ?? scope.open(line, 'it is changed here'), scope);
    else if (doubt === undefined) scope.remove(target.name);
    else scope.set(target.name, doubt, line);
  }

  /** Undefined where a statement runs for certain. */
  async #doubtOf({ runs, when, line }: Statement, scope: Scope): Promise<Open | 'skipped' | undefined> {
    if (runs === 'always') return undefined;
    if (when === undefined) return scope.open(line, 'it stands in a loop or a handler');
    let doubt: Open | undefined;
    for (const condition of when) {
      const holds = await this.#holds(condition, scope);
      if (holds === false) return 'skipped';
      if (holds !== true) doubt ??= holds;
    }
    return doubt;
  }

  async #holds({ test, holds }: Condition, scope: Scope): Promise<boolean | Open> {
    const value = await this.#expressions.value(test, scope);
    const truth = truthOf(value);
    if (truth !== undefined) return truth === holds;
    if (value.kind !== 'open') return scope.open(test.line, 'the condition is not read');
    return { ...value, place: { file: scope.path, line: test.line } };
  }

  #isOwn(module: string): boolean {
    return this.#tree.pathOf(module) !== undefined || this.#tree.isNamespace(module);
  }

  #import(module: string, alias: string | undefined, line: number, scope: Scope): void {
    const [top] = module.split('.');
    const bound = alias === undefined ? top! : module;
    const value: Value =
      this.#tree.pathOf(bound) === undefined
        ? { kind: 'object', name: bound }
        : { kind: 'import', module: bound };
    scope.set(alias ?? top!, value, line);
  }

  async #importFrom(
    statement: Statement & { readonly kind: 'from' },
    scope: Scope,
    doubt: Open | undefined,
  ): Promise<void> {
    const { name, alias, line } = statement;
    const module = this.#sourceOf(statement, scope);
    const isOwn = module !== undefined && this.#isOwn(module);
    const [top] = module?.split('.') ?? [];
    // A module of its own that is missing is imported in a `try`, else nothing would start.
    if (!isOwn && (statement.level > 0 || (top !== undefined && this.#isOwn(top)))) return;
    if (name === '*') {
      if (isOwn && this.#tree.pathOf(module) === undefined) return;
      if (!isOwn) return scope.forget(scope.open(line, `\`${module}\` is not the project's, and may set it`));
      const from = await this.load(module);
      for (const [key, value] of await this.#exported(from)) {
        scope.set(key, doubt ?? value, line);
        if (doubt === undefined && from.places.has(key)) scope.places.set(key, from.places.get(key)!);
      }
      return;
    }
    if (doubt !== undefined) return scope.set(alias, doubt, line);
    if (!isOwn) return scope.set(alias, attributeOf({ kind: 'object', name: module! }, name)!, line);
    const inner = `${module}.${name}`;
    const isModule = this.#tree.pathOf(module) === undefined;
    scope.set(alias, isModule ? { kind: 'import', module: inner } : { kind: 'import', module, name }, line);
  }

  /** What `*` takes: the names of `__all__`, else those without an underscore in front. */
  async #exported(from: Scope): Promise<readonly (readonly [string, Value])[]> {
    const all = itemsOf(from.names.get('__all__') ?? flag(false))?.flatMap((item) =>
      item.kind === 'text' ? [item.text] : [],
    );
    return [...from.names].filter(([name]) => all?.includes(name) ?? !name.startsWith('_'));
  }

  #sourceOf(
    { level, module }: Statement & { readonly kind: 'from' },
    { module: own, path }: Scope,
  ): string | undefined {
    if (level === 0) return module;
    const up = path.endsWith('/__init__.py') ? level - 1 : level;
    const above = own.split('.').slice(0, own.split('.').length - up);
    return [...above, ...(module === '' ? [] : [module])].join('.') || undefined;
  }

  async #assign(
    { targets, value: expression, operator, line }: Statement & { readonly kind: 'assignment' },
    scope: Scope,
    doubt: Open | undefined,
  ): Promise<void> {
    if (expression === undefined) return;
    const value = await this.#expressions.value(expression, scope);
    for (const call of callsIn(expression)) {
      await this.#enter(call, scope, doubt);
      const changed = changedByMethod(call);
      if (changed !== undefined) this.#spoil(changed, doubt ?? scope.open(line, 'it is changed here'), scope);
    }
    for (const target of targets) {
      if (target.kind === 'name') {
        const before = scope.look(target.name);
        if (doubt !== undefined && operator !== undefined) {
          scope.set(target.name, doubt, line);
          continue;
        }
        const after =
          operator === undefined ? value : await this.#augmented(before, operator, value, line, scope);
        const isSame = before !== undefined && isEqual(await this.resolve(before), after) === true;
        scope.set(target.name, doubt !== undefined && !isSame ? doubt : after, line);
      } else if (target.kind === 'tuple' || target.kind === 'list') {
        const given = itemsOf(value);
        for (const [index, item] of target.items.entries()) {
          const open = scope.open(line, 'it is unpacked');
          if (item.kind === 'name') scope.set(item.name, doubt ?? given?.[index] ?? open, line);
        }
      } else if (target.kind === 'subscript') {
        await this.#setItem(
          target,
          operator === undefined ? (doubt ?? value) : scope.open(line, 'it is changed'),
          scope,
        );
      }
    }
  }

  /** `+=` changes a list in place. */
  async #augmented(
    before: Value | undefined,
    operator: string,
    value: Value,
    line: number,
    scope: Scope,
  ): Promise<Value> {
    const old = before === undefined ? undefined : await this.resolve(before);
    if (old?.kind === 'open') return old;
    if (value.kind === 'open') return value;
    const added = operator === '+=' ? itemsOf(value) : undefined;
    if (old?.kind === 'list' && added !== undefined) {
      old.items.push(...added);
      return old;
    }
    const combined =
      old === undefined || (operator !== '+=' && operator !== '/=')
        ? undefined
        : combine(operator === '+=' ? '+' : '/', old, value);
    return combined ?? scope.open(line, `\`${operator}\` of this is not read`);
  }

  async #setItem(
    target: Expression & { readonly kind: 'subscript' },
    value: Value,
    scope: Scope,
  ): Promise<void> {
    const index = await this.#expressions.value(target.index, scope);
    const container = await this.#expressions.value(target.value, scope);
    if (container.kind === 'object' && container.name === 'os.environ' && index.kind === 'text') {
      if (value.kind === 'text') this.#env[index.text] = value.text;
      else delete this.#env[index.text];
      return;
    }
    if (container.kind === 'dict' && index.kind === 'text') {
      container.items.set(index.text, value);
      return;
    }
    const { line } = target;
    if (container.kind === 'list' && index.kind === 'number' && index.number in container.items) {
      container.items[index.number] = value;
      return;
    }
    const callee = target.value.kind === 'call' ? dottedName(target.value.callee) : undefined;
    if (callee !== undefined && SETS_ANYTHING.test(callee.join('.'))) {
      if (index.kind === 'text') scope.set(index.text, value, line);
      else scope.forget(scope.open(line, 'it may be set here'));
      return;
    }
    this.#spoil(target.value, scope.open(line, 'it is changed here'), scope);
  }

  /** A call that stands alone changes what it is called on or given, if anything. */
  async #evaluateAlone(
    { value: expression, line }: Statement & { readonly kind: 'expression' },
    scope: Scope,
    doubt: Open | undefined,
  ): Promise<void> {
    const calls = callsIn(expression);
    for (const call of calls) {
      if (await this.#setsAnything(call, scope)) {
        return scope.forget(doubt ?? scope.open(line, 'what is called here may set anything'));
      }
      await this.#enter(call, scope, doubt);
    }
    const result = doubt ?? (await this.#expressions.value(expression, scope));
    if (result.kind !== 'open') return;
    const why =
      doubt === undefined && expression.kind === 'call' ? scope.open(line, 'it is changed here') : result;
    const changed = calls.flatMap(({ callee, arguments: given }) => [
      ...(callee.kind === 'attribute' ? [callee.value] : []),
      ...given.map(({ value }) => value),
    ]);
    for (const one of changed) this.#spoil(one, why, scope);
  }

  /** A function of the project may change names of its module, which may be values of this one as well. */
  async #enter({ callee, line }: Call, scope: Scope, doubt: Open | undefined): Promise<void> {
    const called = await this.#expressions.value(callee, scope);
    const changes = called.kind === 'object' ? this.#changes.get(called.name) : undefined;
    for (const name of changes?.names ?? []) {
      const open =
        doubt ?? scope.open(line, `\`${called.kind === 'object' ? called.name : name}\` may set it`);
      const before = changes!.scope.look(name);
      const isShared = before !== undefined && scope.look(name) === before;
      changes!.scope.set(name, open, line);
      if (isShared) scope.set(name, open, line);
    }
  }

  async #setsAnything({ callee }: Call, scope: Scope): Promise<boolean> {
    const called = await this.#expressions.value(callee, scope);
    return called.kind === 'object' && SETS_ANYTHING.test(called.name);
  }

  /** A list or dictionary by a name may be another one now. */
  #spoil(expression: Expression, open: Open, scope: Scope): void {
    const [name] = dottedName(expression.kind === 'subscript' ? expression.value : expression) ?? [];
    const value = name === undefined ? undefined : scope.look(name);
    const isMutable = value?.kind === 'list' || value?.kind === 'dict' || value?.kind === 'import';
    if (name !== undefined && isMutable) scope.set(name, open, open.place.line);
  }
}
