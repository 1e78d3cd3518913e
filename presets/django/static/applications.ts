/**
 * Where Django's applications lie: each entry of `INSTALLED_APPS` as a module or as the class that configures it, read
 * from the sources in the image as `AppConfig.create` would find it.
 */
import { digestOfJson, type PresetContext } from 'pycontainer';
import { type Expression, readModule } from 'pycontainer/python';
import { type Place, StaticUnreadableError } from './errors.ts';
import { splitPath } from './python-url.ts';
import type { TreeView } from './tree-view.ts';

/** An application that is installed. */
export interface Application {
  /** As in `django.contrib.admin`. */
  readonly name: string;
  /** Its folder, relative to the root. */
  readonly folder: string;
}

/** An entry of `INSTALLED_APPS`. */
export interface Entry {
  readonly text: string;
  readonly place: Place;
}

/** The one class that all configurations of applications descend from, by where it may be imported from. */
const BASES = new Set(['django.apps.AppConfig', 'django.apps.config.AppConfig']);
const MAX_DEPTH = 16;
/** To be counted up whenever a source would be read differently. */
const RULES = 1;

/** @throws StaticUnreadableError for an application that the image does not hold, or that is not literal enough */
export async function applicationsOf(
  entries: readonly Entry[],
  view: TreeView,
  roots: readonly string[],
  context: Pick<PresetContext, 'remembered' | 'signal'>,
): Promise<readonly Application[]> {
  const reader = new ApplicationReader(view, roots, context);
  const found = new Map<string, Application>();
  for (const entry of entries) {
    const application = await reader.application(entry);
    if (!found.has(application.name)) found.set(application.name, application);
  }
  return [...found.values()];
}

/** What a module binds at its top, as far as configurations of applications are made of it. Kept by the store as JSON. */
interface ModuleFacts {
  readonly imports: Readonly<
    Record<string, { readonly level: number; readonly module: string; readonly name: string }>
  >;
  readonly classes: Readonly<Record<string, ClassFacts>>;
}

interface ClassFacts {
  readonly line: number;
  /** Names in the module, dots in between. */
  readonly bases: readonly string[];
  /** Null where it is set and not literal. */
  readonly name?: string | null;
  readonly default?: boolean | null;
  /** Sets where it lies, or what it ignores. */
  readonly isSpecial: boolean;
}

/** A class that configures an application, with what it inherits. */
interface Configuration extends Pick<ClassFacts, 'name' | 'default' | 'isSpecial'> {
  readonly place: Place;
}

interface Module {
  readonly name: string;
  /** The source, relative to the root; undefined for a folder without `__init__.py`. */
  readonly file?: string;
  /** Where its inner modules lie, and the folder of a plain module. */
  readonly folder: string;
  readonly isPackage: boolean;
}

class ApplicationReader {
  readonly #view: TreeView;
  readonly #roots: readonly string[];
  readonly #context: Pick<PresetContext, 'remembered' | 'signal'>;

  constructor(
    view: TreeView,
    roots: readonly string[],
    context: Pick<PresetContext, 'remembered' | 'signal'>,
  ) {
    this.#view = view;
    this.#roots = roots;
    this.#context = context;
  }

  async application({ text, place }: Entry): Promise<Application> {
    const module = this.#find(text);
    if (module !== undefined) {
      const configuration = await this.#default(module);
      return this.#configured(configuration, module, { text, place });
    }
    const dot = text.lastIndexOf('.');
    const home = this.#find(text.slice(0, Math.max(dot, 0)));
    const configuration = home === undefined ? undefined : await this.#class(home, text.slice(dot + 1));
    if (configuration === undefined) {
      throw new StaticUnreadableError(
        `the application \`${text}\``,
        place,
        'it is not among what goes into the image',
      );
    }
    return this.#configured(configuration, undefined, { text, place });
  }

  #configured(
    configuration: Configuration | undefined,
    module: Module | undefined,
    { text, place }: Entry,
  ): Application {
    if (configuration === undefined) return { name: text, folder: module!.folder };
    if (configuration.isSpecial || typeof configuration.name !== 'string') {
      const why = configuration.isSpecial
        ? 'its configuration sets a path or patterns of its own'
        : 'its name is not literal';
      throw new StaticUnreadableError(`the application \`${text}\``, configuration.place, why);
    }
    const { name } = configuration;
    const own = name === text ? module : this.#find(name);
    if (own !== undefined) return { name, folder: own.folder };
    throw new StaticUnreadableError(
      `the application \`${name}\``,
      place,
      'it is not among what goes into the image',
    );
  }

  /** The configuration that a package's `apps` module has for it, where that is clear. */
  async #default(module: Module): Promise<Configuration | undefined> {
    const apps = module.isPackage ? this.#find(`${module.name}.apps`) : undefined;
    if (apps?.file === undefined) return undefined;
    const { imports, classes } = await this.#facts(apps);
    const candidates: Configuration[] = [];
    for (const name of new Set([...Object.keys(classes), ...Object.keys(imports)])) {
      const found = await this.#class(apps, name);
      if (found !== undefined && found.default !== false) candidates.push(found);
    }
    if (candidates.length <= 1) return candidates[0];
    const marked = candidates.filter((candidate) => candidate.default === true);
    if (marked.length <= 1) return marked[0];
    throw new StaticUnreadableError(
      `the application \`${module.name}\``,
      marked[0]!.place,
      'it has several default configurations',
    );
  }

  /** A class of a module by its name, where it descends from AppConfig and is not that itself. */
  async #class(module: Module, name: string, depth = 0): Promise<Configuration | undefined> {
    const found = await this.#inherited(module, name, depth);
    return found === 'base' ? undefined : found;
  }

  async #inherited(module: Module, name: string, depth: number): Promise<Configuration | 'base' | undefined> {
    if (BASES.has(`${module.name}.${name}`)) return 'base';
    if (module.file === undefined || depth > MAX_DEPTH) return undefined;
    const { imports, classes } = await this.#facts(module);
    const own = classes[name];
    if (own === undefined) {
      const imported = imports[name];
      if (imported === undefined) return undefined;
      const source = sourceOf(module, imported);
      if (BASES.has(`${source}.${imported.name}`)) return 'base';
      const home = this.#find(source);
      return home === undefined ? undefined : this.#inherited(home, imported.name, depth + 1);
    }
    const place = { file: module.file, line: own.line };
    for (const base of own.bases) {
      const inherited = await this.#dotted(module, base, depth + 1);
      if (inherited === undefined) continue;
      const { line: _line, bases: _bases, ...facts } = own;
      if (inherited === 'base') return { ...facts, place };
      return { ...inherited, ...facts, isSpecial: own.isSpecial || inherited.isSpecial, place };
    }
    return undefined;
  }

  /** A base class: a name of the module, or `module.Class`. */
  async #dotted(module: Module, dotted: string, depth: number): Promise<Configuration | 'base' | undefined> {
    const dot = dotted.lastIndexOf('.');
    if (dot === -1) return this.#inherited(module, dotted, depth);
    const { imports } = await this.#facts(module);
    const [first = '', ...rest] = dotted.slice(0, dot).split('.');
    const imported = imports[first];
    const from = imported === undefined ? first : `${sourceOf(module, imported)}.${imported.name}`;
    const name = [from, ...rest].join('.');
    if (BASES.has(`${name}.${dotted.slice(dot + 1)}`)) return 'base';
    const home = this.#find(name);
    return home === undefined ? undefined : this.#inherited(home, dotted.slice(dot + 1), depth);
  }

  async #facts(module: Module): Promise<ModuleFacts> {
    const file = this.#view.find(module.file!)!;
    const key = digestOfJson({ what: 'classes of a Python module', rules: RULES, sha256: file.sha256 });
    const value = await this.#context.remembered(key, async () =>
      factsOf(module.file!, await this.#view.read(file.path, this.#context.signal)),
    );
    return value as ModuleFacts;
  }

  #find(name: string): Module | undefined {
    if (!/^[^./\\]+(?:\.[^./\\]+)*$/.test(name)) return undefined;
    const path = name.replaceAll('.', '/');
    for (const root of this.#roots) {
      const folder = `${root}/${path}`;
      const init = `${folder}/__init__.py`;
      if (this.#view.find(init)?.type === 'file') return { name, file: init, folder, isPackage: true };
      if (this.#view.find(`${folder}.py`)?.type === 'file')
        return { name, file: `${folder}.py`, folder: splitPath(folder)[0], isPackage: false };
    }
    const namespace = this.#roots.find((root) => this.#view.find(`${root}/${path}`)?.type === 'directory');
    return namespace === undefined ? undefined : { name, folder: `${namespace}/${path}`, isPackage: true };
  }
}

function sourceOf(
  { name, isPackage }: Module,
  { level, module }: { readonly level: number; readonly module: string },
): string {
  if (level === 0) return module;
  const segments = name.split('.');
  const above = segments.slice(0, segments.length - (isPackage ? level - 1 : level));
  return [...above, ...(module === '' ? [] : [module])].join('.');
}

function factsOf(file: string, source: Uint8Array): ModuleFacts {
  const imports: Record<string, { level: number; module: string; name: string }> = {};
  const classes: Record<string, ClassFacts> = {};
  for (const statement of readModule(file, source).statements) {
    if (statement.kind === 'from') {
      const { level, module, name, alias } = statement;
      imports[alias] = { level, module, name };
    }
    if (statement.kind !== 'class') continue;
    const { name, line, bases, body } = statement;
    const set = new Map<string, Expression | undefined>();
    for (const inner of body) {
      if (inner.kind === 'function') set.set(inner.name, undefined);
      if (inner.kind !== 'assignment' || inner.value === undefined) continue;
      for (const target of inner.targets) if (target.kind === 'name') set.set(target.name, inner.value);
    }
    const [own, isDefault] = [set.get('name'), set.get('default')];
    classes[name] = {
      line,
      bases: bases.map(dotted).filter((base) => base !== ''),
      ...(set.has('name') ? { name: own?.kind === 'string' ? own.value : null } : {}),
      ...(set.has('default')
        ? { default: isDefault?.kind === 'constant' ? isDefault.value === true : null }
        : {}),
      isSpecial: set.has('path') || !isUsual(set.get('ignore_patterns')),
    };
  }
  return { imports, classes };
}

/** What Django's own configuration of static files ignores, and `collectstatic` with it. */
const IGNORED = 'CVS .* *~';

function isUsual(patterns: Expression | undefined): boolean {
  if (patterns === undefined) return true;
  const items = patterns.kind === 'list' || patterns.kind === 'tuple' ? patterns.items : [];
  return items.map((item) => (item.kind === 'string' ? item.value : '')).join(' ') === IGNORED;
}

function dotted(expression: Expression): string {
  if (expression.kind === 'name') return expression.name;
  return expression.kind === 'attribute' ? `${dotted(expression.value)}.${expression.name}` : '';
}
