/** Recognises a part's record in what a store gives back, which may be of another version or damaged. */

import { isDigest } from './digest.ts';
import type { ComponentFacts, PartRecord, RecordedEntry } from './file-tree.ts';

type Table = Readonly<Record<string, unknown>>;

/** True for a value that has the shape of a {@link PartRecord}, as JSON keeps it. */
export function isPartRecord(value: unknown): value is PartRecord {
  if (!isTable(value) || !Array.isArray(value.entries) || !Array.isArray(value.components)) return false;
  return value.entries.every(isRecordedEntry) && value.components.every(isComponent);
}

function isRecordedEntry(entry: unknown): entry is RecordedEntry {
  if (!isTable(entry) || typeof entry.path !== 'string' || typeof entry.mode !== 'number') return false;
  if (entry.type === 'file') return typeof entry.size === 'number' && isDigest(entry.sha256);
  return entry.type === 'directory' || (entry.type === 'symlink' && typeof entry.target === 'string');
}

function isComponent(facts: unknown): facts is ComponentFacts {
  return (
    isTable(facts) &&
    typeof facts.kind === 'string' &&
    typeof facts.name === 'string' &&
    typeof facts.version === 'string'
  );
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null;
}
