/**
 * Compares what a uv.lock recorded of the project's requirements with pyproject.toml. uv rewrites markers and
 * requirements when it records them, so meanings are compared, over sample environments; whatever could be
 * uv's rewriting is taken as equal.
 */
import { resolveDependencyGroups } from '../../dependency-groups.ts';
import { Marker } from '../../marker.ts';
import { normalizeName } from '../../name.ts';
import type { ProjectMetadata, Pyproject } from '../../pyproject.ts';
import { Requirement } from '../../requirement.ts';
import { SpecifierSet } from '../../specifier.ts';
import type { Entry } from '../document.ts';
import { groupsOfMetadata } from './read.ts';
import { sampleEnvironments, samplePythons, signatureOf } from './sample-environments.ts';
import type { UvLock, UvPackage } from './uv-lock.ts';

/** A table as TOML gives it. */
type Table = Readonly<Record<string, unknown>>;

/**
 * Why the lock is older than pyproject.toml, by content and not by date; undefined where it is not, and where
 * that cannot be told.
 *
 * @param pyproject of the project that is built, the workspace's root or a member
 */
export function uvLockMatchesProject(lock: UvLock, pyproject: Pyproject): string | undefined {
  const { project } = pyproject;
  if (project === undefined) return undefined;
  const recorded = lock.byName.get(project.normalizedName)?.find(({ source }) => LOCAL.has(source.kind));
  if (recorded === undefined) return `the project \`${project.normalizedName}\` is not in it`;
  return pythonChange(lock, project) ?? new Comparison(lock, recorded, pyproject, project).change();
}

const LOCAL: ReadonlySet<string> = new Set(['editable', 'virtual', 'directory']);

/** A workspace's lock states what all members allow together, a lone project's what it allows. */
function pythonChange(lock: UvLock, { requiresPython }: ProjectMetadata): string | undefined {
  if (requiresPython === undefined) return undefined;
  const moved = samplePythons().find((python) => {
    const locked = lock.requiresPython.contains(python);
    return requiresPython.contains(python) ? !locked && lock.members.length === 0 : locked;
  });
  if (moved === undefined) return undefined;
  return `\`requires-python\` is \`${requiresPython}\`, it was locked for \`${lock.requiresPython}\``;
}

/** A requirement reduced to what is compared. */
interface Fact {
  readonly name: string;
  readonly extras: readonly string[];
  readonly specifier: SpecifierSet;
  readonly marker: Marker | undefined;
}

class Comparison {
  readonly #lock: UvLock;
  readonly #recorded: UvPackage;
  readonly #pyproject: Pyproject;
  readonly #project: ProjectMetadata;
  readonly #tool: Table;
  /** Names whose versions uv does not record, because they come from somewhere else than an index. */
  readonly #sourced = new Set<string>();
  readonly #samples: ReturnType<typeof sampleEnvironments>;

  constructor(lock: UvLock, recorded: UvPackage, pyproject: Pyproject, project: ProjectMetadata) {
    this.#lock = lock;
    this.#recorded = recorded;
    this.#pyproject = pyproject;
    this.#project = project;
    this.#tool = tableOf(pyproject.tool.uv);
    this.#samples = sampleEnvironments(lock.requiresPython, lock.supportedMarkers);
    for (const [name, source] of Object.entries(tableOf(this.#tool.sources))) {
      const alternatives = Array.isArray(source) ? source : [source];
      if (alternatives.some((one) => tableOf(one).index === undefined))
        this.#sourced.add(normalizeName(name));
    }
  }

  change(): string | undefined {
    const isDynamic = this.#project.dynamic.has('dependencies');
    if (this.#isOmitted()) {
      return isDynamic ? undefined : this.#missingName();
    }
    return (isDynamic ? undefined : this.#requirementChange()) ?? this.#groupChange();
  }

  /** A project without requirements has no metadata either, but then it has no edges, or others have metadata. */
  #isOmitted(): boolean {
    const { dependencies, extras, groups } = this.#recorded;
    return (
      this.#lock.revision >= 4 &&
      dependencies.length + extras.size + groups.size > 0 &&
      this.#lock.packages.every(({ metadata }) => metadata.isAbsent)
    );
  }

  /** All that can be told where the lock recorded no metadata. */
  #missingName(): string | undefined {
    const rewrites = ['override-dependencies', 'exclude-dependencies'];
    if (rewrites.some((key) => this.#tool[key] !== undefined)) return undefined;
    const missing = this.#stated().find(
      ({ name, marker }) => !this.#lock.byName.has(name) && signatureOf(marker, '', this.#samples) !== 0n,
    );
    return missing === undefined ? undefined : `\`${missing.name}\` is required and not locked`;
  }

  #requirementChange(): string | undefined {
    const { metadata } = this.#recorded;
    const recorded = metadata.isAbsent
      ? []
      : metadata
          .get('requires-dist')
          .items()
          .map((entry) => this.#fact(entry));
    const extras = [...this.#project.optionalDependencies.keys()];
    const stated = this.#stated();
    for (const extra of ['', ...extras]) {
      const change = this.#difference(recorded, stated, extra);
      if (change !== undefined) return extra === '' ? change : `${change} (extra \`${extra}\`)`;
    }
    if (this.#project.dynamic.has('optional-dependencies')) return undefined;
    const gone = [...this.#recorded.extras.keys()].find((extra) => !extras.includes(extra));
    return gone === undefined ? undefined : `the extra \`${gone}\` is gone`;
  }

  #groupChange(): string | undefined {
    // These settings change what uv records of a group.
    if (this.#tool['dependency-groups'] !== undefined) return undefined;
    const table = this.#pyproject.dependencyGroups;
    const legacy = legacyOf(this.#tool['dev-dependencies']);
    const recorded = new Map(
      groupsOfMetadata(this.#recorded.metadata)
        .members()
        .map(
          ([name, list]) => [normalizeName(name), list.items().map((entry) => this.#fact(entry))] as const,
        ),
    );
    const names = new Set([...Object.keys(table).map(normalizeName), ...recorded.keys()]);
    for (const name of names) {
      const own = Object.keys(table).some((key) => normalizeName(key) === name)
        ? resolveDependencyGroups(table, [name]).map(factOf)
        : [];
      const stated = name === 'dev' ? [...own, ...legacy] : own;
      const change = this.#difference(recorded.get(name) ?? [], stated, '');
      if (change !== undefined) return `${change} (group \`${name}\`)`;
    }
    return undefined;
  }

  /** The requirements of the project, those of its extras with `extra == …` added as the core metadata has it. */
  #stated(): readonly Fact[] {
    return [
      ...this.#project.dependencies.map(factOf),
      ...[...this.#project.optionalDependencies].flatMap(([extra, requirements]) =>
        requirements.map(factOf).map((fact) => ({ ...fact, marker: withExtra(fact.marker, extra) })),
      ),
    ];
  }

  #fact(entry: Entry): Fact {
    const name = normalizeName(entry.get('name').string());
    const elsewhere = ['git', 'url', 'path', 'directory', 'editable', 'virtual'];
    if (elsewhere.some((key) => !entry.get(key).isAbsent)) this.#sourced.add(name);
    return {
      name,
      extras: entry.get('extras').strings().map(normalizeName),
      specifier: entry.get('specifier').optionalParsed(SpecifierSet.parse) ?? SpecifierSet.parse(''),
      marker: entry.get('marker').optionalParsed(Marker.parse),
    };
  }

  #difference(recorded: readonly Fact[], stated: readonly Fact[], extra: string): string | undefined {
    const before = this.#byKey(recorded, extra);
    const now = this.#byKey(stated, extra);
    for (const [key, signature] of now) {
      if (before.get(key) !== signature) return `\`${key}\` is required and not recorded so`;
    }
    for (const key of before.keys())
      if (!now.has(key)) return `\`${key}\` is recorded and no longer required`;
    return undefined;
  }

  /** In which of the sample environments each requirement holds; those that hold in none are left out. */
  #byKey(facts: readonly Fact[], extra: string): ReadonlyMap<string, bigint> {
    const found = new Map<string, bigint>();
    for (const fact of facts) {
      const signature = signatureOf(fact.marker, extra, this.#samples);
      if (signature === 0n) continue;
      const key = this.#key(fact);
      found.set(key, (found.get(key) ?? 0n) | signature);
    }
    return found;
  }

  #key({ name, extras, specifier }: Fact): string {
    const wanted = extras.length === 0 ? '' : `[${[...new Set(extras)].sort().join(',')}]`;
    return `${name}${wanted}${this.#sourced.has(name) ? '' : normalizeSpecifier(specifier)}`;
  }
}

/** A direct reference has no versions to compare, on either side. */
function factOf({ name, extras, specifier, marker }: Requirement): Fact {
  return { name: normalizeName(name), extras: extras.map(normalizeName), specifier, marker };
}

/** `tool.uv.dev-dependencies`, which uv adds to the group `dev`. */
function legacyOf(list: unknown): readonly Fact[] {
  return Array.isArray(list)
    ? list.filter((text) => typeof text === 'string').map((text) => factOf(Requirement.parse(text)))
    : [];
}

function withExtra(marker: Marker | undefined, extra: string): Marker {
  const condition = {
    kind: 'comparison',
    left: { kind: 'variable', name: 'extra' },
    operator: '==',
    right: { kind: 'literal', value: extra },
  } as const;
  return Marker.from(
    marker === undefined ? condition : { kind: 'and', terms: [marker.expression, condition] },
  );
}

function normalizeSpecifier(specifier: SpecifierSet): string {
  return specifier.clauses
    .map(({ operator, version, text, wildcard }) =>
      version === undefined ? `${operator}${text}` : `${operator}${version}${wildcard ? '.*' : ''}`,
    )
    .sort()
    .join(',');
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : {};
}
