/**
 * A distribution's METADATA (PyPA's "Core metadata specifications"): the fields that naming, the SBOM and the report
 * need. Its description is passed over.
 */
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { type MessageHeaders, parseMessageHeaders } from './message-headers.ts';
import { parseName } from './name.ts';
import { Version } from './version.ts';

/**
 * The METADATA of a distribution cannot be trusted to describe it: a field is missing, is there twice, or is
 * malformed. Pin another version of the distribution.
 */
export class MetadataError extends PycError {
  readonly code = 'PYC_METADATA_INVALID';
}

export interface Metadata {
  /** As written; {@link normalizedName} is for comparing. */
  readonly name: string;
  readonly normalizedName: string;
  readonly version: Version;
  readonly summary: string | undefined;
  readonly homepage: string | undefined;
  readonly author: string | undefined;
  /** An SPDX expression (PEP 639). */
  readonly licenseExpression: string | undefined;
  /** What older metadata says of the licence: a name, or its whole text. */
  readonly license: string | undefined;
  readonly classifiers: readonly string[];
  /** Requirements as written. */
  readonly requiresDist: readonly string[];
  readonly requiresPython: string | undefined;
  readonly providesExtra: readonly string[];
  /** By label, as written. */
  readonly projectUrls: ReadonlyMap<string, string>;
}

/** What tools wrote where they had nothing to say. */
const NOTHING = 'UNKNOWN';
const HOMEPAGE_LABELS = ['homepage', 'home', 'home-page'];

/**
 * @throws MetadataError without one valid name and one valid version, or for a major version of the format that is
 * not known
 */
export function parseMetadata(text: string): Metadata {
  const headers = parseMessageHeaders(text);
  const format = headers.get('Metadata-Version') ?? '1.0';
  if (!/^[12]\.\d{1,3}$/.test(format)) {
    throw new MetadataError(`the metadata has the unknown version \`${visible(format.slice(0, 20))}\``, {
      hint: 'update pycontainer, or pin another version of the distribution',
    });
  }
  const name = only(headers, 'Name');
  const projectUrls = new Map(headers.all('Project-URL').flatMap(labelledUrl));
  const labelled = [...projectUrls].find(([label]) =>
    HOMEPAGE_LABELS.includes(label.toLowerCase().replace(/\s/g, '')),
  );
  return {
    name,
    normalizedName: nameOf(name),
    version: versionOf(only(headers, 'Version')),
    summary: said(headers, 'Summary'),
    homepage: said(headers, 'Home-page') ?? labelled?.[1],
    author: said(headers, 'Author') ?? said(headers, 'Author-email') ?? said(headers, 'Maintainer'),
    licenseExpression: said(headers, 'License-Expression'),
    license: said(headers, 'License'),
    classifiers: headers.all('Classifier'),
    requiresDist: headers.all('Requires-Dist'),
    requiresPython: said(headers, 'Requires-Python'),
    providesExtra: headers.all('Provides-Extra'),
    projectUrls,
  };
}

/** A second value would be seen by some readers and not by others. */
function only(headers: MessageHeaders, key: string): string {
  const [value, ...others] = headers.all(key);
  if (value !== undefined && others.length === 0) return value;
  throw new MetadataError(
    `the metadata has ${value === undefined ? 'no' : 'more than one'} field \`${key}\``,
  );
}

function nameOf(text: string): string {
  try {
    return parseName(text);
  } catch (cause) {
    throw new MetadataError(`the metadata has the invalid name \`${visible(text.slice(0, 100))}\``, {
      cause,
    });
  }
}

function versionOf(text: string): Version {
  const version = Version.tryParse(text);
  if (version !== undefined) return version;
  throw new MetadataError(`the metadata has the invalid version \`${visible(text.slice(0, 100))}\``);
}

function said(headers: MessageHeaders, key: string): string | undefined {
  const value = headers.get(key);
  return value === undefined || value === '' || value === NOTHING ? undefined : value;
}

/** `label, url`. */
function labelledUrl(value: string): [label: string, url: string][] {
  const comma = value.indexOf(',');
  return comma === -1 ? [] : [[value.slice(0, comma).trim(), value.slice(comma + 1).trim()]];
}
