/** The verbs that keep and forget credentials for a registry. Where they are kept is the registry's keychain's knowledge. */
import type { ImageOptions, ImageVerbReport } from './image-session.ts';
import { parseReference, type Reference } from './oci/reference.ts';
import type { StatedCredentials } from './pipeline/session.ts';
import { PycError } from './primitives/errors.ts';
import { visible } from './primitives/path.ts';
import type { LoginPlace } from './registry/index.ts';

/**
 * What `pyc login` or `pyc logout` is told is no registry: a scheme stands before it, or it is the name of an image. Write
 * its host as in references: `ghcr.io`, `localhost:5000`.
 */
export class RegistryNameError extends PycError {
  readonly code = 'PYC_REGISTRY_NAME_INVALID';
  override readonly exitCode = 2;
}

export interface LoginOptions extends Omit<ImageOptions, 'credentials'> {
  /** A host, or one with a namespace, as in `ghcr.io/me`; default Docker Hub. */
  readonly registry?: string;
  readonly account: StatedCredentials;
}

export interface LogoutOptions extends Omit<ImageOptions, 'credentials'> {
  /** As for a login. Ignored with `all`. */
  readonly registry?: string;
  /** Every registry. */
  readonly all?: boolean;
}

/** What `login` gives. */
export interface LoginReport extends ImageVerbReport {
  readonly registry: string | null;
  /** Null where nothing was kept. */
  readonly storedIn: LoginPlace | null;
  /** False where the registry asks nobody for credentials, so that nothing is known of these. */
  readonly checked: boolean;
}

/** What `logout` gives. */
export interface LogoutReport extends ImageVerbReport {
  /** Null for all. */
  readonly registry: string | null;
  /** Where something was. */
  readonly removedFrom: readonly LoginPlace[];
}

/** Checks credentials against their registry and keeps them. Never rejects: what went wrong is `error` in the report. */
export async function login({ registry, account, ...options }: LoginOptions): Promise<LoginReport> {
  const { runImageVerb } = await import('./image-session.ts');
  const empty = { registry: null, storedIn: null, checked: false };
  type Result = Pick<LoginReport, keyof typeof empty>;
  return runImageVerb<Result>('login', { ...options, credentials: account }, empty, async (session) => {
    const { key, host, endpoint } = parseRegistry(registry);
    const repository = key.slice(host.length + 1);
    const { storeLogin } = await import('./registry/index.ts');
    const client = await session.registry([host]);
    const checked = await client.checkAccess({ host, endpoint, repository }, session.signal);
    const storedIn = await storeLogin(key, account, session.env, session.signal);
    return { registry: key, storedIn, checked };
  });
}

/** Forgets the credentials for a registry, or for all. Never rejects: what went wrong is `error` in the report. */
export async function logout({
  registry,
  all = false,
  ...options
}: LogoutOptions = {}): Promise<LogoutReport> {
  const { runImageVerb } = await import('./image-session.ts');
  const empty = { registry: null, removedFrom: [] };
  type Result = Pick<LogoutReport, keyof typeof empty>;
  return runImageVerb<Result>('logout', options, empty, async (session) => {
    const key = all ? undefined : parseRegistry(registry).key;
    const { eraseLogin } = await import('./registry/index.ts');
    return { registry: key ?? null, removedFrom: await eraseLogin(key, session.env, session.signal) };
  });
}

/** @throws RegistryNameError */
function parseRegistry(text = 'docker.io'): Pick<Reference, 'host' | 'endpoint'> & { readonly key: string } {
  const [first = '', ...namespace] = text.replace(/\/$/, '').split('/');
  try {
    const { host, endpoint } = parseReference([first, ...namespace, 'name'].join('/'));
    // What is no host counts as a repository of Docker Hub.
    const isHost = /[.:]/.test(first) || first === 'localhost';
    if (isHost && !/[@\s]/.test(text)) return { host, endpoint, key: [host, ...namespace].join('/') };
  } catch {
    // Said below in other words.
  }
  throw new RegistryNameError(`\`${visible(text.slice(0, 200))}\` is no registry`, {
    hint: 'write its host, as in `ghcr.io` or `localhost:5000`',
  });
}
