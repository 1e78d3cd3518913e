/**
 * `entry_points.txt` (PyPA's "Entry points specification"): the groups of names that a distribution offers,
 * the scripts among them. Making scripts of them is the installer's.
 */
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { type ObjectReference, parseObjectReference } from './object-reference.ts';

/**
 * A distribution's `entry_points.txt` cannot be trusted to become scripts: malformed lines, names that are no file
 * names, or objects that are none. Every fault is in `details`; pin another version of the distribution.
 */
export class EntryPointError extends PycError {
  readonly code = 'PYC_ENTRY_POINTS_INVALID';
}

export interface EntryPoint extends ObjectReference {
  readonly name: string;
}

/** Entry points by their group, in the file's order. */
export type EntryPoints = ReadonlyMap<string, readonly EntryPoint[]>;

/** The groups whose entries become executables. */
export const SCRIPT_GROUPS = ['console_scripts', 'gui_scripts'] as const;

const GROUP = /^\[([^\]]*)\]$/;
const HIDDEN = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u;

/**
 * Reads the file. Scripts are held to the letter: a name that is one path segment, a reference to a function.
 * Entries of other groups, which no installer reads, are passed over where they are no references.
 *
 * @throws EntryPointError with all faults in `details`
 */
export function parseEntryPoints(text: string): EntryPoints {
  const faults: string[] = [];
  const groups = new Map<string, EntryPoint[]>();
  let group: string | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    const heading = GROUP.exec(line)?.[1]?.trim();
    if (heading !== undefined) {
      group = heading;
      if (heading === '' || HIDDEN.test(heading))
        faults.push(`line ${index + 1}: \`${visible(heading)}\` is not a group's name`);
      if (!groups.has(heading)) groups.set(heading, []);
      continue;
    }
    const entries = group === undefined ? undefined : groups.get(group);
    if (group === undefined || entries === undefined) {
      faults.push(`line ${index + 1}: \`${visible(line.slice(0, 100))}\` stands before the first group`);
      continue;
    }
    addEntry(entries, group, line, `line ${index + 1}`, faults);
  }
  throwFaults(faults);
  return groups;
}

/**
 * Checks one script as pyproject.toml's `[project.scripts]` or an entry point states it.
 *
 * @returns the script, or what is wrong with it
 */
export function scriptOf(name: string, reference: string): EntryPoint | string {
  if (!isScriptName(name)) return `\`${visible(name.slice(0, 100))}\` cannot be the name of a script`;
  const parsed = parseObjectReference(reference);
  if (parsed?.attribute === undefined) {
    return `\`${visible(reference.slice(0, 100))}\` is not a reference to a function, as \`package.module:function\` is`;
  }
  return { name, ...parsed };
}

function addEntry(entries: EntryPoint[], group: string, line: string, at: string, faults: string[]): void {
  const equals = line.indexOf('=');
  const name = line.slice(0, Math.max(equals, 0)).trim();
  if (name === '') {
    faults.push(`${at}: \`${visible(line.slice(0, 100))}\` is not written as \`name = module:object\``);
    return;
  }
  const reference = line.slice(equals + 1).trim();
  const isScript = (SCRIPT_GROUPS as readonly string[]).includes(group);
  const entry = isScript ? scriptOf(name, reference) : otherEntry(name, reference);
  if (typeof entry === 'string') faults.push(`${at}: ${entry}`);
  else if (entry !== undefined && !isScript) entries.push(entry);
  else if (entry !== undefined && entries.some((other) => other.name === entry.name)) {
    faults.push(`${at}: the script \`${visible(name)}\` is there twice`);
  } else if (entry !== undefined) entries.push(entry);
}

function otherEntry(name: string, reference: string): EntryPoint | undefined {
  const parsed = parseObjectReference(reference);
  return parsed === undefined ? undefined : { name, ...parsed };
}

/** A script's name becomes a file's: one segment of a path, and nothing that a terminal would hide. */
function isScriptName(name: string): boolean {
  if (name === '' || name === '.' || name === '..' || name !== name.trim()) return false;
  return !/[/\\:[\]]/.test(name) && !HIDDEN.test(name) && Buffer.byteLength(name) <= 255;
}

function throwFaults(faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new EntryPointError(`the entry points are invalid: ${faults.join('; ').slice(0, 1000)}`, {
    details: faults,
    hint: 'report it to the authors of the distribution, and pin another version of it until then',
  });
}
