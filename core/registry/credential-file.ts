/**
 * The files in which `podman login`, `docker login` and `pyc login` keep credentials: where they lie, and what stands in
 * one. Which file's answer counts is not known here.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DOCKER_HUB } from '../oci/reference.ts';
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import type { Credentials } from './credentials.ts';

/**
 * A registry credentials file, or an entry of it, cannot be read or written. It is never quoted. Log in again, or correct
 * or remove the file.
 */
export class CredentialFileError extends PycError {
  readonly code = 'PYC_CREDENTIAL_FILE';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What stands in a file; keys are normalised. */
export interface CredentialFile {
  readonly path: string;
  readonly auths: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** `credHelpers`. */
  readonly helpers: ReadonlyMap<string, string>;
  /** `credsStore`. */
  readonly store: string | undefined;
}

const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
const DOCKER_HUB_NAMES = new Set(['index.docker.io', 'registry-1.docker.io', DOCKER_HUB]);
const LARGEST = 4 * 1024 * 1024;

/** Where credentials are looked for, in order. REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG and HOME count. */
export function credentialFiles(env: Environment): string[] {
  const home = env.HOME || homedir();
  const places = [
    env.REGISTRY_AUTH_FILE,
    runtimeFile(env),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'auth.json'),
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
  ];
  return [...new Set(places.filter((place) => place !== undefined && place !== ''))] as string[];
}

/** The one of them that a login without a helper is written to: podman's choice. */
export function loginFile(env: Environment): string {
  if (env.REGISTRY_AUTH_FILE) return env.REGISTRY_AUTH_FILE;
  if (env.DOCKER_CONFIG) return join(env.DOCKER_CONFIG, 'config.json');
  const runtime = runtimeFile(env);
  return (
    runtime ?? join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'containers', 'auth.json')
  );
}

/** What is gone when the user's last session ends. Root has such a place without a session. */
function runtimeFile(env: Environment): string | undefined {
  if (env.XDG_RUNTIME_DIR) return join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json');
  const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
  return isRoot ? '/run/containers/0/auth.json' : undefined;
}

/**
 * What stands in a file; undefined where there is none, or an empty one.
 *
 * @throws CredentialFileError
 */
export async function readCredentialFile(path: string): Promise<CredentialFile | undefined> {
  const document = await readDocument(path);
  if (document === undefined) return undefined;
  const { auths, credHelpers, credsStore } = document;
  return {
    path,
    auths: new Map(
      Object.entries(isObject(auths) ? auths : {}).flatMap(([key, entry]) =>
        isObject(entry) ? [[normalizeKey(key), entry]] : [],
      ),
    ),
    helpers: new Map(
      Object.entries(isObject(credHelpers) ? credHelpers : {}).flatMap(([key, helper]) =>
        typeof helper === 'string' ? [[normalizeKey(key), helper]] : [],
      ),
    ),
    store: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
  };
}

/** The JSON object in a file as it stands there. @throws CredentialFileError */
export async function readDocument(path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unusable(path, `it cannot be read: ${code ?? 'unknown'}`);
  }
  if (text.trim() === '') return undefined;
  let document: unknown;
  try {
    document = text.length > LARGEST ? undefined : JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which can hold a secret.
  }
  if (!isObject(document)) throw unusable(path, 'it is no JSON object');
  return document;
}

/** `host/a/b`, `host/a`, `host`: the longest first. */
export function keysFor(host: string, repository: string): string[] {
  const segments = repository.split('/');
  return [...segments.keys()]
    .map((count) => [host, ...segments.slice(0, segments.length - count)].join('/'))
    .concat(host);
}

/** Docker writes URLs for some hosts; podman writes `host/namespace`. */
export function normalizeKey(key: string): string {
  const url = /^https?:\/\/([^/]+)/.exec(key);
  const name = url === null ? key.replace(/\/(?:v[12]\/?)?$/, '') : url[1]!;
  const slash = name.indexOf('/');
  const host = (slash === -1 ? name : name.slice(0, slash)).toLowerCase();
  return `${DOCKER_HUB_NAMES.has(host) ? DOCKER_HUB : host}${slash === -1 ? '' : name.slice(slash)}`;
}

/** How Docker, podman and the helpers all know it: Docker Hub as a URL, any other as its name. */
export function storedKey(key: string): string {
  return key === DOCKER_HUB ? DOCKER_HUB_KEY : key;
}

/**
 * What an entry holds. Undefined for one without secrets: Docker leaves `{}` where a helper keeps them.
 *
 * @throws CredentialFileError
 */
export function credentialsOf({ path, auths }: CredentialFile, key: string): Credentials | undefined {
  const entry = auths.get(key) ?? {};
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  const [username, password] =
    text('auth') === '' ? [text('username'), text('password')] : decodePair(path, key, text('auth'));
  if (text('identitytoken') !== '') return { kind: 'identity', username, token: text('identitytoken') };
  if (text('registrytoken') !== '') return { kind: 'bearer', token: text('registrytoken') };
  return username === '' && password === '' ? undefined : namedCredentials(username, password);
}

/** A user called `<token>` has an identity token in place of a password (docker-credential-helpers). */
export function namedCredentials(username: string, secret: string): Credentials {
  return username === '<token>'
    ? { kind: 'identity', username, token: secret }
    : { kind: 'basic', username, password: secret };
}

function decodePair(path: string, key: string, auth: string): [username: string, password: string] {
  const pair = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = pair.indexOf(':');
  if (colon === -1) throw unusable(path, `the entry of \`${visible(key)}\` is not valid`);
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}

/** The error for a file that cannot be used. */
export function unusable(
  path: string,
  why: string,
  hint = 'log in again, or correct or remove the file',
): CredentialFileError {
  return new CredentialFileError(`the registry credentials in \`${visible(path)}\` cannot be used: ${why}`, {
    hint,
  });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
