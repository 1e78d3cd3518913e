/** What can be wrong with a lock, whatever its format. */
import { PycError, type PycErrorOptions } from '../../primitives/errors.ts';
import { nearest } from '../../primitives/nearest.ts';
import { visible } from '../../primitives/path.ts';
import type { PythonTarget } from '../target.ts';

/** A lock file is not what its format asks for; the message says where in the document. */
export class LockMalformedError extends PycError {
  readonly code = 'PYC_LOCK_MALFORMED';
  /** Of the lock, relative to the project. */
  readonly file: string;
  /** Where in the document, as in `package[3].source`; empty for the document itself. */
  readonly place: string;

  constructor(file: string, place: string, fault: string, options: PycErrorOptions = {}) {
    super(`\`${visible(file)}\` is malformed${place === '' ? '' : ` at \`${visible(place)}\``}: ${fault}`, {
      hint: `lock the project again, or restore \`${visible(file)}\` from version control`,
      ...options,
    });
    this.file = file;
    this.place = place;
  }
}

/** A lock file is of a format version that this program cannot read. */
export class LockVersionError extends PycError {
  readonly code = 'PYC_LOCK_VERSION_UNSUPPORTED';

  constructor(file: string, found: string, supported: string) {
    super(`\`${visible(file)}\` has the format version \`${visible(found)}\`; \`${supported}\` can be read`, {
      hint: 'update pycontainer, or lock again with a tool that writes the older format',
    });
  }
}

/** A lock file, or a distribution in it, was made for other versions of Python than the base's. */
export class LockPythonError extends PycError {
  readonly code = 'PYC_LOCK_PYTHON_UNSUPPORTED';

  constructor(file: string, requires: string, target: PythonTarget, of?: string) {
    const subject = of === undefined ? `\`${visible(file)}\`` : `\`${of}\` in \`${visible(file)}\``;
    super(`${subject} needs Python \`${visible(requires)}\`; the target has ${target.version}`, {
      hint: 'choose a base with such a Python, or widen what the project asks for and lock again',
    });
  }
}

/**
 * A lock file states the environments that it was made for, and the target is none of them. `details` lists them.
 */
export class LockPlatformError extends PycError {
  readonly code = 'PYC_LOCK_PLATFORM_UNSUPPORTED';

  constructor(file: string, environments: readonly string[], target: PythonTarget) {
    super(
      `\`${visible(file)}\` covers no environment of ${target.os}/${target.architecture} with Python ${target.version}`,
      {
        hint: 'add the target to the environments that are locked, and lock again',
        details: environments,
      },
    );
  }
}

/** Extras or groups were asked for that the lock declares as conflicting. */
export class LockConflictError extends PycError {
  readonly code = 'PYC_LOCK_CONFLICT';

  constructor(file: string, items: readonly string[]) {
    super(`${list(items)} are declared as conflicting in \`${visible(file)}\``, {
      hint: 'ask for one of them only',
      details: items,
    });
  }
}

/** A lock file gives two versions or files of one distribution for one target. */
export class LockAmbiguousError extends PycError {
  readonly code = 'PYC_LOCK_AMBIGUOUS';

  constructor(file: string, name: string, entries: readonly string[]) {
    super(`\`${visible(file)}\` gives more than one \`${name}\` for the target: ${list(entries)}`, {
      hint: 'lock again; if that does not help, the markers of these entries overlap',
      details: entries,
    });
  }
}

/** A list of requirements leaves versions open, and so is no lock. `details` lists what is open. */
export class LockNotPinnedError extends PycError {
  readonly code = 'PYC_LOCK_NOT_PINNED';

  constructor(file: string, open: readonly OpenRequirement[]) {
    const shown = open.slice(0, 5).map(({ requirement }) => requirement);
    const rest = open.length > shown.length ? ` and ${open.length - shown.length} more` : '';
    super(`\`${visible(file)}\` is no lock: it leaves ${list(shown)}${rest} open`, {
      hint: `pin everything, as in \`uv pip compile --universal --generate-hashes ${visible(file)} -o pylock.toml\``,
      details: open,
    });
  }
}

/** A requirement that could mean more than one file. */
export interface OpenRequirement {
  readonly requirement: string;
  /** Where it stands, as in `requirements.txt:3`. */
  readonly place: string;
  readonly reason: string;
}

/** An extra, a group or a package was asked for that the lock does not have. */
export class LockSelectionError extends PycError {
  readonly code = 'PYC_LOCK_SELECTION_UNKNOWN';
  override readonly exitCode = 2;

  constructor(file: string, unknown: readonly UnknownName[]) {
    const first = unknown[0];
    const meant = first === undefined ? undefined : nearest(first.name, first.known);
    super(`${unknown.map((one) => describe(one)).join('; ')} in \`${visible(file)}\``, {
      hint: meant === undefined ? knownOf(first) : `did you mean \`${meant}\`?`,
      details: unknown.map(({ kind, name, known }) => ({ kind, name, nearest: nearest(name, known) })),
    });
  }
}

/**
 * `pyproject.toml` or `Pipfile` was changed after the lock was made, so that the lock does not say any more what the
 * project needs. Lock again with the tool that made it; the hint names the command.
 */
export class LockStaleError extends PycError {
  readonly code = 'PYC_LOCK_STALE';

  constructor(file: string, reason: string, command: string) {
    super(`\`${visible(file)}\` is stale: ${reason}`, { hint: `run \`${command}\`` });
  }
}

export interface UnknownName {
  readonly kind: 'extra' | 'group' | 'package';
  readonly name: string;
  readonly known: readonly string[];
}

function describe({ kind, name }: UnknownName): string {
  return `there is no ${kind} \`${visible(name)}\``;
}

function knownOf(unknown: UnknownName | undefined): string {
  if (unknown === undefined || unknown.known.length === 0) return 'the lock has none to choose from';
  return `choose from ${list([...unknown.known].sort().slice(0, 20))}`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${visible(name)}\``).join(', ');
}
