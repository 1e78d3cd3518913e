/** Asks package indexes for the pages of projects, and folders and pages of links for what they list; each page once. */
import type { HttpResponse } from '../../http/client.ts';
import { HttpStatusError } from '../../http/errors.ts';
import { redactUrl } from '../../http/url.ts';
import { TooLargeError } from '../../primitives/bytes.ts';
import { DEFAULT_INDEX } from '../../primitives/defaults.ts';
import { PycError } from '../../primitives/errors.ts';
import { MAX_INDEX_PAGE } from '../../primitives/limits.ts';
import { parseName } from '../name.ts';
import { authorizedClient, type Requests } from './authorized-client.ts';
import type { IndexCredentialSource } from './credentials.ts';
import { folderPage } from './folder.ts';
import { IndexPageError, IndexVersionError, type ProjectPage } from './project-page.ts';

/**
 * A package index wants a user name and a password (401), or refuses those that it was given (403). The message says which were
 * sent, and where they are from: set the right ones there.
 */
export class IndexAccessError extends PycError {
  readonly code = 'PYC_INDEX_ACCESS_DENIED';
  readonly status: number;

  constructor(url: string, name: string, status: number, sent: string | undefined) {
    const why =
      sent === undefined ? 'and no credentials are known for it' : `to the credentials from ${sent}`;
    super(`the index \`${redactUrl(url)}\` answered ${status} for \`${name}\`, ${why}`, {
      hint:
        sent === undefined
          ? "set `UV_INDEX_<NAME>_USERNAME` and `UV_INDEX_<NAME>_PASSWORD`, or add the index's host to `~/.netrc`"
          : 'correct them, or let the user read this project',
    });
    this.status = status;
  }
}

export interface PackageIndexOptions {
  readonly http: Requests;
  /** The root of the simple API where a lock names none; PyPI's by default. */
  readonly defaultIndex?: string;
  /** Without them only those in an index's own address are sent. */
  readonly credentials?: IndexCredentialSource;
  /** Milliseconds for a page, with all tries: one that comes byte by byte never stalls and never ends. Default: five minutes. */
  readonly patience?: number;
}

export interface PackageIndex {
  readonly defaultIndex: string;
  /**
   * The page of a project; undefined where the index does not have it.
   *
   * @param root of the simple API, with or without a slash at its end; or a `file:` URL of such a tree of folders
   * @throws HttpError, IndexAccessError, IndexPageError or IndexVersionError
   */
  project(name: string, root?: string, signal?: AbortSignal): Promise<ProjectPage | undefined>;
  /**
   * What a folder or a page of links has of a project and of others.
   *
   * @param place absolute path, `file:` URL, or URL of an HTML page
   */
  links(name: string, place: string, signal?: AbortSignal): Promise<ProjectPage | undefined>;
}

/** PEP 691, "Version + Format Selection": JSON before HTML. */
const ACCEPT =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01';
const PATIENCE = 300_000;

export function createPackageIndex({
  http,
  defaultIndex = DEFAULT_INDEX,
  credentials,
  patience = PATIENCE,
}: PackageIndexOptions): PackageIndex {
  const pages = new Map<string, Promise<ProjectPage | undefined>>();
  const requests = credentials === undefined ? http : authorizedClient(http, credentials);
  const once = (
    key: string,
    make: () => Promise<ProjectPage | undefined>,
  ): Promise<ProjectPage | undefined> => {
    const known = pages.get(key);
    if (known !== undefined) return known;
    const page = make();
    pages.set(key, page);
    // A failure may pass: the next one to ask tries again.
    page.catch(() => pages.delete(key));
    return page;
  };
  const fetched = (
    url: string,
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<ProjectPage | undefined> =>
    once(url, () => fetchPage({ http: requests, credentials, patience }, url, name, signal));
  return {
    defaultIndex,
    async project(name, root = defaultIndex, signal) {
      const normalized = parseName(name);
      const url = `${root.replace(/[?#].*$/s, '').replace(/\/+$/, '')}/${normalized}/`;
      if (isLocal(url)) return once(url, () => folderPage(url, normalized, signal));
      return fetched(url, normalized, signal);
    },
    async links(name, place, signal) {
      const normalized = parseName(name);
      if (isLocal(place)) return once(`${normalized} ${place}`, () => folderPage(place, normalized, signal));
      return fetched(place, normalized, signal);
    },
  };
}

/** A `file:` URL, or a path. */
function isLocal(place: string): boolean {
  return /^file:/i.test(place) || !/^[a-z][a-z0-9+.-]+:/i.test(place);
}

interface PageAccess {
  readonly http: Requests;
  readonly credentials: IndexCredentialSource | undefined;
  /** Milliseconds. */
  readonly patience: number;
}

async function fetchPage(
  { http, credentials, patience }: PageAccess,
  url: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ProjectPage | undefined> {
  const late = AbortSignal.timeout(patience);
  const limited = signal === undefined ? late : AbortSignal.any([signal, late]);
  try {
    const response = await http.request({ url, headers: { accept: ACCEPT }, signal: limited });
    const { status } = response;
    if (status === 200) return await parsePage(response, name);
    await response.discard();
    if (status === 404 || status === 410) return undefined;
    if (status === 401 || status === 403) {
      const sent = await credentials?.find(new URL(url), signal);
      throw new IndexAccessError(url, name, status, sent?.source);
    }
    const shown = redactUrl(url);
    throw new HttpStatusError(`the index answered ${status} to \`${shown}\``, shown, status, {
      hint: 'try again later, or name another index',
    });
  } catch (thrown) {
    if (late.aborted && signal?.aborted !== true)
      throw new IndexPageError(redactUrl(url), `it did not end within ${patience / 1000} seconds`, thrown);
    if (thrown instanceof TooLargeError)
      throw new IndexPageError(redactUrl(url), `it is larger than ${MAX_INDEX_PAGE / 2 ** 20} MiB`, thrown);
    throw thrown;
  }
}

async function parsePage(response: HttpResponse, name: string): Promise<ProjectPage> {
  const shown = redactUrl(response.url);
  const [type = ''] = (response.headers['content-type'] ?? '').toLowerCase().split(';');
  const [, version, form] =
    /^application\/vnd\.pypi\.simple\.(v\d+|latest)\+(json|html)$/.exec(type.trim()) ?? [];
  if (version !== undefined && version !== 'v1') {
    await response.discard();
    throw new IndexVersionError(shown, version);
  }
  if (form === 'json') {
    const { parseJsonPage } = await import('./json-page.ts');
    return parseJsonPage(await response.text(MAX_INDEX_PAGE), name, response.url);
  }
  if (form === 'html' || type.trim() === 'text/html') {
    const { parseHtmlPage } = await import('./html-page.ts');
    const text = await response.text(MAX_INDEX_PAGE);
    const page = parseHtmlPage(text, name, response.url);
    if (page.files.length === 0 && /<input\b[^>]{0,200}\btype\s*=\s*["']?password/i.test(text))
      throw new IndexPageError(shown, 'it is a page to log in by');
    return page;
  }
  await response.discard();
  throw new IndexPageError(shown, `its content type \`${type.trim().slice(0, 100)}\` is none of an index`);
}
