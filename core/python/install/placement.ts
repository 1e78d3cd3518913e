/**
 * Which file of a wheel goes where (PyPA's "Binary distribution format", "Installing a wheel"): the root and the
 * `.data` folder's keys onto the scheme. It reads no content.
 */
import { parseTreePath, type TreePath, visible } from '../../primitives/path.ts';
import { isRecordOrSignature } from '../wheel/contents.ts';
import { LayoutError } from './errors.ts';
import type { InstallScheme } from './scheme.ts';
import { isWrapperOf } from './script.ts';
import type { SourceMember, WheelSource } from './source.ts';

/** A file of the wheel and its place. */
export interface Placement {
  readonly path: TreePath;
  readonly member: SourceMember;
  /** A script is executable, and its first line may be rewritten. */
  readonly isScript: boolean;
}

/** What installing writes: whatever a wheel brings under these names is not its to say. */
const INSTALLERS_OWN = new Set(['INSTALLER', 'REQUESTED', 'direct_url.json']);
const DATA_KEYS = ['purelib', 'platlib', 'headers', 'scripts', 'data'];

/**
 * @param scripts names of the entry points' scripts, whose wrappers in the wheel are left out
 * @throws LayoutError for loose files in `.data`, and unknown keys
 */
export function placeMembers(
  wheel: WheelSource,
  scheme: InstallScheme,
  scripts: ReadonlySet<string>,
): Placement[] {
  const own = `${wheel.distInfo}/`;
  const data = wheel.dataFolder === undefined ? undefined : `${wheel.dataFolder}/`;
  const placements: Placement[] = [];
  for (const member of wheel.members) {
    const { name } = member;
    if (data !== undefined && name.startsWith(data)) {
      const placed = placeData(member, name.slice(data.length), wheel, scheme, scripts);
      if (placed !== undefined) placements.push(placed);
      continue;
    }
    if (name.startsWith(own) && INSTALLERS_OWN.has(name.slice(own.length))) continue;
    if (isRecordOrSignature(name, wheel.distInfo)) continue;
    placements.push({ path: joined(scheme.sitePackages, name), member, isScript: false });
  }
  return placements;
}

function placeData(
  member: SourceMember,
  inside: string,
  wheel: WheelSource,
  scheme: InstallScheme,
  scripts: ReadonlySet<string>,
): Placement | undefined {
  const slash = inside.indexOf('/');
  const key = inside.slice(0, Math.max(slash, 0));
  const rest = inside.slice(slash + 1);
  if (!DATA_KEYS.includes(key)) {
    const why =
      slash === -1
        ? 'lies loose in the `.data` folder'
        : `lies under the unknown key \`${visible(key)}\` of the \`.data\` folder`;
    throw new LayoutError(`\`${visible(member.name)}\` ${why}`);
  }
  if (key === 'scripts') {
    if (isWrapperOf(rest, scripts)) return undefined;
    return { path: joined(scheme.scripts, rest), member, isScript: true };
  }
  if (key === 'headers')
    return { path: joined(`${scheme.headers}/${wheel.metadata.name}`, rest), member, isScript: false };
  if (key === 'data')
    return { path: joined(scheme.prefix, rest.replace(/^lib64\//, 'lib/')), member, isScript: false };
  return { path: joined(scheme.sitePackages, rest), member, isScript: false };
}

/** Both sides are safe already; together they may still be too long. */
function joined(base: string, rest: string): TreePath {
  const path = `${base}/${rest}`;
  return path.length > 1024 ? parseTreePath(path) : (path as TreePath);
}
