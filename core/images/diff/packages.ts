/** Which packages are there in one list and not in another, and in which versions. */
import type { ReportedPackage } from '../packages.ts';

export interface PackageChanges {
  readonly added: readonly ReportedPackage[];
  readonly removed: readonly ReportedPackage[];
  /** Several versions of one name, as of the base and of the environment, are joined by a comma. */
  readonly changed: readonly { readonly name: string; readonly before: string; readonly after: string }[];
}

/** By name. Null where one of the lists is not known. */
export function changedPackages(
  before: readonly ReportedPackage[] | null,
  after: readonly ReportedPackage[] | null,
): PackageChanges | null {
  if (before === null || after === null) return null;
  const [had, has] = [versionsByName(before), versionsByName(after)];
  const lacks = (names: ReadonlyMap<string, string>) => (one: ReportedPackage) => !names.has(one.name);
  return {
    added: after.filter(lacks(had)),
    removed: before.filter(lacks(has)),
    changed: [...had].flatMap(([name, version]) => {
      const now = has.get(name);
      return now === undefined || now === version ? [] : [{ name, before: version, after: now }];
    }),
  };
}

function versionsByName(packages: readonly ReportedPackage[]): ReadonlyMap<string, string> {
  const found = new Map<string, string[]>();
  for (const { name, version } of packages) {
    found.set(name, [...(found.get(name) ?? []), version ?? 'an unknown version']);
  }
  return new Map([...found].map(([name, versions]) => [name, versions.sort().join(', ')]));
}
