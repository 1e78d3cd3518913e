/**
 * What a project's page on a package index says (PyPA's "Simple repository API": PEP 503, 592, 658, 691, 700,
 * 714), whichever form it came in, and what can be wrong with it.
 */
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { SpecifierError, SpecifierSet } from '../specifier.ts';

/** A wheel or an sdist on a page. */
export interface IndexFile {
  /** Percent-decoded. */
  readonly name: string;
  /** Absolute, without a fragment. */
  readonly url: string;
  /** `algorithm:digits`, lower case. */
  readonly hashes: readonly string[];
  /** Absent where the index states none, or something that is no specifier. */
  readonly requiresPython: SpecifierSet | undefined;
  /** The reason, which may be empty, where the file was yanked (PEP 592). */
  readonly yanked: string | undefined;
  /** Bytes. */
  readonly size: number | undefined;
  /** Whether the METADATA lies beside the file, and its hashes where they are stated (PEP 658, 714). */
  readonly coreMetadata: readonly string[] | undefined;
}

export interface ProjectPage {
  /** Normalised. */
  readonly name: string;
  /** Where the page came from, after redirects. */
  readonly url: string;
  readonly files: readonly IndexFile[];
}

/**
 * A page of a package index is not what the standard (the simple repository API) asks for, often because the
 * address is that of a login page.
 */
export class IndexPageError extends PycError {
  readonly code = 'PYC_INDEX_PAGE_INVALID';

  constructor(url: string, fault: string, cause?: unknown) {
    super(`the index page \`${visible(url)}\` cannot be read: ${fault}`, {
      cause,
      hint: 'check that the address is the root of a simple API, as in `https://pypi.org/simple/`',
    });
  }
}

/** A package index speaks a major version of the simple repository API that this program does not know. */
export class IndexVersionError extends PycError {
  readonly code = 'PYC_INDEX_VERSION_UNSUPPORTED';

  constructor(url: string, version: string) {
    super(`the index page \`${visible(url)}\` has the API version \`${visible(version)}\`; 1 can be read`, {
      hint: 'update pycontainer',
    });
  }
}

/**
 * Checks `repository-version` or `api-version`: a newer minor version is read, a newer major one is not.
 *
 * @throws IndexVersionError or IndexPageError
 */
export function checkApiVersion(version: string, pageUrl: string): void {
  const [, major] = /^(\d+)\.\d+$/.exec(version) ?? [];
  if (major === undefined) throw new IndexPageError(pageUrl, 'its API version is not two numbers');
  if (Number(major) !== 1) throw new IndexVersionError(pageUrl, version);
}

/** `undefined` for what is no specifier: old uploads have such, and installers pass over it. */
export function requiresPythonOf(text: string | undefined): SpecifierSet | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  try {
    return SpecifierSet.parse(text);
  } catch (error) {
    if (error instanceof SpecifierError) return undefined;
    throw error;
  }
}

/**
 * The absolute address of a file; `undefined` for what nothing can be fetched from: other schemes, and plain
 * http from a page that came by https.
 */
export function fileUrl(href: string, base: string): URL | undefined {
  if (!URL.canParse(href, base)) return undefined;
  const url = new URL(href, base);
  // What a page says in front of a host is nobody's secret to send.
  url.username = '';
  url.password = '';
  if (url.protocol === 'https:') return url;
  return url.protocol === 'http:' && !/^https:/i.test(base) ? url : undefined;
}

/** `algorithm:digits`, where it is an algorithm: fragments hold other things as well. */
export function hashOf(algorithm: string, digits: string): string | undefined {
  const hash = `${algorithm}:${digits}`.toLowerCase();
  return /^(?:md5|sha\d+(?:_\d+)?|blake2[bs]):[0-9a-f]+$/.test(hash) ? hash : undefined;
}
