/**
 * Which user name and password open an index: those in its address, those that variables state for its name, netrc, and
 * `keyring`. They hold for one origin (scheme, host and port) and go to no other. How they are sent is not known here.
 */
import { isLoopback, parseUrl } from '../../http/url.ts';
import { askKeyring } from './keyring.ts';
import type { NetrcLogin } from './netrc.ts';
import { indexIdentity, type NamedIndex } from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is sent, and where it is from, for messages: never a secret. */
export interface IndexCredentials {
  readonly username: string;
  readonly password: string;
  /** As in `UV_INDEX_CORP_PASSWORD`, or `netrc`. */
  readonly source: string;
}

export interface IndexCredentialSource {
  /**
   * What opens a URL; undefined where nothing is known.
   *
   * @throws KeyringError
   */
  find(url: URL, signal?: AbortSignal): Promise<IndexCredentials | undefined>;
  /** Lets what an address of an index says in front of its host hold for its origin. */
  learn(url: string): void;
}

export interface IndexCredentialOptions {
  readonly env: Environment;
  /** Indexes with a name, of uv or Poetry. */
  readonly named: readonly NamedCredentials[];
  /** The logins of netrc, read when first needed. */
  readonly netrc: () => Promise<ReadonlyMap<string, NetrcLogin>>;
  readonly keyring: boolean;
}

/** An index with a name, whose variables are looked for. */
export interface NamedCredentials extends NamedIndex {
  readonly tool: 'uv' | 'poetry';
  /** What the tool keeps for it, where no variable says anything. */
  readonly kept?: IndexCredentials | undefined;
}

/** What is known of an origin, below a path. */
interface Known {
  readonly origin: string;
  readonly path: string;
  /** The index's address, without credentials. */
  readonly root: string;
  /** What a keyring may have its password under: the address as it is written first. */
  readonly services: readonly string[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly source: string;
}

/** Makes a source. `keyring` is asked once for an index and a user. */
export function createIndexCredentials(options: IndexCredentialOptions): IndexCredentialSource {
  const { env, named, netrc, keyring } = options;
  const known: Known[] = named.flatMap((index) => namedCredentials(index, env) ?? []);
  const answers = new Map<string, Promise<string | undefined>>();
  const ask = (service: string, username: string, signal?: AbortSignal): Promise<string | undefined> => {
    const key = JSON.stringify([service, username]);
    const answer = answers.get(key) ?? askKeyring(service, username, env, signal);
    answers.set(key, answer);
    return answer;
  };
  return {
    learn(url) {
      const stated = credentialsOfUrl(url);
      if (stated === undefined) return;
      const isKnown = known.some((one) => one.root === stated.root && one.username === stated.username);
      if (!isKnown) known.push(stated);
    },
    async find(url, signal) {
      const stated = closest(known, url);
      if (stated?.password !== undefined) {
        const { username = '', password, source } = stated;
        return { username, password, source };
      }
      // Over plain http anybody on the way reads along: only what is written for that very address goes there.
      if (url.protocol !== 'https:' && !isLoopback(url.hostname)) return userAlone(stated);
      const logins = await netrc();
      const login = logins.get(url.host) ?? logins.get(url.hostname);
      if (login !== undefined && (stated?.username ?? login.username) === login.username)
        return { ...login, source: 'netrc' };
      if (stated?.username === undefined || !keyring) return userAlone(stated);
      for (const service of stated.services) {
        const password = await ask(service, stated.username, signal);
        if (password !== undefined) return { username: stated.username, password, source: 'keyring' };
      }
      return userAlone(stated);
    },
  };
}

/** Some indexes take a token for a user name, with no password. */
function userAlone(stated: Known | undefined): IndexCredentials | undefined {
  if (stated?.username === undefined) return undefined;
  return { username: stated.username, password: '', source: stated.source };
}

/** The variable's part that stands for an index's name. */
export function variableOf(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

function namedCredentials({ name, url, tool, kept }: NamedCredentials, env: Environment): Known | undefined {
  const parsed = parseUrl(url);
  const prefix = `${tool === 'uv' ? 'UV_INDEX' : 'POETRY_HTTP_BASIC'}_${variableOf(name)}`;
  const username = env[`${prefix}_USERNAME`] || undefined;
  const password = env[`${prefix}_PASSWORD`] || undefined;
  if (parsed === undefined) return undefined;
  if (username === undefined && password === undefined)
    return kept === undefined ? undefined : { ...scopeOf(parsed), ...kept };
  return {
    ...scopeOf(parsed),
    username,
    password,
    source: `${prefix}_${password === undefined ? 'USERNAME' : 'PASSWORD'}`,
  };
}

function credentialsOfUrl(url: string): Known | undefined {
  const parsed = parseUrl(url);
  if (parsed === undefined || (parsed.username === '' && parsed.password === '')) return undefined;
  const password = decode(parsed.password);
  return {
    ...scopeOf(parsed),
    username: decode(parsed.username),
    password: password === '' ? undefined : password,
    source: 'its address',
  };
}

function scopeOf(url: URL): Pick<Known, 'origin' | 'path' | 'root' | 'services'> {
  const { origin, pathname: path } = url;
  const root = indexIdentity(url.href);
  return { origin, path, root, services: [...new Set([`${origin}${path}`, root, `${root}/`, url.host])] };
}

/** Of the same origin, the one whose path goes along with the URL's furthest: hosts keep several indexes. */
function closest(known: readonly Known[], url: URL): Known | undefined {
  let best: Known | undefined;
  let longest = -1;
  for (const one of known) {
    if (one.origin !== url.origin) continue;
    const shared = sharedSegments(one.path, url.pathname);
    if (shared > longest) [best, longest] = [one, shared];
  }
  return best;
}

function sharedSegments(a: string, b: string): number {
  const [left, right] = [a, b].map((path) => path.split('/').filter((segment) => segment !== '')) as [
    string[],
    string[],
  ];
  const differs = left.findIndex((segment, at) => segment !== right[at]);
  return differs === -1 ? left.length : differs;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
