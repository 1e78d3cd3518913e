/** Ways in which a registry can be had, each with the home of a user who may use it. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, type KeyPair } from './authority.ts';
import { startFront, startProxy } from './gateways.ts';
import { run } from './processes.ts';
import { type Account, startDistribution, startReferrersRegistry } from './registries.ts';
import { startTokenServer } from './token-server.ts';
import { newFolder, PEERS } from './workspace.ts';

export interface RegistryCase {
  /** Host and port as references write them. */
  readonly address: string;
  /** The user's home and environment, for every program. */
  readonly env: Readonly<Record<string, string>>;
  /** What must never be printed. */
  readonly secrets: readonly string[];
  /** Flags that podman and skopeo need: what is http is so by name. */
  readonly verify: boolean;
  /** True where crane can read it: it has no certificate to show. */
  readonly crane: boolean;
  /** Flags of oras, which reads no `certs.d`. */
  readonly oras: readonly string[];
  stop(): Promise<void>;
}

export const ACCOUNT: Account = { username: 'pusher', password: 'correct horse: battery' };

/** What is put down in a home for one host. */
interface Trust {
  /** A file, PEM. */
  readonly authority: string;
  readonly client?: KeyPair;
}

export const REGISTRY_CASES: Readonly<Record<string, () => Promise<RegistryCase>>> = {
  'docker-registry 2.8 with a password': async () => {
    const server = await startDistribution({ version: '2.8', account: ACCOUNT });
    const home = await homeFor(server.address, undefined, ACCOUNT);
    return caseOf(server.address, home, false, ['--plain-http'], [server], { account: true });
  },
  'distribution 3 with tokens': async () => {
    const authority = await createAuthority();
    const tokens = await startTokenServer(await authority.issue('tokens'), ACCOUNT);
    const server = await startDistribution({
      tokens: { server: tokens, authority: authority.certificate },
    });
    const home = await homeFor(server.address, undefined, ACCOUNT);
    return caseOf(server.address, home, false, ['--plain-http'], [server, tokens], { account: true });
  },
  'distribution 3 with TLS of an own authority': async () => {
    const authority = await createAuthority();
    const server = await startDistribution({ tls: await authority.issue('registry') });
    const home = await homeFor(server.address, { authority: authority.certificate });
    const env = { SSL_CERT_FILE: authority.certificate };
    return caseOf(server.address, home, true, ['--ca-file', authority.certificate], [server], { env });
  },
  'a registry that lists referrers': async () => {
    const server = await startReferrersRegistry();
    return caseOf(server.address, await homeFor(server.address), false, ['--plain-http'], [server]);
  },
  'distribution 3 behind nginx, with client certificates and small requests': async () => {
    const authority = await createAuthority();
    const client = await authority.issue('client');
    const server = await startDistribution();
    const front = await startFront(server.address, {
      tls: await authority.issue('front'),
      clients: authority.certificate,
      largestBody: '4m',
    });
    const home = await homeFor(front.address, { authority: authority.certificate, client });
    const oras = ['--ca-file', authority.certificate];
    const shown = ['--cert-file', client.certificate, '--key-file', client.key];
    return caseOf(front.address, home, true, [...oras, ...shown], [front, server], { crane: false });
  },
  'distribution 3 behind a proxy with a password': async () => {
    const authority = await createAuthority();
    const server = await startDistribution({ tls: await authority.issue('registry.test') });
    const proxy = await startProxy(ACCOUNT, ['registry.test']);
    const address = server.address.replace('127.0.0.1', 'registry.test');
    const home = await homeFor(address, { authority: authority.certificate });
    const password = encodeURIComponent(ACCOUNT.password);
    const env = {
      SSL_CERT_FILE: authority.certificate,
      HTTPS_PROXY: `http://${ACCOUNT.username}:${password}@${proxy.address}`,
      NO_PROXY: '10.0.0.0/8,other.test',
    };
    return caseOf(address, home, true, ['--ca-file', authority.certificate], [server, proxy], { env });
  },
};

function caseOf(
  address: string,
  home: string,
  verify: boolean,
  oras: readonly string[],
  servers: readonly { stop(): Promise<void> }[],
  more: {
    readonly env?: Readonly<Record<string, string>>;
    readonly account?: boolean;
    readonly crane?: boolean;
  } = {},
): RegistryCase {
  const config = join(home, '.docker/config.json');
  return {
    address,
    env: { HOME: home, ...more.env },
    secrets: [ACCOUNT.password, encodeURIComponent(ACCOUNT.password)],
    verify,
    crane: more.crane ?? true,
    oras: [...oras, ...(more.account ? ['--registry-config', config] : [])],
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

/** A home with `certs.d` of containers and a log-in of Docker. */
async function homeFor(address: string, trust?: Trust, account?: Account): Promise<string> {
  const home = newFolder('home');
  const docker = join(home, '.docker');
  const certificates = join(home, '.config/containers/certs.d', address);
  for (const folder of [docker, certificates]) mkdirSync(folder, { recursive: true });
  if (trust !== undefined) {
    copyFileSync(trust.authority, join(certificates, 'ca.crt'));
    if (trust.client !== undefined) {
      copyFileSync(trust.client.certificate, join(certificates, 'client.cert'));
      copyFileSync(trust.client.key, join(certificates, 'client.key'));
    }
  } else {
    // An empty folder would say that the host speaks TLS.
    await run(['rmdir', certificates]);
  }
  if (account !== undefined) {
    const auth = Buffer.from(`${account.username}:${account.password}`).toString('base64');
    writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [address]: { auth } } }));
  }
  return home;
}

/** What oras finds hanging on an image, by the artifact types that the manifests have. */
export async function artifactTypes(registry: RegistryCase, reference: string): Promise<string[]> {
  const oras = (...args: [string, ...string[]]): Promise<string> =>
    run([join(PEERS, 'oras/usr/bin/oras'), ...args], { env: registry.env });
  const found = JSON.parse(await oras('discover', '--format', 'json', ...registry.oras, reference)) as Record<
    'referrers' | 'manifests',
    { digest: string }[] | undefined
  >;
  const repository = reference.replace(/@.*$/, '').replace(/:[^:/]+$/, '');
  const types = (found.referrers ?? found.manifests ?? []).map(async ({ digest }) => {
    // A list of referrers may name the type of the configuration instead.
    const text = await oras('manifest', 'fetch', ...registry.oras, `${repository}@${digest}`);
    return (JSON.parse(text) as { artifactType: string }).artifactType;
  });
  return Promise.all(types);
}

/** The digest that each of the readers gets for a tag. */
export async function digestsOf(registry: RegistryCase, tag: string): Promise<Record<string, string>> {
  const { env, verify, crane } = registry;
  const inspect = ['skopeo', 'inspect', '--no-tags', `--tls-verify=${verify}`, `docker://${tag}`] as const;
  const { Digest } = JSON.parse(await run(inspect, { env })) as { Digest: string };
  if (!crane) return { skopeo: Digest };
  return { skopeo: Digest, crane: await run([join(PEERS, 'crane/usr/bin/crane'), 'digest', tag], { env }) };
}
