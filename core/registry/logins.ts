/**
 * Keeps and forgets what opens a registry, where podman and Docker would: in the credential helper that is configured for
 * it, else in a file. Several logins at once lose nothing. Whether the credentials are right is not known here.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { acquire } from '../store/lock.ts';
import {
  type CredentialFile,
  credentialFiles,
  isObject,
  loginFile,
  normalizeKey,
  readCredentialFile,
  readDocument,
  storedKey,
  unusable,
} from './credential-file.ts';
import { eraseInHelper, listOfHelper, storeInHelper } from './credential-helper.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where credentials are kept. */
export type LoginPlace =
  | { readonly kind: 'file'; readonly path: string }
  /** @param name what stands behind `docker-credential-` */
  | { readonly kind: 'helper'; readonly name: string };

/**
 * Keeps a password so that a look-up finds it.
 *
 * @param key `ghcr.io`, or with a namespace, `ghcr.io/me`: such are kept in a file, since helpers know hosts alone
 * @throws CredentialFileError, CredentialHelperError
 */
export async function storeLogin(
  key: string,
  account: { readonly username: string; readonly password: string },
  env: Environment,
  signal?: AbortSignal,
): Promise<LoginPlace> {
  const files = await filesOf(env);
  const helping = key.includes('/') ? undefined : files.find((file) => helperFor(file, key) !== undefined);
  const helper = helping === undefined ? undefined : helperFor(helping, key);
  if (helping !== undefined && helper !== undefined) {
    await storeInHelper(helper, storedKey(key), account, env, signal);
    await removeBefore(helping.path, key, env, signal);
    return { kind: 'helper', name: helper };
  }
  const path = loginFile(env);
  const auth = Buffer.from(`${account.username}:${account.password}`, 'utf8').toString('base64');
  await change(path, signal, (document) => {
    const others = Object.entries(authsOf(path, document)).filter(([one]) => normalizeKey(one) !== key);
    return { ...document, auths: Object.fromEntries([...others, [storedKey(key), { auth }]]) };
  });
  await removeBefore(path, key, env, signal);
  return { kind: 'file', path };
}

/**
 * Forgets what opens a registry, in every place that a look-up asks.
 *
 * @param key undefined for all registries
 * @returns where something was
 * @throws CredentialFileError, CredentialHelperError
 */
export async function eraseLogin(
  key: string | undefined,
  env: Environment,
  signal?: AbortSignal,
): Promise<readonly LoginPlace[]> {
  const places: LoginPlace[] = [];
  for (const file of await filesOf(env)) {
    for (const [helper, servers] of await serversOf(file, key, env, signal)) {
      for (const server of servers) await eraseInHelper(helper, server, env, signal);
      if (servers.length > 0) places.push({ kind: 'helper', name: helper });
    }
    if (await removeFrom(file.path, key, signal)) places.push({ kind: 'file', path: file.path });
  }
  return places;
}

/** Helpers of a file with those of their servers that are meant. */
async function serversOf(
  file: CredentialFile,
  key: string | undefined,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (key?.includes('/')) return new Map();
  const helpers = key === undefined ? [...file.helpers.values(), file.store] : [helperFor(file, key)];
  const servers = new Map<string, readonly string[]>();
  for (const helper of new Set(helpers)) {
    if (helper === undefined || helper === '') continue;
    const all = await listOfHelper(helper, env, signal);
    servers.set(
      helper,
      all.filter((server) => key === undefined || normalizeKey(server) === key),
    );
  }
  return servers;
}

function helperFor(file: CredentialFile, host: string): string | undefined {
  return file.helpers.get(host) || file.store;
}

/** An explicit file is the only one. */
async function filesOf(env: Environment): Promise<readonly CredentialFile[]> {
  const paths = env.REGISTRY_AUTH_FILE ? [env.REGISTRY_AUTH_FILE] : credentialFiles(env);
  const files = await Promise.all(paths.map(readCredentialFile));
  return files.filter((file) => file !== undefined);
}

/** An older entry in a file that is asked earlier would hide the new one. */
async function removeBefore(
  path: string,
  key: string,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<void> {
  const paths = credentialFiles(env);
  for (const earlier of paths.slice(0, Math.max(0, paths.indexOf(path))))
    await removeFrom(earlier, key, signal);
}

/** @returns true where there was something */
async function removeFrom(path: string, key: string | undefined, signal?: AbortSignal): Promise<boolean> {
  const isMeant = (one: string): boolean => key === undefined || normalizeKey(one) === key;
  const hasSome = (document: Record<string, unknown>): boolean =>
    Object.keys(authsOf(path, document)).some(isMeant);
  if (!hasSome((await readDocument(path)) ?? {})) return false;
  return change(path, signal, (document) => {
    if (!hasSome(document)) return undefined;
    const others = Object.entries(authsOf(path, document)).filter(([one]) => !isMeant(one));
    return { ...document, auths: Object.fromEntries(others) };
  });
}

function authsOf(path: string, { auths }: Record<string, unknown>): Record<string, unknown> {
  if (auths === undefined || auths === null) return {};
  if (isObject(auths)) return auths;
  throw unusable(path, '`auths` is no JSON object');
}

/**
 * Reads, changes and replaces a file while no other login does. Links to it stay links.
 *
 * @param make undefined changes nothing
 * @returns true where it was changed
 */
async function change(
  path: string,
  signal: AbortSignal | undefined,
  make: (document: Record<string, unknown>) => Record<string, unknown> | undefined,
): Promise<boolean> {
  try {
    const target = await realpath(path).catch(() => path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const lock = await acquire(`${target}.lock`, signal);
    try {
      const document = make((await readDocument(target)) ?? {});
      if (document === undefined) return false;
      await replace(target, `${JSON.stringify(document, undefined, '\t')}\n`);
      return true;
    } finally {
      await lock.release();
    }
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) throw thrown;
    throw unusable(path, `it cannot be written: ${code}`, 'name another file in `REGISTRY_AUTH_FILE`');
  }
}

/** Nobody ever sees half of it, and nobody else may read it. */
async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
}
