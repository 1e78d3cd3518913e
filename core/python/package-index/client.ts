/** Asks package indexes for the pages of projects; each page is asked for once. */
import type { HttpClient, HttpResponse } from '../../http/client.ts';
import { HttpStatusError } from '../../http/errors.ts';
import { redactUrl } from '../../http/url.ts';
import { DEFAULT_INDEX } from '../../primitives/defaults.ts';
import { MAX_INDEX_PAGE } from '../../primitives/limits.ts';
import { parseName } from '../name.ts';
import { IndexPageError, IndexVersionError, type ProjectPage } from './project-page.ts';

export interface PackageIndexOptions {
  readonly http: HttpClient;
  /** The root of the simple API where a lock names none; PyPI's by default. */
  readonly defaultIndex?: string;
}

export interface PackageIndex {
  readonly defaultIndex: string;
  /**
   * The page of a project; undefined where the index does not have it.
   *
   * @param root of the simple API, with or without a slash at its end
   * @throws HttpError, IndexPageError or IndexVersionError
   */
  project(name: string, root?: string, signal?: AbortSignal): Promise<ProjectPage | undefined>;
}

/** PEP 691, "Version + Format Selection": JSON before HTML. */
const ACCEPT =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01';

export function createPackageIndex({
  http,
  defaultIndex = DEFAULT_INDEX,
}: PackageIndexOptions): PackageIndex {
  const pages = new Map<string, Promise<ProjectPage | undefined>>();
  return {
    defaultIndex,
    async project(name, root = defaultIndex, signal) {
      const normalized = parseName(name);
      const url = `${root.replace(/[?#].*$/s, '').replace(/\/+$/, '')}/${normalized}/`;
      const known = pages.get(url);
      if (known !== undefined) return known;
      const page = fetchPage(http, url, normalized, signal);
      pages.set(url, page);
      // A failure may pass: the next one to ask tries again.
      page.catch(() => pages.delete(url));
      return page;
    },
  };
}

async function fetchPage(
  http: HttpClient,
  url: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<ProjectPage | undefined> {
  const response = await http.request({ url, headers: { accept: ACCEPT }, signal });
  if (response.status === 404 || response.status === 410) {
    await response.discard();
    return undefined;
  }
  if (response.status !== 200) {
    await response.discard();
    throw statusError(url, response.status);
  }
  return parsePage(response, name);
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
    return parseHtmlPage(await response.text(MAX_INDEX_PAGE), name, response.url);
  }
  await response.discard();
  throw new IndexPageError(shown, `its content type \`${type.trim().slice(0, 100)}\` is none of an index`);
}

function statusError(url: string, status: number): HttpStatusError {
  const shown = redactUrl(url);
  const refused = status === 401 || status === 403;
  return new HttpStatusError(`the index answered ${status} to \`${shown}\``, shown, status, {
    hint: refused ? 'check the credentials for this index' : 'try again later, or name another index',
  });
}
