/** What differs between an image and what was built again, as details of an error. */
import type { DiffedImage } from './images/diff.ts';
import type { RebuiltImage } from './rebuild.ts';

/** A platform with what differs there, a line each. */
export interface RebuildDifference {
  readonly name: string;
  readonly reason: string;
  readonly reasons: readonly string[];
}

/** Lines that are told of a platform; the report has all of them. */
const MOST = 100;

export function differencesOf({ platform, digest, rebuilt, difference }: RebuiltImage): RebuildDifference {
  const lines = difference === null ? [] : linesOf(difference);
  const told = lines.slice(0, MOST);
  if (lines.length > MOST) told.push(`and ${lines.length - MOST} more`);
  return { name: platform, reason: `it is ${digest}, and was built again as ${rebuilt}`, reasons: told };
}

function linesOf({ layers, files, configuration }: DiffedImage): string[] {
  const changed = [
    ...(files?.changed ?? []).map(({ path, what }) => `${path}: another ${what.join(', ')}`),
    ...(files?.removed ?? []).map(({ path }) => `${path}: only in the image`),
    ...(files?.added ?? []).map(({ path }) => `${path}: only in what was built again`),
  ];
  const settings = configuration.map(
    ({ name, before, after }) =>
      `${name}: ${before ?? 'nothing'} in the image, ${after ?? 'nothing'} built again`,
  );
  const cut = [
    ...layers.removed.map(({ name, digest }) => `layer \`${name}\`: ${digest} only in the image`),
    ...layers.added.map(({ name, digest }) => `layer \`${name}\`: ${digest} only in what was built again`),
  ];
  const unseen =
    changed.length === 0 && settings.length === 0
      ? ['no file and no setting differs: times, the order of files, compression or history do']
      : [];
  return [...changed, ...settings, ...cut, ...unseen];
}
