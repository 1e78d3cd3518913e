/**
 * The registry client of one run: its credentials come from the run, then from where other tools keep them; where
 * registries are, and how they are spoken to, from registries.conf.
 */
import type { CredentialSource, RegistryClient } from '../../registry/index.ts';
import type { PlaceFinder } from '../../registry/place.ts';
import type { Session } from '../session.ts';

export interface Registries {
  /** Made when it is first needed. @param hosts those that the run's own credentials are meant for */
  client(hosts?: readonly string[]): Promise<RegistryClient>;
}

/**
 * Makes the clients of a session. The run's own credentials go to the hosts that are pushed to, and to no other.
 *
 * @param others whatever else knows credentials; default the files and helpers of this host
 */
export function createRegistries(
  session: Pick<Session, 'http' | 'log' | 'env' | 'credentials'>,
  others: CredentialSource = ownKeychain(session),
): Registries {
  const clients = new Map<string, Promise<RegistryClient>>();
  let settings: Promise<PlaceFinder> | undefined;
  const make = async (hosts: readonly string[]): Promise<RegistryClient> => {
    const [{ createRegistryClient, credentialChain, statedCredentials }, { loadPlaces }] = await Promise.all([
      import('../../registry/index.ts'),
      import('../../registry/settings/load.ts'),
    ]);
    const { http, log, env, credentials } = session;
    settings ??= loadPlaces(env, log);
    return createRegistryClient({
      http,
      log,
      places: await settings,
      credentials:
        credentials === undefined ? others : credentialChain(statedCredentials(credentials, hosts), others),
    });
  };
  return {
    client(hosts = []) {
      const key = hosts.join(' ');
      const known = clients.get(key) ?? make(hosts);
      clients.set(key, known);
      return known;
    },
  };
}

/** The files and helpers of this host, which are read when the first registry asks. */
export function ownKeychain({ env }: Pick<Session, 'env'>): CredentialSource {
  let keychain: Promise<CredentialSource> | undefined;
  return async (host, repository, signal) => {
    keychain ??= import('../../registry/index.ts').then(({ createKeychain }) => createKeychain({ env }));
    return (await keychain)(host, repository, signal);
  };
}
