/** A project's page in HTML (PEP 503, with the attributes of PEP 592, 629, 658 and 714). */

import { type StartTag, startTags } from './html-tags.ts';
import {
  checkApiVersion,
  fileUrl,
  hashOf,
  type IndexFile,
  type ProjectPage,
  requiresPythonOf,
} from './project-page.ts';

/**
 * @param name normalised, the project that was asked for; the page itself does not state it
 * @param url of the page, after redirects
 * @throws IndexPageError or IndexVersionError
 */
export function parseHtmlPage(text: string, name: string, url: string): ProjectPage {
  let base: string | undefined;
  const files: IndexFile[] = [];
  for (const tag of startTags(text)) {
    if (tag.name === 'base') base ??= baseOf(tag, url);
    else if (tag.name === 'meta') checkMeta(tag, url);
    else if (tag.name === 'a') files.push(...readAnchor(tag, base ?? url));
  }
  return { name, url, files };
}

function baseOf({ attributes }: StartTag, url: string): string | undefined {
  const href = attributes.get('href');
  return href === undefined ? undefined : fileUrl(href, url)?.href;
}

function checkMeta({ attributes }: StartTag, url: string): void {
  if (attributes.get('name') === 'pypi:repository-version')
    checkApiVersion(attributes.get('content') ?? '', url);
}

function readAnchor({ attributes }: StartTag, base: string): readonly IndexFile[] {
  const href = attributes.get('href');
  const url = href === undefined ? undefined : fileUrl(href.trim(), base);
  if (url === undefined) return [];
  const name = fileNameOf(url);
  if (name === undefined) return [];
  const hashes = url.hash
    .slice(1)
    .split('&')
    .flatMap((pair) => hashOfPair(pair) ?? []);
  url.hash = '';
  return [
    {
      name,
      url: url.href,
      hashes,
      requiresPython: requiresPythonOf(attributes.get('data-requires-python')),
      yanked: attributes.get('data-yanked'),
      size: undefined,
      coreMetadata: coreMetadataOf(
        attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata'),
      ),
    },
  ];
}

function fileNameOf({ pathname }: URL): string | undefined {
  const segment = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return segment === '' ? undefined : decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** `true`, or a hash as `sha256=<digits>`. */
function coreMetadataOf(value: string | undefined): readonly string[] | undefined {
  if (value === undefined || value === 'false') return undefined;
  const hash = hashOfPair(value);
  return hash === undefined ? [] : [hash];
}

/** As in `sha256=<digits>`. */
function hashOfPair(pair: string): string | undefined {
  const [algorithm = '', digits = ''] = pair.split('=');
  return hashOf(algorithm, digits);
}
