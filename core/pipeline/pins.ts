/**
 * `pycontainer.lock`: what every base was when it was last locked, per platform. The file knows nothing of
 * what a base pins; each base source reads and writes its own section.
 */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PycError } from '../primitives/errors.ts';
import type { Pins } from './values.ts';

/** Name of the file, beside the configuration or, without one, in the project's folder. */
export const PIN_FILE = 'pycontainer.lock';

/** `--locked` was given, and `pycontainer.lock` is missing or does not pin this base for this platform. */
export class PinError extends PycError {
  readonly code = 'PYC_BASE_NOT_LOCKED';
}

/**
 * `pycontainer.lock` is not JSON, or not of a form that this version reads, for example after a merge that went
 * wrong.
 */
export class PinFileError extends PycError {
  readonly code = 'PYC_BASE_LOCK_MALFORMED';
}

/** `pyc lock` cannot write `pycontainer.lock`: the disk is full, or the project's folder may not be written. */
export class PinWriteError extends PycError {
  readonly code = 'PYC_BASE_LOCK_UNWRITABLE';
}

type Section = Record<string, unknown>;
/** Base reference → platform → key → value. */
type Document = Record<string, Record<string, Section>>;

export interface PinFile {
  /** `--locked`: what is not pinned is refused. */
  readonly isLocked: boolean;
  /** The section of one base on one platform. */
  of(reference: string, platform: string): Pins;
  /** Writes the file where anything changed since it was read; true if so. */
  save(): Promise<boolean>;
}

/**
 * `use` obeys what is pinned, `locked` also refuses what is not, `add` pins what is new, `renew` pins all
 * anew.
 */
export type PinMode = 'use' | 'locked' | 'add' | 'renew';

/** Reads the file of a project; a missing one is empty. @throws PinFileError where it is no lock of ours */
export async function readPins(directory: string, mode: PinMode): Promise<PinFile> {
  const file = join(directory, PIN_FILE);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw new PinFileError(`\`${file}\` cannot be read: ${cause.message}`, {
      hint: 'make it readable',
      cause,
    });
  });
  if (text === undefined && mode === 'locked') {
    throw new PinError(`there is no \`${PIN_FILE}\` in \`${directory}\`, which \`--locked\` asks for`, {
      hint: 'run `pyc lock` and commit the file',
    });
  }
  return pinFileOf(file, text === undefined ? {} : parse(text, file), mode);
}

function pinFileOf(file: string, known: Document, mode: PinMode): PinFile {
  const next: Document = mode === 'renew' ? {} : structuredClone(known);
  let changed = mode === 'renew' && Object.keys(known).length > 0;
  return {
    isLocked: mode === 'locked',
    of(reference, platform) {
      const section = (): Section | undefined => next[reference]?.[platform];
      return {
        locked: mode === 'locked',
        before: (key) => known[reference]?.[platform]?.[key],
        get(key) {
          const value = section()?.[key];
          if (value === undefined && mode === 'locked') {
            throw new PinError(
              `\`${PIN_FILE}\` does not pin the ${key.replace(/-[0-9a-f]{12}$/, '')} of \`${reference}\` for ${platform}`,
              {
                hint: 'run `pyc lock` and commit the file',
              },
            );
          }
          return value;
        },
        set(key, value) {
          if (mode === 'use' || mode === 'locked') return;
          const before = section()?.[key];
          if (JSON.stringify(before) === JSON.stringify(value)) return;
          next[reference] = { ...next[reference], [platform]: { ...section(), [key]: value } };
          changed = true;
        },
      };
    },
    async save() {
      if (!changed) return false;
      const draft = `${file}.${process.pid}.tmp`;
      try {
        await writeFile(draft, `${JSON.stringify({ version: 1, bases: sorted(next) }, null, 2)}\n`);
        await rename(draft, file);
      } catch (cause) {
        throw new PinWriteError(`\`${file}\` cannot be written: ${messageOf(cause)}`, {
          hint: 'make room and permissions there',
          cause,
        });
      } finally {
        await rm(draft, { force: true });
      }
      changed = false;
      return true;
    },
  };
}

function parse(text: string, file: string): Document {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PinFileError(`\`${file}\` is not JSON`, {
      hint: 'restore it from version control, or delete it and run `pyc lock`',
      cause,
    });
  }
  const { version, bases } = (value ?? {}) as { version?: unknown; bases?: unknown };
  if (version !== 1 || !isNested(bases)) {
    throw new PinFileError(`\`${file}\` is not a lock of bases that this version reads`, {
      hint: 'update pycontainer, or delete the file and run `pyc lock`',
    });
  }
  return bases;
}

function isNested(value: unknown): value is Document {
  const isObject = (inner: unknown): inner is Record<string, unknown> =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner);
  return (
    isObject(value) &&
    Object.values(value).every((platforms) => isObject(platforms) && Object.values(platforms).every(isObject))
  );
}

/** Bases and platforms by name. `reference` stands right before `digest`, so that tools that update digests find both by one pattern. */
function sorted(document: Document): Document {
  const byKey = <T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> =>
    Object.fromEntries(
      Object.entries(record)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => [key, change(value)]),
    );
  const ordered = ({ reference, digest, ...rest }: Section): Section => ({
    ...(reference === undefined ? {} : { reference }),
    ...(digest === undefined ? {} : { digest }),
    ...rest,
  });
  return byKey(document, (platforms) => byKey(platforms, ordered));
}
