/** A project's page in JSON (PEP 691, with PEP 700's and 714's members). */
import { messageOf } from '../../primitives/errors.ts';
import { normalizeName } from '../name.ts';
import {
  checkApiVersion,
  fileUrl,
  hashOf,
  type IndexFile,
  IndexPageError,
  type ProjectPage,
  requiresPythonOf,
} from './project-page.ts';

type Table = Readonly<Record<string, unknown>>;

/**
 * @param name normalised, the project that was asked for
 * @param url of the page, after redirects
 * @throws IndexPageError or IndexVersionError
 */
export function parseJsonPage(text: string, name: string, url: string): ProjectPage {
  const page = tableOf(parse(text, url));
  const meta = tableOf(page?.meta);
  if (page === undefined || typeof meta?.['api-version'] !== 'string') {
    throw new IndexPageError(url, 'it states no API version');
  }
  checkApiVersion(meta['api-version'], url);
  if (typeof page.name !== 'string' || normalizeName(page.name) !== name) {
    throw new IndexPageError(url, `it is not the page of \`${name}\``);
  }
  if (!Array.isArray(page.files)) throw new IndexPageError(url, 'it has no list of files');
  return { name, url, files: page.files.flatMap((file: unknown) => readFile(file, url)) };
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IndexPageError(url, `it is not JSON: ${messageOf(cause)}`, cause);
  }
}

function readFile(value: unknown, page: string): readonly IndexFile[] {
  const file = tableOf(value);
  if (file === undefined || typeof file.filename !== 'string' || typeof file.url !== 'string') {
    throw new IndexPageError(page, 'a file has no name or no address');
  }
  const url = fileUrl(file.url, page);
  if (url === undefined) return [];
  url.hash = '';
  return [
    {
      name: file.filename,
      url: url.href,
      hashes: hashesOf(file.hashes),
      requiresPython: requiresPythonOf(textOf(file['requires-python'])),
      yanked: yankedOf(file.yanked),
      size:
        typeof file.size === 'number' && Number.isSafeInteger(file.size) && file.size >= 0
          ? file.size
          : undefined,
      coreMetadata: coreMetadataOf(file['core-metadata'] ?? file['dist-info-metadata']),
    },
  ];
}

function yankedOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value === true ? '' : undefined;
}

function coreMetadataOf(value: unknown): readonly string[] | undefined {
  if (value === true) return [];
  return tableOf(value) === undefined ? undefined : hashesOf(value);
}

function hashesOf(value: unknown): readonly string[] {
  return Object.entries(tableOf(value) ?? {}).flatMap(([algorithm, digits]) =>
    typeof digits === 'string' ? (hashOf(algorithm, digits) ?? []) : [],
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function tableOf(value: unknown): Table | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Table) : undefined;
}
