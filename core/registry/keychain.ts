/**
 * Credentials from the files that `podman login` and `docker login` write. Files are asked in order; in each
 * the longest matching key wins, and `credHelpers` come before `credsStore` before `auths`.
 */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DOCKER_HUB } from '../oci/reference.ts';
import { PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { askHelper } from './credential-helper.ts';
import type { CredentialSource, Credentials } from './credentials.ts';

/** A registry credentials file, or an entry of it, cannot be read. */
export class CredentialFileError extends PycError {
  readonly code = 'PYC_CREDENTIAL_FILE';
}

export interface KeychainOptions {
  /** REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG, HOME and PATH are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface CredentialFile {
  readonly path: string;
  /** Normalised keys → entries. */
  readonly auths: ReadonlyMap<string, Record<string, unknown>>;
  readonly helpers: ReadonlyMap<string, string>;
  readonly store: string | undefined;
}

const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';
const DOCKER_HUB_NAMES = new Set(['index.docker.io', 'registry-1.docker.io', DOCKER_HUB]);
const LARGEST = 4 * 1024 * 1024;

/** Where credentials are looked for, in order. */
export function credentialFiles(env: KeychainOptions['env']): string[] {
  const home = env.HOME || homedir();
  const places = [
    env.REGISTRY_AUTH_FILE,
    env.XDG_RUNTIME_DIR && join(env.XDG_RUNTIME_DIR, 'containers', 'auth.json'),
    join(env.XDG_CONFIG_HOME || join(home, '.config'), 'containers', 'auth.json'),
    join(env.DOCKER_CONFIG || join(home, '.docker'), 'config.json'),
  ];
  return [...new Set(places.filter((place) => place !== undefined && place !== ''))] as string[];
}

/** Makes a source. Each file is read once, each helper asked once for a server. */
export function createKeychain(options: KeychainOptions): CredentialSource {
  let files: Promise<(CredentialFile | undefined)[]> | undefined;
  const answers = new Map<string, Promise<Credentials | undefined>>();
  const ask = (helper: string, host: string, signal?: AbortSignal): Promise<Credentials | undefined> => {
    const server = host === DOCKER_HUB ? DOCKER_HUB_KEY : host;
    const key = `${helper} ${server}`;
    const answer = answers.get(key) ?? askHelper(helper, server, options.env, signal);
    answers.set(key, answer);
    return answer;
  };
  return async (host, repository, signal) => {
    files ??= Promise.all(credentialFiles(options.env).map(readCredentialFile));
    for (const file of await files) {
      const found = file === undefined ? undefined : await lookUp(file, host, repository, ask, signal);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

async function lookUp(
  file: CredentialFile,
  host: string,
  repository: string,
  ask: (helper: string, host: string, signal?: AbortSignal) => Promise<Credentials | undefined>,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const keys = keysFor(host, repository);
  const helperKey = keys.find((key) => file.helpers.has(key));
  const helper = helperKey === undefined ? file.store : file.helpers.get(helperKey);
  const authKey = keys.find((key) => file.auths.has(key));
  const isNamespace = authKey !== undefined && authKey !== host;
  // A key with a path is more to the point than a helper for the whole host.
  if (isNamespace && (helperKey === undefined || authKey.length > helperKey.length)) {
    const own = credentialsOf(file.path, authKey, file.auths.get(authKey)!);
    if (own !== undefined) return own;
  }
  if (helper !== undefined && helper !== '') {
    const found = await ask(helper, host, signal);
    if (found !== undefined) return found;
  }
  return authKey === undefined ? undefined : credentialsOf(file.path, authKey, file.auths.get(authKey)!);
}

/** `host/a/b`, `host/a`, `host`: the longest first. */
function keysFor(host: string, repository: string): string[] {
  const segments = repository.split('/');
  return [...segments.keys()]
    .map((count) => [host, ...segments.slice(0, segments.length - count)].join('/'))
    .concat(host);
}

async function readCredentialFile(path: string): Promise<CredentialFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, `it cannot be read: ${code ?? 'unknown'}`);
  }
  if (text.trim() === '') return undefined;
  let document: unknown;
  try {
    document = text.length > LARGEST ? undefined : JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which can hold a secret.
  }
  if (!isObject(document)) throw unreadable(path, 'it is no JSON object');
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
    store: typeof credsStore === 'string' ? credsStore : undefined,
  };
}

/** Docker writes URLs for some hosts; podman writes `host/namespace`. */
function normalizeKey(key: string): string {
  const url = /^https?:\/\/([^/]+)/.exec(key);
  const name = url === null ? key.replace(/\/(?:v[12]\/?)?$/, '') : url[1]!;
  const slash = name.indexOf('/');
  const host = (slash === -1 ? name : name.slice(0, slash)).toLowerCase();
  return `${DOCKER_HUB_NAMES.has(host) ? DOCKER_HUB : host}${slash === -1 ? '' : name.slice(slash)}`;
}

/** Undefined for an entry without secrets: Docker leaves `{}` where a helper keeps them. */
function credentialsOf(path: string, key: string, entry: Record<string, unknown>): Credentials | undefined {
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  const [username, password] =
    text('auth') === '' ? [text('username'), text('password')] : decodePair(path, key, text('auth'));
  if (text('identitytoken') !== '') return { kind: 'identity', username, token: text('identitytoken') };
  if (text('registrytoken') !== '') return { kind: 'bearer', token: text('registrytoken') };
  return username === '' && password === '' ? undefined : { kind: 'basic', username, password };
}

function decodePair(path: string, key: string, auth: string): [username: string, password: string] {
  const pair = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = pair.indexOf(':');
  if (colon === -1) throw unreadable(path, `the entry of \`${visible(key)}\` is not valid`);
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}

function unreadable(path: string, why: string): CredentialFileError {
  return new CredentialFileError(`the registry credentials in \`${visible(path)}\` cannot be used: ${why}`, {
    hint: 'log in again, or correct or remove the file',
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
