/** Which layers of an image pycontainer wrote, by the history that it wrote with them, and what each is for. */
import type { ConfigDocument, HistoryEntry } from '../oci/image.ts';

/** What a layer is for; null where nothing says so. */
export type LayerRole = 'base' | 'system' | 'environment' | 'dependencies' | 'project' | 'plugin' | null;

export interface LayerName {
  readonly role: LayerRole;
  /** Of ours its name, as in `dependencies: numpy`; of others the command that made it. Empty where nothing says so. */
  readonly name: string;
}

const OURS = 'pycontainer: ';

/** A name a layer; all of them unknown where the history does not fit the layers. */
export function namesOfLayers({ history = [], rootfs }: ConfigDocument): readonly LayerName[] {
  const entries = history.filter(({ empty_layer }) => empty_layer !== true);
  if (entries.length !== rootfs.diff_ids.length) return rootfs.diff_ids.map(() => ({ role: null, name: '' }));
  const isOurs = entries.some((entry) => ourName(entry) !== undefined);
  return entries.map((entry) => {
    const name = ourName(entry);
    if (name !== undefined) return { role: roleOf(name), name };
    const made = [entry.created_by, entry.comment].find((text) => typeof text === 'string' && text !== '');
    return { role: isOurs ? 'base' : null, name: made ?? '' };
  });
}

/** The name that a layer of ours has in the history; undefined for one of others. */
export function ourName({ created_by }: HistoryEntry): string | undefined {
  return typeof created_by === 'string' && created_by.startsWith(OURS)
    ? created_by.slice(OURS.length)
    : undefined;
}

function roleOf(name: string): LayerRole {
  if (name === 'system' || name === 'environment' || name === 'project') return name;
  return name.startsWith('dependencies: ') ? 'dependencies' : 'plugin';
}
