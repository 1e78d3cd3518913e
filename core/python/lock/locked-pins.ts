/** What a lock pins to versions of an index, in the one form that builds of sources are held to. Knows no format. */
import type { LockedPin } from './lock-file.ts';

/** One for each version: what several entries, groups or platforms know of its files belongs together. */
export function lockedPins(entries: Iterable<LockedPin>): readonly LockedPin[] {
  const pins = new Map<string, { readonly name: string; readonly version: string; hashes: Set<string> }>();
  for (const { name, version, hashes } of entries) {
    const key = `${name} ${version}`;
    const known = pins.get(key);
    if (known === undefined) pins.set(key, { name, version, hashes: new Set(hashes) });
    else for (const hash of hashes) known.hashes.add(hash);
  }
  return Array.from(pins.values(), ({ hashes, ...pin }) => ({ ...pin, hashes: [...hashes] }));
}
