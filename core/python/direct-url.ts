/**
 * `direct_url.json` (PyPA's "Recording the direct URL origin of installed distributions", PEP 610): where a
 * distribution came from that came from no index. Fetching is not its concern.
 */
import { PycError } from '../primitives/errors.ts';

/**
 * A `direct_url.json` that the standard (PEP 610) refuses; every fault is in `details`. It comes with a wheel or a
 * lock: make that again.
 */
export class DirectUrlError extends PycError {
  readonly code = 'PYC_DIRECT_URL_INVALID';
}

export interface ArchiveInfo {
  /** Algorithm to lower-case hexadecimal digest. */
  readonly hashes?: Readonly<Record<string, string>>;
}

export interface DirectoryInfo {
  readonly editable?: boolean;
}

export interface VcsInfo {
  readonly vcs: string;
  readonly commitId: string;
  readonly requestedRevision?: string;
}

/** The origin of one distribution; `subdirectory` is where in it the project lies. */
export type DirectUrl = { readonly url: string; readonly subdirectory?: string } & (
  | { readonly archive: ArchiveInfo }
  | { readonly directory: DirectoryInfo }
  | { readonly vcs: VcsInfo }
);

type Table = Readonly<Record<string, unknown>>;

const KINDS = ['archive_info', 'dir_info', 'vcs_info'] as const;

/**
 * Reads the JSON text, or the value that it stands for.
 *
 * @throws DirectUrlError with all faults in `details`
 */
export function parseDirectUrl(document: unknown): DirectUrl {
  const faults: string[] = [];
  const table = typeof document === 'string' ? parseJson(document) : document;
  if (!isTable(table)) throw refuse(['it is not a table']);
  const url = readText(table, 'url', faults, true) ?? '';
  const subdirectory = readText(table, 'subdirectory', faults);
  const present = KINDS.filter((kind) => table[kind] !== undefined && table[kind] !== null);
  if (present.length !== 1)
    faults.push('exactly one of `archive_info`, `dir_info` and `vcs_info` must be there');
  const info = infoOf(table, present[0] ?? 'archive_info', faults);
  if ('directory' in info) checkDirectoryUrl(url, faults);
  if (faults.length > 0) throw refuse(faults);
  return { url, ...(subdirectory === undefined ? {} : { subdirectory }), ...info };
}

/**
 * The JSON text to record, without white space. Passwords and users are taken out of the URL, as the standard
 * demands, unless they are the placeholders `${NAME}` or a version control system's user `git`.
 */
export function printDirectUrl(direct: DirectUrl): string {
  const { subdirectory } = direct;
  return JSON.stringify({
    url: withoutCredentials(direct.url),
    ...printInfo(direct),
    ...(subdirectory === undefined ? {} : { subdirectory }),
  });
}

/** What may be kept and shown of a record that nobody has checked yet: the same without user and password in its URL. */
export function publicDirectUrl(document: Table): Table {
  return typeof document.url === 'string' ? { ...document, url: withoutCredentials(document.url) } : document;
}

function printInfo(direct: DirectUrl): Table {
  if ('archive' in direct) {
    const { hashes } = direct.archive;
    return { archive_info: hashes === undefined ? {} : { hashes: sorted(hashes) } };
  }
  if ('directory' in direct) return { dir_info: { ...direct.directory } };
  const { vcs, commitId, requestedRevision } = direct.vcs;
  return {
    vcs_info: {
      vcs,
      commit_id: commitId,
      ...(requestedRevision === undefined ? {} : { requested_revision: requestedRevision }),
    },
  };
}

function infoOf(
  table: Table,
  kind: (typeof KINDS)[number],
  faults: string[],
): { archive: ArchiveInfo } | { directory: DirectoryInfo } | { vcs: VcsInfo } {
  const value = table[kind] ?? {};
  if (!isTable(value)) faults.push(`\`${kind}\` is not a table`);
  const info = isTable(value) ? value : {};
  if (kind === 'archive_info') return { archive: archiveOf(info, faults) };
  if (kind === 'dir_info') {
    if (info.editable === undefined) return { directory: {} };
    if (typeof info.editable !== 'boolean') faults.push('`dir_info.editable` is neither true nor false');
    return { directory: { editable: info.editable === true } };
  }
  const requestedRevision = readText(info, 'requested_revision', faults, false, 'vcs_info.');
  return {
    vcs: {
      vcs: readText(info, 'vcs', faults, true, 'vcs_info.') ?? '',
      commitId: readText(info, 'commit_id', faults, true, 'vcs_info.') ?? '',
      ...(requestedRevision === undefined ? {} : { requestedRevision }),
    },
  };
}

/** `hash` is the older spelling of one member of `hashes`; the two must agree. */
function archiveOf(info: Table, faults: string[]): ArchiveInfo {
  const hashes = hashesOf(info.hashes, faults);
  const legacy = readText(info, 'hash', faults, false, 'archive_info.');
  if (legacy === undefined) return hashes === undefined ? {} : { hashes };
  const [, algorithm, digest] = /^([^=]+)=(.+)$/s.exec(legacy) ?? [];
  if (algorithm === undefined || digest === undefined) {
    faults.push('`archive_info.hash` is not written as `algorithm=digest`');
    return {};
  }
  if (hashes === undefined) return { hashes: { [algorithm]: digest } };
  if (hashes[algorithm] !== digest) faults.push('`archive_info.hash` and `archive_info.hashes` disagree');
  return { hashes };
}

function hashesOf(value: unknown, faults: string[]): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isTable(value)) {
    faults.push('`archive_info.hashes` is not a table');
    return undefined;
  }
  const pairs = Object.entries(value);
  if (!pairs.every((pair): pair is [string, string] => typeof pair[1] === 'string')) {
    faults.push('`archive_info.hashes` holds something else than texts');
    return undefined;
  }
  return Object.fromEntries(pairs);
}

function checkDirectoryUrl(url: string, faults: string[]): void {
  if (!/^file:/i.test(url)) faults.push('the URL of a directory must begin with `file://`');
  else if (!/^file:(?:\/\/[^/]*)?\/(?!\/)/i.test(url)) faults.push('the URL of a directory must be absolute');
}

function readText(
  table: Table,
  key: string,
  faults: string[],
  needed = false,
  prefix = '',
): string | undefined {
  const value = table[key];
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) {
    if (needed) faults.push(`\`${prefix}${key}\` is missing`);
  } else {
    faults.push(`\`${prefix}${key}\` is not a text`);
  }
  return undefined;
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i, (whole: string, scheme: string, user: string) =>
    user === 'git' || /^\$\{[A-Z0-9_]+\}(?::\$\{[A-Z0-9_]+\})?$/i.test(user) ? whole : scheme,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw refuse(['it is not JSON'], cause);
  }
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted(table: Readonly<Record<string, string>>): Table {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function refuse(faults: readonly string[], cause?: unknown): DirectUrlError {
  return new DirectUrlError(`the record of a direct URL is invalid: ${faults.join('; ')}`, {
    cause,
    details: faults,
    hint: 'write it as PEP 610 defines `direct_url.json`',
  });
}
