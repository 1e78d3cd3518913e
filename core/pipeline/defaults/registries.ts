/** The registry client of one run: its credentials come from the run, then from where other tools keep them. */
import type { RegistryClient } from '../../registry/index.ts';
import type { Session } from '../session.ts';

export interface Registries {
  /** Made when it is first needed. @param hosts those that the run's own credentials are meant for */
  client(hosts?: readonly string[]): Promise<RegistryClient>;
}

/** Makes the clients of a session. The run's own credentials go to the hosts that are pushed to, and to no other. */
export function createRegistries(session: Pick<Session, 'http' | 'log' | 'env' | 'credentials'>): Registries {
  const clients = new Map<string, Promise<RegistryClient>>();
  const make = async (hosts: readonly string[]): Promise<RegistryClient> => {
    const { createKeychain, createRegistryClient, credentialChain, statedCredentials } = await import(
      '../../registry/index.ts'
    );
    const keychain = createKeychain({ env: session.env });
    const { credentials } = session;
    return createRegistryClient({
      http: session.http,
      log: session.log,
      credentials:
        credentials === undefined
          ? keychain
          : credentialChain(statedCredentials(credentials, hosts), keychain),
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
