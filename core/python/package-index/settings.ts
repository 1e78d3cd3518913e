/**
 * Which package indexes a host and a project are set up for, as the settings of uv and pip say it, in one form. Where
 * settings are kept, and how an index is asked, is not known here.
 */
import { parseUrl } from '../../http/url.ts';
import { DEFAULT_INDEX } from '../../primitives/defaults.ts';
import { cached } from '../parse-cache.ts';

/** An index that has a name, by which its credentials are found. */
export interface NamedIndex {
  readonly name: string;
  readonly url: string;
}

/** What one place says: a file of settings, or the environment. */
export interface IndexStatement {
  /** The index that is asked last. */
  readonly default?: string | undefined;
  /** Asked before the default one, in order. */
  readonly extra: readonly string[];
  /** Folders (absolute, or `file:` URLs) and pages that list files of any project. */
  readonly links: readonly string[];
  /** No index at all: `links` alone. */
  readonly none?: boolean | undefined;
  /** All indexes with a name, also those that are asked for what is pinned to them alone. */
  readonly named: readonly NamedIndex[];
  /** Passwords may be asked of the program `keyring`. */
  readonly keyring?: boolean | undefined;
}

/** What is asked for files whose place no lock states. */
export interface IndexSettings {
  /** Whose settings count; undefined where nobody set up anything. */
  readonly tool: 'uv' | 'pip' | undefined;
  /** Roots of simple APIs in order, the first one that has a project counts; none where none may be asked. */
  readonly indexes: readonly string[];
  readonly links: readonly string[];
  readonly named: readonly NamedIndex[];
  readonly keyring: boolean;
  /** Normalised name of a project → the index that it is pinned to. */
  readonly pinned: ReadonlyMap<string, string>;
}

/** What nobody has set up. */
export const NO_STATEMENT: IndexStatement = { extra: [], links: [], named: [] };

/**
 * One statement of several of one tool, the weakest first: the strongest default counts, the other lists are joined with the
 * strongest first.
 */
export function joinStatements(statements: readonly IndexStatement[]): IndexStatement {
  return statements.reduce(
    (weaker, stronger) => ({
      default: stronger.default ?? weaker.default,
      extra: [...new Set([...stronger.extra, ...weaker.extra])],
      links: [...new Set([...stronger.links, ...weaker.links])],
      none: stronger.none ?? weaker.none,
      named: [...stronger.named, ...weaker.named],
      keyring: stronger.keyring ?? weaker.keyring,
    }),
    NO_STATEMENT,
  );
}

/**
 * The settings by which files are looked for: uv's where they say anything of indexes, else pip's, else PyPI. Those of two
 * tools are never mixed, since each alone is a set of indexes that somebody trusts.
 */
export function settingsOf(
  uv: IndexStatement,
  pip: IndexStatement,
  pinned: ReadonlyMap<string, string> = new Map(),
): IndexSettings {
  const tool = saysWhere(uv) ? 'uv' : saysWhere(pip) ? 'pip' : undefined;
  const chosen = tool === 'uv' ? uv : tool === 'pip' ? pip : NO_STATEMENT;
  return {
    tool,
    indexes: chosen.none === true ? [] : [...chosen.extra, chosen.default ?? DEFAULT_INDEX],
    links: chosen.links,
    named: [...uv.named, ...pip.named],
    keyring: uv.keyring ?? pip.keyring ?? false,
    pinned,
  };
}

function saysWhere({ default: index, extra, links, none }: IndexStatement): boolean {
  return index !== undefined || extra.length > 0 || links.length > 0 || none === true;
}

/** The form in which two addresses of one index are the same: without credentials and without a slash at the end. */
export const indexIdentity = cached((url: string): string => {
  const parsed = parseUrl(url);
  if (parsed === undefined) return url.replace(/\/+$/, '');
  return `${parsed.protocol}//${parsed.host}${parsed.pathname.replace(/\/+$/, '')}`;
}, 256);
