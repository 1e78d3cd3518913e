/**
 * Credentials from the files that `podman login` and `docker login` write. Files are asked in order; in each
 * the longest matching key wins, and `credHelpers` come before `credsStore` before `auths`.
 */
import {
  type CredentialFile,
  credentialFiles,
  credentialsOf,
  keysFor,
  readCredentialFile,
  storedKey,
} from './credential-file.ts';
import { askHelper } from './credential-helper.ts';
import type { CredentialSource, Credentials } from './credentials.ts';

export interface KeychainOptions {
  /** REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG, HOME and PATH are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

type AskHelper = (helper: string, host: string, signal?: AbortSignal) => Promise<Credentials | undefined>;

/** Makes a source. Each file is read once, each helper asked once for a server. */
export function createKeychain(options: KeychainOptions): CredentialSource {
  let files: Promise<(CredentialFile | undefined)[]> | undefined;
  const answers = new Map<string, Promise<Credentials | undefined>>();
  const ask: AskHelper = (helper, host, signal) => {
    const server = storedKey(host);
    const key = `${helper} ${server}`;
    const answer = answers.get(key) ?? askHelper(helper, server, options.env, signal);
    answers.set(key, answer);
    // Whoever was interrupted, or could not unlock it, may try again.
    answer.catch(() => answers.delete(key));
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
  ask: AskHelper,
  signal: AbortSignal | undefined,
): Promise<Credentials | undefined> {
  const keys = keysFor(host, repository);
  const helperKey = keys.find((key) => file.helpers.has(key));
  const helper = helperKey === undefined ? file.store : file.helpers.get(helperKey);
  const authKey = keys.find((key) => file.auths.has(key));
  const isNamespace = authKey !== undefined && authKey !== host;
  // A key with a path is more to the point than a helper for the whole host.
  if (isNamespace && (helperKey === undefined || authKey.length > helperKey.length)) {
    const own = credentialsOf(file, authKey);
    if (own !== undefined) return own;
  }
  if (helper !== undefined && helper !== '') {
    const found = await ask(helper, host, signal);
    if (found !== undefined) return found;
  }
  // An entry that Docker emptied for a namespace does not hide the host's.
  for (const key of keys) {
    const found = file.auths.has(key) ? credentialsOf(file, key) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
