/**
 * Walks the graph of a uv.lock as uv does when it installs: from the roots breadth-first over packages and
 * their extras. Where the lock declares conflicts, a first pass finds out which extras are active, since the
 * markers of the second depend on all of them. Knows nothing of files.
 */
import type { MarkerEnvironment } from '../../marker.ts';
import { LockMalformedError } from '../lock-error.ts';
import {
  encodeExtra,
  encodeItem,
  refuseConflictingExtras,
  refuseConflictingRequest,
  type UvWant,
} from './activation.ts';
import { ALWAYS, type Formula, Formulas } from './formula.ts';
import type { UvEdge, UvLock, UvPackage, UvRequirement } from './uv-lock.ts';

export type { UvWant } from './activation.ts';

/** What a walk came to. */
export interface UvWalk {
  /** Everything that is to be installed, roots among them, each with the names of what asked for it. */
  readonly reached: ReadonlyMap<UvPackage, ReadonlySet<string>>;
}

/**
 * @param environment PEP 508's variables; `extra` in it is not looked at
 * @throws LockConflictError where active extras, groups or projects exclude each other
 */
export function walkUvLock(lock: UvLock, environment: MarkerEnvironment, want: UvWant): UvWalk {
  refuseConflictingRequest(lock, want);
  const walker = new Walker(lock, environment, want);
  walker.start();
  if (lock.conflicts.length > 0) walker.activate();
  walker.walk();
  return { reached: walker.reached };
}

/** A package, or one of its extras. */
interface Stop {
  readonly owner: UvPackage;
  readonly extra: string | undefined;
}

class Walker {
  readonly reached = new Map<UvPackage, Set<string>>();
  readonly #lock: UvLock;
  readonly #environment: MarkerEnvironment;
  readonly #want: UvWant;
  readonly #formulas: Formulas;
  readonly #active = new Set<string>();
  readonly #ids = new Map<UvPackage, number>();
  /** Where the walk starts, in order, and under which condition each start is reached. */
  readonly #starts = new Map<string, Stop>();
  readonly #conditions = new Map<string, Formula>();

  constructor(lock: UvLock, environment: MarkerEnvironment, want: UvWant) {
    this.#lock = lock;
    this.#environment = environment;
    this.#want = want;
    this.#formulas = new Formulas(environment, lock.file);
  }

  /** The roots with their extras and groups, then what the workspace itself requires. */
  start(): void {
    const { roots, production } = this.#want;
    if (this.#lock.conflicts.length > 0) for (const root of roots) this.#activateRoot(root);
    if (production) for (const root of roots) this.#reach(root);
    for (const root of roots) {
      if (production) {
        this.#begin({ owner: root, extra: undefined }, ALWAYS);
        for (const extra of this.#wantedExtras(root)) this.#begin({ owner: root, extra }, ALWAYS);
      }
      for (const [group, edges] of root.groups) {
        if (this.#want.groups.has(group)) for (const edge of edges) this.#startGroupEdge(root, edge);
      }
    }
    for (const requirement of this.#lock.requirements) this.#startRequirement(requirement, production);
    for (const [group, requirements] of this.#lock.groups) {
      if (!this.#want.workspaceGroups || !this.#want.groups.has(group)) continue;
      for (const requirement of requirements) this.#startRequirement(requirement, true);
    }
  }

  /**
   * Finds the extras that requirements activate. An edge counts only together with the condition under which
   * its owner is reached: markers were simplified under that and mean nothing without it.
   */
  activate(): void {
    const queue = [...this.#starts.values()];
    const activated = new Set(this.#active);
    for (const stop of queue) {
      const condition = this.#conditions.get(this.#key(stop));
      if (condition === undefined) continue;
      for (const edge of edgesOf(stop)) {
        const reachable = this.#formulas.and(this.#formulas.of(edge.marker), condition);
        const added = edge.extras.map((extra) => encodeExtra(edge.target, extra));
        if (!this.#holdsWith(reachable, added)) continue;
        for (const name of added) {
          this.#active.add(name);
          activated.add(name);
        }
        for (const next of stopsOf(edge)) if (this.#widen(next, reachable)) queue.push(next);
      }
    }
    refuseConflictingExtras(this.#lock, activated);
  }

  /** The walk proper; nothing is activated in it any more. */
  walk(): void {
    const queue = [...this.#starts.values()];
    const seen = new Set(this.#starts.keys());
    for (const stop of queue) {
      for (const edge of edgesOf(stop)) {
        if (!this.#holdsWith(this.#formulas.of(edge.marker), [])) continue;
        this.#reach(edge.target, stop.owner.name);
        for (const next of stopsOf(edge)) {
          const key = this.#key(next);
          if (seen.has(key)) continue;
          seen.add(key);
          queue.push(next);
        }
      }
    }
  }

  #activateRoot(root: UvPackage): void {
    if (this.#want.production) {
      this.#active.add(encodeItem({ package: root.name, kind: 'project', name: '' }));
      for (const extra of this.#wantedExtras(root)) this.#active.add(encodeExtra(root, extra));
    }
    for (const name of root.groups.keys()) {
      if (this.#want.groups.has(name))
        this.#active.add(encodeItem({ package: root.name, kind: 'group', name }));
    }
  }

  #startGroupEdge(root: UvPackage, edge: UvEdge): void {
    const condition = this.#formulas.of(edge.marker);
    const added = edge.extras.map((extra) => encodeExtra(edge.target, extra));
    if (!this.#holdsWith(condition, added)) return;
    for (const name of added) this.#active.add(name);
    this.#reach(edge.target, root.name);
    for (const next of stopsOf(edge)) this.#begin(next, condition);
  }

  #startRequirement(requirement: UvRequirement, isInstalled: boolean): void {
    if (requirement.marker?.evaluate({ ...this.#environment, extra: '' }) === false) return;
    const target = this.#packageFor(requirement.name);
    if (isInstalled) this.#reach(target);
    for (const extra of requirement.extras) this.#active.add(encodeExtra(target, extra));
    this.#begin({ owner: target, extra: undefined }, ALWAYS);
    for (const extra of requirement.extras) this.#begin({ owner: target, extra }, ALWAYS);
  }

  /** The one entry of a name whose fork the environment belongs to. */
  #packageFor(name: string): UvPackage {
    const fitting = (this.#lock.byName.get(name) ?? []).filter(
      ({ resolutionMarkers }) =>
        resolutionMarkers.length === 0 ||
        resolutionMarkers.some((marker) => this.#holdsWith(this.#formulas.of(marker), [])),
    );
    const [found] = fitting;
    if (found !== undefined && fitting.length === 1) return found;
    throw new LockMalformedError(
      this.#lock.file,
      'manifest',
      found === undefined
        ? `it requires \`${name}\`, which no package gives to this environment`
        : `it requires \`${name}\`, which more than one package gives to this environment`,
    );
  }

  #wantedExtras(root: UvPackage): readonly string[] {
    return [...root.extras.keys()].filter((extra) => this.#want.extras.has(extra));
  }

  #reach(target: UvPackage, by?: string): void {
    const askedBy = this.reached.get(target) ?? new Set();
    if (by !== undefined) askedBy.add(by);
    this.reached.set(target, askedBy);
  }

  #begin(stop: Stop, condition: Formula): void {
    const key = this.#key(stop);
    if (!this.#starts.has(key)) this.#starts.set(key, stop);
    this.#widen(stop, condition);
  }

  /** Adds a condition under which a stop is reached; true where that says anything new. */
  #widen(stop: Stop, condition: Formula): boolean {
    const key = this.#key(stop);
    const before = this.#conditions.get(key);
    const after = before === undefined ? condition : this.#formulas.or(before, condition);
    if (after === before) return false;
    this.#conditions.set(key, after);
    return true;
  }

  #holdsWith(formula: Formula, added: readonly string[]): boolean {
    return this.#formulas.holds(formula, (name) => this.#active.has(name) || added.includes(name));
  }

  #key({ owner, extra }: Stop): string {
    let id = this.#ids.get(owner);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(owner, id);
    }
    return extra === undefined ? String(id) : `${id}[${extra}`;
  }
}

function edgesOf({ owner, extra }: Stop): readonly UvEdge[] {
  return extra === undefined ? owner.dependencies : (owner.extras.get(extra) ?? []);
}

/** The target itself, then each extra that the edge asks for. */
function stopsOf({ target, extras }: UvEdge): readonly Stop[] {
  return [{ owner: target, extra: undefined }, ...extras.map((extra) => ({ owner: target, extra }))];
}
