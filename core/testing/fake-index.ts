/** A package index in this process, on loopback: the simple API as HTML and JSON (PEP 503, 691, 658, 700) with the files behind it. */
import { createHash } from 'node:crypto';
import { normalizeName } from '../python/name.ts';
import {
  type Answer,
  answerBytes,
  type FakeRequest,
  type FakeServer,
  type FakeServerOptions,
  startFakeServer,
} from './fake-server.ts';

/** A file that the index offers. */
export interface FakeFile {
  /** Distribution name, in any spelling. */
  readonly project: string;
  /** As in `shop-1.0-py3-none-any.whl`. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Served as `<file>.metadata` where the index has metadata. */
  readonly metadata?: Uint8Array;
  readonly requiresPython?: string;
  readonly yanked?: boolean | string;
  /** Lies: listed in place of what is true. */
  readonly listed?: { readonly sha256?: string; readonly size?: number };
  /** Answers with a redirect to this instead of the file. */
  readonly redirect?: string;
}

export interface FakeIndexOptions extends FakeServerOptions {
  readonly files: readonly FakeFile[];
  /** False: HTML only, whatever is asked for. */
  readonly json?: boolean;
  /** True: PEP 658 metadata is listed and served. */
  readonly metadata?: boolean;
  /** False: links without hashes. */
  readonly hashes?: boolean;
  /** False: no byte ranges. */
  readonly ranges?: boolean;
  /** Asked for of everybody. */
  readonly password?: { readonly username: string; readonly password: string };
}

export interface FakeIndex extends FakeServer {
  /** The root of the simple API, as in `http://127.0.0.1:40123/simple/`. */
  readonly url: string;
  /** Where a file is served. */
  urlOf(name: string): string;
}

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';

/** Starts one. */
export async function startFakeIndex(options: FakeIndexOptions): Promise<FakeIndex> {
  const server = await startFakeServer((request) => {
    const refusal = refuse(request, options);
    if (refusal !== undefined) return refusal;
    const path = decodeURIComponent(request.url.pathname);
    if (path.startsWith('/files/')) return fileAnswer(request, path, options);
    return path.startsWith('/simple/')
      ? pageAnswer(request, path.slice('/simple/'.length), options)
      : { status: 404 };
  }, options);
  return Object.assign(server, {
    url: `${server.origin}/simple/`,
    urlOf(name: string): string {
      const file = options.files.find((candidate) => candidate.name === name);
      if (file === undefined) throw new RangeError(`the fake index has no file ${name}`);
      return server.origin + pathOf(file);
    },
  });
}

function refuse(request: FakeRequest, { password }: FakeIndexOptions): Answer | undefined {
  if (password === undefined) return undefined;
  const wanted = `Basic ${Buffer.from(`${password.username}:${password.password}`).toString('base64')}`;
  if (request.headers.authorization === wanted) return undefined;
  return { status: 401, headers: { 'www-authenticate': 'Basic realm="fake index"' } };
}

function pathOf(file: FakeFile): string {
  return `/files/${sha256(file.bytes).slice(0, 16)}/${encodeURIComponent(file.name)}`;
}

function fileAnswer(request: FakeRequest, path: string, options: FakeIndexOptions): Answer {
  const isMetadata = path.endsWith('.metadata');
  const wanted = isMetadata ? path.slice(0, -'.metadata'.length) : path;
  const file = options.files.find((candidate) => decodeURIComponent(pathOf(candidate)) === wanted);
  if (file?.redirect !== undefined) return { status: 302, headers: { location: file.redirect } };
  const bytes = isMetadata ? (options.metadata === true ? file?.metadata : undefined) : file?.bytes;
  if (bytes === undefined) return { status: 404 };
  const headers = { 'content-type': 'application/octet-stream', etag: `"${sha256(bytes)}"` };
  if (options.ranges === false)
    return { status: 200, headers: { ...headers, 'accept-ranges': 'none' }, body: bytes };
  return answerBytes(request, bytes, headers);
}

function pageAnswer(request: FakeRequest, path: string, options: FakeIndexOptions): Answer {
  const asJson = options.json !== false && request.headers.accept?.includes(JSON_TYPE) === true;
  const projects = [...new Set(options.files.map((file) => normalizeName(file.project)))].sort();
  if (path === '') {
    return asJson
      ? jsonAnswer({ meta: { 'api-version': '1.1' }, projects: projects.map((name) => ({ name })) })
      : htmlAnswer(
          'Simple index',
          projects.map((name) => `<a href="/simple/${name}/">${name}</a>`),
        );
  }
  const name = normalizeName(path.replace(/\/$/, ''));
  if (path !== `${name}/`) return { status: 301, headers: { location: `/simple/${name}/` } };
  if (!projects.includes(name)) return { status: 404 };
  const files = options.files.filter((file) => normalizeName(file.project) === name);
  return asJson
    ? jsonAnswer({
        meta: { 'api-version': '1.1' },
        name,
        versions: [],
        files: files.map((file) => fileEntry(file, options)),
      })
    : htmlAnswer(
        `Links for ${name}`,
        files.map((file) => fileLink(file, options)),
      );
}

function fileEntry(file: FakeFile, options: FakeIndexOptions): Record<string, unknown> {
  const { listed, metadata, requiresPython, yanked = false } = file;
  return {
    filename: file.name,
    url: pathOf(file),
    hashes: options.hashes === false ? {} : { sha256: listed?.sha256 ?? sha256(file.bytes) },
    size: listed?.size ?? file.bytes.length,
    yanked,
    ...(requiresPython === undefined ? {} : { 'requires-python': requiresPython }),
    ...(options.metadata === true && metadata !== undefined
      ? { 'core-metadata': { sha256: sha256(metadata) } }
      : {}),
  };
}

function fileLink(file: FakeFile, options: FakeIndexOptions): string {
  const { listed, metadata, requiresPython, yanked = false } = file;
  const fragment = options.hashes === false ? '' : `#sha256=${listed?.sha256 ?? sha256(file.bytes)}`;
  const attributes = [
    `href="${pathOf(file)}${fragment}"`,
    ...(requiresPython === undefined ? [] : [`data-requires-python="${escapeHtml(requiresPython)}"`]),
    ...(yanked === false ? [] : [`data-yanked="${yanked === true ? '' : escapeHtml(yanked)}"`]),
    ...(options.metadata === true && metadata !== undefined
      ? [`data-core-metadata="sha256=${sha256(metadata)}"`]
      : []),
  ];
  return `<a ${attributes.join(' ')}>${escapeHtml(file.name)}</a>`;
}

function htmlAnswer(title: string, links: readonly string[]): Answer {
  const body = `<!DOCTYPE html>\n<html>\n  <head>\n    <meta name="pypi:repository-version" content="1.0">\n    <title>${title}</title>\n  </head>\n  <body>\n    <h1>${title}</h1>\n${links.map((link) => `    ${link}<br>\n`).join('')}  </body>\n</html>\n`;
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

function jsonAnswer(value: unknown): Answer {
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: JSON.stringify(value) };
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
