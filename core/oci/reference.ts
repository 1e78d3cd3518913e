/**
 * Image references: `host/repository:tag@digest` by the grammar of the distribution project's `reference`
 * package, with Docker Hub as the host that goes without saying. Nothing here talks to a registry.
 */
import { DEFAULT_REGISTRY, DEFAULT_REGISTRY_HOST } from '../primitives/defaults.ts';
import { type Digest, isDigest } from '../primitives/digest.ts';
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';

/** A reference, complete: defaults are filled in. */
export interface Reference {
  /** As users write it: `docker.io`, `ghcr.io`, `localhost:5000`, `[::1]:5000`. Lower case. */
  readonly host: string;
  /** Where requests go: `registry-1.docker.io` for Docker Hub, else the host. */
  readonly endpoint: string;
  /** With `library/` where Docker Hub adds it. */
  readonly repository: string;
  /** Undefined where only a digest, or neither, was written. */
  readonly tag?: string;
  readonly digest?: Digest;
}

/**
 * A text that should name an image, in `--tag`, `--base`, `--output registry:` or the configuration, is no image
 * reference.
 */
export class ImageReferenceError extends PycError {
  readonly code = 'PYC_REFERENCE_INVALID';
  override readonly exitCode = 2;
}

export const DOCKER_HUB = DEFAULT_REGISTRY;
const DOCKER_HUB_NAMES = new Set([DOCKER_HUB, 'index.docker.io', DEFAULT_REGISTRY_HOST]);
export const DEFAULT_TAG = 'latest';

const HOST_LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = new RegExp(`^(?:${HOST_LABEL}(?:\\.${HOST_LABEL})*|\\[[0-9a-fA-F:.]+\\])(?::[0-9]{1,5})?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
/** The repository's name and host together, as the grammar limits them. */
const MAX_NAME = 255;

/**
 * Reads `shop`, `me/shop:1.2`, `ghcr.io/me/shop@sha256:…`, `localhost:5000/shop:1.2@sha256:…`.
 *
 * @throws ImageReferenceError for what the grammar refuses, an upper-case repository and a digest other than SHA-256.
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const named = at === -1 ? text : text.slice(0, at);
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, 'its digest is not a SHA-256 digest');
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon === -1 || isBareAddress(named) ? undefined : named.slice(colon + 1);
  const name = tag === undefined ? named : named.slice(0, colon);
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, 'its tag is not valid');
  const { host, repository } = splitName(name, text);
  return {
    host,
    endpoint: host === DOCKER_HUB ? DEFAULT_REGISTRY_HOST : host,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** True for a tag that the distribution specification allows. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** What a manifest is asked for by: the digest, else the tag, else `latest`. */
export function identifierOf(reference: Pick<Reference, 'tag' | 'digest'>): string {
  return reference.digest ?? reference.tag ?? DEFAULT_TAG;
}

/** The whole reference, with the host and with `library/` left out as users write it. */
export function formatReference(reference: Omit<Reference, 'endpoint'>): string {
  const { host, repository, tag, digest } = reference;
  const official = host === DOCKER_HUB && repository.startsWith('library/');
  const name = official ? repository.slice('library/'.length) : `${host}/${repository}`;
  const shown = host === DOCKER_HUB && !official ? repository : name;
  return `${shown}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** An IPv6 address without a repository: its colons introduce no tag. */
function isBareAddress(named: string): boolean {
  return named.startsWith('[') && !named.includes('/');
}

/** The part before the first slash is a host where it looks like one, as the grammar's normalisation says. */
function splitName(name: string, whole: string): { host: string; repository: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:[]/.test(first) || first === 'localhost';
  const host = isHost ? first.toLowerCase() : DOCKER_HUB;
  const path = isHost ? name.slice(slash + 1) : name;
  if (!HOST.test(host) || !isPort(host)) throw invalid(whole, 'its host is not valid');
  const bad = path.split('/').find((component) => !COMPONENT.test(component));
  if (bad !== undefined) {
    const why = COMPONENT.test(bad.toLowerCase()) ? 'its repository has upper-case letters' : undefined;
    throw invalid(whole, why ?? 'its repository is not valid');
  }
  if (path.length + host.length + 1 > MAX_NAME) throw invalid(whole, `its name is longer than ${MAX_NAME}`);
  if (/^[0-9a-f]{64}$/.test(path)) throw invalid(whole, 'it looks like the id of an image');
  if (!DOCKER_HUB_NAMES.has(host)) return { host, repository: path };
  return { host: DOCKER_HUB, repository: path.includes('/') ? path : `library/${path}` };
}

function isPort(host: string): boolean {
  const port = /:([0-9]+)$/.exec(host.replace(/^\[.*\]/, ''))?.[1];
  return port === undefined || (Number(port) > 0 && Number(port) < 65536);
}

function invalid(text: string, why: string): ImageReferenceError {
  return new ImageReferenceError(`\`${visible(text.slice(0, 300))}\` is not an image reference: ${why}`, {
    hint: 'write `[HOST[:PORT]/]REPOSITORY[:TAG][@sha256:…]`, as in `ghcr.io/me/shop:1.2`',
  });
}
