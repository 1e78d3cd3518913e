/**
 * What the requirement of one line means, by pip's rules: a PEP 508 requirement, a URL, a local file or a local
 * folder, each with or without `-e`. Knows nothing of versions that are pinned.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isPycError } from '../../../primitives/errors.ts';
import { Marker } from '../../marker.ts';
import { isName } from '../../name.ts';
import { Requirement } from '../../requirement.ts';
import { SpecifierSet } from '../../specifier.ts';
import { parseWheelFilename } from '../../wheel-filename.ts';
import { strip } from './lines.ts';

/** What lies at an absolute path of the host. */
export type PathKind = (path: string) => 'file' | 'directory' | undefined;

export interface ReadRequirement {
  /** As written; undefined for a URL or a path that does not say. */
  readonly name: string | undefined;
  readonly extras: readonly string[];
  readonly specifier: SpecifierSet;
  readonly marker: Marker | undefined;
  /** What a direct reference points to; `file:` for local paths. */
  readonly link: string | undefined;
  readonly editable: boolean;
}

export interface LineContext {
  /** Absolute: what `./x` is relative to. pip takes its working directory, not the file's. */
  readonly directory: string;
  readonly pathKind: PathKind;
}

/** A requirement that pip refuses; the caller knows which line it is. */
export class RequirementFault extends Error {}

const VCS =
  /^(?:bzr\+(?:http|https|ssh|sftp|ftp|lp|file)|git\+(?:http|https|ssh|git|file)|hg\+(?:file|http|https|ssh|static-http)|svn\+(?:ssh|http|https|svn|file))$/;
const ARCHIVE = /\.(?:zip|whl|tbz|tgz|tar|txz|tlz|tar\.(?:bz2|gz|xz|lz|lzma))$/i;

/** @throws RequirementFault */
export function readRequirement(text: string, editable: boolean, context: LineContext): ReadRequirement {
  try {
    return editable ? readEditable(text, context) : readPlain(text, context);
  } catch (cause) {
    if (isPycError(cause)) throw new RequirementFault(cause.message, { cause });
    throw cause;
  }
}

/** True for links into version control. */
export function isVcsLink(link: string): boolean {
  return VCS.test(schemeOf(link));
}

/** Fragments as `#egg=…&subdirectory=…&sha256=…`. */
export function fragmentOf(link: string, key: string): string | undefined {
  return new RegExp(`[#&]${key}=([^&]*)`).exec(link)?.[1];
}

/** The last segment of a link's path, percent-decoded. */
export function linkFileName(link: string): string {
  const path = link.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  return decodeSegment(path.slice(path.lastIndexOf('/') + 1));
}

/** The absolute path of a `file:` link. @throws RequirementFault for one that names a host or no path */
export function localPathOf(link: string): string {
  try {
    return fileURLToPath(new URL(link.replace(/[?#].*$/s, '')));
  } catch (cause) {
    throw new RequirementFault(`\`${link}\` names no file of this host`, { cause });
  }
}

function readPlain(line: string, context: LineContext): ReadRequirement {
  const isLink = isUrl(line);
  const separator = isLink ? '; ' : ';';
  const at = line.indexOf(separator);
  const text = strip(at < 0 ? line : line.slice(0, at));
  const condition = at < 0 ? '' : strip(line.slice(at + separator.length));
  const marker = condition === '' ? undefined : Marker.parse(condition);
  const { path, extras } = stripExtras(isLink ? text : resolve(context.directory, text));
  const link = isLink ? text : linkOfPath(path, text, context.pathKind);
  if (link === undefined) {
    const requirement = Requirement.parse(text);
    return { ...partsOf(requirement), marker, editable: false };
  }
  const cleaned = cleanFileLink(link, context.directory);
  const base = { extras: isLink ? [] : extras, marker, link: cleaned, editable: false };
  const name = linkFileName(cleaned);
  if (/\.whl$/.test(name)) {
    const wheel = parseWheelFilename(name);
    return { ...base, name: wheel.name, specifier: SpecifierSet.parse(`==${wheel.version}`) };
  }
  return { ...base, name: eggOf(cleaned), specifier: SpecifierSet.parse('') };
}

function readEditable(text: string, context: LineContext): ReadRequirement {
  const direct = tryRequirement(text);
  if (direct?.url !== undefined) {
    refuseOtherEditables(direct.url, text);
    return { ...partsOf(direct), editable: true };
  }
  const { path, extras } = stripExtras(text);
  const isFolder = context.pathKind(resolve(context.directory, path)) === 'directory';
  const place = isFolder ? fileUrlOf(resolve(context.directory, path)) : path;
  const base = { specifier: SpecifierSet.parse(''), marker: undefined, editable: true };
  if (/^file:/i.test(place)) return { ...base, name: eggOf(place), extras, link: place };
  const vcs = /^(?:bzr|git|hg|svn)(?=:)/i.exec(text)?.[0];
  const link = vcs === undefined ? text : `${vcs.toLowerCase()}+${text}`;
  refuseOtherEditables(link, text);
  const name = eggOf(link);
  if (name === undefined) {
    throw new RequirementFault(`the name of \`${text}\` cannot be told: write \`name @ URL\``);
  }
  return { ...base, name, extras: [], link };
}

function refuseOtherEditables(link: string, text: string): void {
  if (isVcsLink(link) || link.startsWith('file:')) return;
  throw new RequirementFault(
    `\`${text}\` cannot be editable: it is neither a local folder nor in version control`,
  );
}

function partsOf(requirement: Requirement): Omit<ReadRequirement, 'editable'> {
  const { name, extras, specifier, marker, url } = requirement;
  return { name, extras, specifier, marker, link: url };
}

function tryRequirement(text: string): Requirement | undefined {
  try {
    return Requirement.parse(text);
  } catch (error) {
    if (isPycError(error)) return undefined;
    throw error;
  }
}

/** A path that exists as a folder, or that is called like an archive, whether it exists or not. */
function linkOfPath(path: string, text: string, pathKind: PathKind): string | undefined {
  const looksLikePath = text.includes('/') || text.startsWith('.');
  if (looksLikePath && pathKind(path) === 'directory') {
    if (['setup.py', 'pyproject.toml'].some((name) => pathKind(resolve(path, name)) === 'file')) {
      return fileUrlOf(path);
    }
    throw new RequirementFault(`the folder \`${text}\` has neither a pyproject.toml nor a setup.py`);
  }
  if (!ARCHIVE.test(path)) return undefined;
  if (pathKind(path) !== 'file') {
    const at = text.indexOf('@');
    const before = text.slice(0, at);
    // Rather a PEP 508 requirement with a URL than a path with an `@` in it.
    if (at >= 0 && !before.includes('/') && !before.startsWith('.')) return undefined;
  }
  return fileUrlOf(path);
}

/** `file:../x` is relative to the working directory. */
function cleanFileLink(link: string, directory: string): string {
  if (!/^file:/i.test(link) || !link.includes('../')) return link;
  const path = link.replace(/^file:(?:\/\/[^/]*)?/i, '').replace(/[?#].*$/s, '');
  return fileUrlOf(resolve(directory, decodeSegment(path)));
}

/** A `file:` URL in which all is escaped that Python's `quote` escapes. */
function fileUrlOf(path: string): string {
  const escaped = path
    .split('/')
    .map((segment) =>
      encodeURIComponent(segment).replace(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    );
  return `file://${escaped.join('/')}`;
}

function decodeSegment(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RequirementFault(`the percent encoding of \`${text}\` is broken`);
  }
}

function stripExtras(path: string): { readonly path: string; readonly extras: readonly string[] } {
  const [, bare, list] = /^(.+)(\[[^\]]+\])$/s.exec(path) ?? [];
  if (bare === undefined || list === undefined) return { path, extras: [] };
  return { path: bare.trimEnd(), extras: Requirement.parse(`placeholder${list.toLowerCase()}`).extras };
}

function eggOf(link: string): string | undefined {
  const egg = fragmentOf(link, 'egg');
  if (egg === undefined || isName(egg)) return egg;
  throw new RequirementFault(`the fragment \`egg=${egg}\` is not the name of a project`);
}

function isUrl(text: string): boolean {
  const scheme = schemeOf(text);
  return /^(?:http|https|file|ftp)$/.test(scheme) || VCS.test(scheme);
}

function schemeOf(text: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase() ?? '';
}
