/**
 * Which extras, groups and projects are active during a walk, under the names that uv gives them in markers:
 * `extra-<length>-<package>-<extra>`, `group-…` and `project-<length>-<package>`.
 */
import { LockConflictError } from '../lock-error.ts';
import type { UvConflictItem, UvLock, UvPackage } from './uv-lock.ts';

/** The name of an item as markers spell it. */
export function encodeItem({ kind, package: owner, name }: UvConflictItem): string {
  const stem = `${kind}-${owner.length}-${owner}`;
  return kind === 'project' ? stem : `${stem}-${name}`;
}

export function encodeExtra(owner: UvPackage, extra: string): string {
  return encodeItem({ package: owner.name, kind: 'extra', name: extra });
}

/** What is asked for, reduced to the packages that it starts from. */
export interface UvWant {
  readonly roots: readonly UvPackage[];
  /** Extras of the roots: those that a root does not have are not its concern. */
  readonly extras: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  /** Whether groups of the workspace itself count beside those of the roots: not where a member was named. */
  readonly workspaceGroups: boolean;
  /** False leaves out the roots and their dependencies: the groups alone. */
  readonly production: boolean;
}

/**
 * Refuses what was asked for where the lock declares it as conflicting: extras and groups of the roots, and
 * of the workspace's members that they depend on, and these members themselves.
 *
 * @throws LockConflictError
 */
export function refuseConflictingRequest(lock: UvLock, want: UvWant): void {
  if (lock.conflicts.length === 0) return;
  const involved = involvedMembers(lock, want);
  for (const set of lock.conflicts) {
    const wanted = set.filter((item) => {
      if (!involved.has(item.package)) return false;
      if (item.kind === 'project') return want.production;
      return (item.kind === 'extra' ? want.extras : want.groups).has(item.name);
    });
    if (wanted.length > 1) throw new LockConflictError(lock.file, wanted.map(describeItem));
  }
}

/**
 * Refuses extras that requirements activated and that exclude each other.
 *
 * @param activated encoded names
 * @throws LockConflictError
 */
export function refuseConflictingExtras(lock: UvLock, activated: ReadonlySet<string>): void {
  for (const set of lock.conflicts) {
    const active = set.filter((item) => item.kind === 'extra' && activated.has(encodeItem(item)));
    if (active.length > 1) throw new LockConflictError(lock.file, active.map(describeItem));
  }
}

/** The roots and every member of the workspace that can be reached from them, whatever the markers say. */
function involvedMembers(lock: UvLock, want: UvWant): ReadonlySet<string> {
  const members = new Set(lock.members);
  const involved = new Set(want.roots.map(({ name }) => name));
  const seen = new Set<string>();
  const queue: [owner: UvPackage, extra: string | undefined][] = [];
  const visit = (owner: UvPackage, extra?: string): void => {
    const key = extra === undefined ? owner.name : encodeExtra(owner, extra);
    if (seen.has(key)) return;
    seen.add(key);
    queue.push([owner, extra]);
  };
  for (const root of want.roots) {
    if (want.production) {
      visit(root);
      for (const extra of root.extras.keys()) if (want.extras.has(extra)) visit(root, extra);
    }
    for (const [group, edges] of root.groups) {
      if (!want.groups.has(group)) continue;
      for (const { target, extras } of edges) {
        visit(target);
        for (const extra of extras) visit(target, extra);
      }
    }
  }
  for (const [owner, extra] of queue) {
    if (members.has(owner.name)) involved.add(owner.name);
    const edges = extra === undefined ? owner.dependencies : (owner.extras.get(extra) ?? []);
    for (const edge of edges) {
      visit(edge.target);
      for (const name of edge.extras) visit(edge.target, name);
    }
  }
  return involved;
}

function describeItem({ kind, package: owner, name }: UvConflictItem): string {
  if (kind === 'project') return owner;
  return kind === 'extra' ? `${owner}[${name}]` : `${owner}:${name}`;
}
