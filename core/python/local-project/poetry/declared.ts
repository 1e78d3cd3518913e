/** What a poetry project says of itself, in `[project]` or, where that is silent, in `[tool.poetry]`. */
import { normalizeName } from '../../name.ts';
import { type DeclaredProject, readDeclaredProject } from '../declared-project.ts';
import { notStatic } from '../not-static.ts';
import {
  isTable,
  membersOf,
  onlyKeys,
  type Table,
  tableAt,
  textAt,
  textMembersAt,
  textsAt,
} from '../table.ts';
import { type Constraint, isWithin, parseConstraint } from './constraint.ts';
import {
  extraNames,
  type PoetryRequirement,
  poetryRequirements,
  printRequirement,
  standardRequirement,
} from './requirements.ts';

type Pairs = readonly (readonly [name: string, text: string])[];

export interface PoetryProject {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** As `Name <address>`. */
  readonly author: string | undefined;
  readonly maintainer: string | undefined;
  readonly keywords: readonly string[];
  /** Where the project states them in `[project]`, nothing is added to them. */
  readonly classifiers: readonly string[];
  readonly classifiersAreComplete: boolean;
  readonly urls: Pairs;
  readonly entryPoints: readonly (readonly [group: string, entries: Pairs])[];
  /** Files of the project that become scripts. */
  readonly fileScripts: readonly string[];
  /** As it stands in `[project]`. */
  readonly requiresPython: string | undefined;
  /** What poetry's own dependencies say of Python, else `[project]`; undefined where every version is meant. */
  readonly pythonConstraint: Constraint | undefined;
  readonly extras: readonly string[];
  readonly requirements: readonly string[];
  /** The `[project]` table, where there is one. */
  readonly standard: DeclaredProject | undefined;
  readonly tool: Table;
}

export function readPoetryProject(document: Table): PoetryProject {
  const tool = tableAt(tableAt(document, 'tool'), 'poetry');
  if (tool['package-mode'] === false) notStatic('`package-mode` is off');
  if (tool.build !== undefined) notStatic('a build script runs in its build');
  const standard = document.project === undefined ? undefined : readDeclaredProject(document);
  if (standard?.importNames !== undefined || standard?.importNamespaces !== undefined)
    notStatic('import names are stated');
  const stated = standard?.requiresPython;
  const { python, requirements, extras } = dependenciesOf(standard, tool);
  const admitted = stated === undefined ? undefined : parseConstraint(stated);
  if (python !== undefined && admitted !== undefined && !isWithin(python, admitted))
    notStatic('`python` admits versions that `requires-python` does not');
  return {
    name: standard?.name || textAt(tool, 'name') || notStatic('the project has no name'),
    version: standard?.version || textAt(tool, 'version') || notStatic('`version` is dynamic'),
    description: standard?.description || textAt(tool, 'description') || '',
    author: firstContact(standard, tool, 'authors'),
    maintainer: firstContact(standard, tool, 'maintainers'),
    keywords: nonEmpty(standard?.keywords) ?? textsAt(tool, 'keywords') ?? [],
    classifiers: nonEmpty(standard?.classifiers) ?? textsAt(tool, 'classifiers') ?? [],
    classifiersAreComplete: nonEmpty(standard?.classifiers) !== undefined,
    urls: urlsOf(standard, tool),
    ...scriptsOf(standard, tool),
    requiresPython: stated !== undefined && stated !== '*' ? stated : undefined,
    pythonConstraint: python ?? admitted,
    extras,
    requirements,
    standard,
    tool,
  };
}

function nonEmpty<T extends { readonly length: number }>(list: T | undefined): T | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function firstContact(
  standard: DeclaredProject | undefined,
  tool: Table,
  key: 'authors' | 'maintainers',
): string | undefined {
  const stated = nonEmpty(standard?.[key]);
  const [first] = stated ?? [];
  if (first === undefined) return textsAt(tool, key)?.[0]?.normalize('NFC');
  const { name = '', email = '' } = first;
  const text = name !== '' && email !== '' ? `${name} <${email}>` : name || email;
  return text.normalize('NFC');
}

/** Homepage, repository and documentation first; METADATA sorts by the first letter alone. */
function urlsOf(standard: DeclaredProject | undefined, tool: Table): Pairs {
  const stated = nonEmpty(standard?.urls);
  const special = ['Homepage', 'Repository', 'Documentation'];
  const first: (readonly [string, string])[] = [];
  const custom: (readonly [string, string])[] = [];
  if (stated === undefined) {
    for (const label of special) {
      const url = textAt(tool, label.toLowerCase());
      if (url) first.push([label, url]);
    }
    custom.push(...(textMembersAt(tool, 'urls') ?? []));
  } else {
    for (const label of special) {
      const found = stated.findLast(([name]) => name.toLowerCase() === label.toLowerCase());
      if (found !== undefined) first.push([label, found[1]]);
    }
    custom.push(
      ...stated.filter(([name]) => !special.some((label) => label.toLowerCase() === name.toLowerCase())),
    );
  }
  return [...new Map([...first, ...custom])];
}

function scriptsOf(
  standard: DeclaredProject | undefined,
  tool: Table,
): Pick<PoetryProject, 'entryPoints' | 'fileScripts'> {
  const console: (readonly [string, string])[] = [];
  const fileScripts: string[] = [];
  for (const [name, value] of membersOf(tableAt(tool, 'scripts'))) {
    if (typeof value === 'string') {
      console.push([name, value]);
      continue;
    }
    if (!isTable(value)) return notStatic(`the script \`${name}\` is neither a text nor a table`);
    onlyKeys(value, ['reference', 'type', 'extras'], `tool.poetry.scripts.${name}`);
    const reference = textAt(value, 'reference') ?? notStatic(`the script \`${name}\` names nothing`);
    if (value.type === 'file') fileScripts.push(reference);
    else if (value.type === 'console') console.push([name, reference]);
  }
  const scripts = nonEmpty(standard?.scripts) ?? nonEmpty(console);
  const gui = nonEmpty(standard?.guiScripts);
  const plugins = tableAt(tool, 'plugins');
  const groups =
    nonEmpty(standard?.entryPoints) ??
    membersOf(plugins).map(([group]) => [group, textMembersAt(plugins, group) ?? []] as const);
  return {
    entryPoints: [
      ...(scripts === undefined ? [] : [['console_scripts', scripts] as const]),
      ...(gui === undefined ? [] : [['gui_scripts', gui] as const]),
      ...groups,
    ],
    fileScripts,
  };
}

interface Dependencies {
  /** `python` among poetry's own. */
  readonly python: Constraint | undefined;
  readonly requirements: readonly string[];
  readonly extras: readonly string[];
}

function dependenciesOf(standard: DeclaredProject | undefined, tool: Table): Dependencies {
  const own = membersOf(tableAt(tool, 'dependencies'));
  const python = own.find(([name]) => name.toLowerCase() === 'python')?.[1];
  const others = own.filter(([name]) => name.toLowerCase() !== 'python');
  const base = {
    python:
      python === undefined || python === '*'
        ? undefined
        : typeof python === 'string'
          ? parseConstraint(python)
          : notStatic('`python` is not a text'),
  };
  const { dependencies, optionalDependencies, dynamic = [] } = standard ?? {};
  if ((dependencies ?? []).length === 0 && (optionalDependencies ?? []).length === 0)
    return { ...base, ...poetryDependencies(others, tool) };
  const isDynamic = dynamic.some((field) => field === 'dependencies' || field === 'optional-dependencies');
  if (others.length > 0 && isDynamic) notStatic('dependencies are both static and dynamic');
  const optional = (optionalDependencies ?? []).map(
    ([extra, list]) => [normalizeName(extra), list.map(standardRequirement)] as const,
  );
  return {
    ...base,
    extras: optional.map(([extra]) => extra),
    requirements: [
      ...(dependencies ?? []).map((text) => printRequirement(standardRequirement(text), [])),
      ...optional.flatMap(([extra, list]) =>
        list.map((requirement) => printRequirement(requirement, [extra])),
      ),
    ],
  };
}

function poetryDependencies(
  own: readonly (readonly [name: string, value: unknown])[],
  tool: Table,
): Omit<Dependencies, 'python'> {
  const requirements: readonly PoetryRequirement[] = own.flatMap(([name, value]) =>
    poetryRequirements(name, value),
  );
  const extras = membersOf(tableAt(tool, 'extras')).map(
    ([extra, list]) => [normalizeName(extra), extraNames(list, extra)] as const,
  );
  return {
    extras: extras.map(([extra]) => extra),
    requirements: requirements.flatMap((requirement) => {
      const asking = extras.filter(([, names]) => names.includes(requirement.name)).map(([extra]) => extra);
      if (requirement.optional && asking.length === 0) return [];
      return [printRequirement(requirement, asking)];
    }),
  };
}
