/**
 * What is trusted at one host alone, and what this side shows there: the `certs.d` folders of containers and Docker
 * (containers-certs.d(5)). Which requests they are for is the client's business.
 */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_REGISTRY, DEFAULT_REGISTRY_HOST } from '../primitives/defaults.ts';
import { messageOf, PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';

/**
 * The certificates that a `certs.d` folder has for a host cannot be used: a file cannot be read or is no PEM, or a client
 * certificate lacks its key. A certificate authority is named `*.crt`; a client certificate and its key are `NAME.cert`
 * and `NAME.key`.
 */
export class HostCertificateError extends PycError {
  readonly code = 'PYC_HTTP_HOST_CERTIFICATE';
  override readonly exitCode = 2;
}

/** PEM texts. */
export interface HostCertificates {
  readonly folder: string;
  /** Authorities that are trusted besides the runtime's own. */
  readonly authorities: readonly string[];
  readonly client: readonly { readonly certificate: string; readonly key: string }[];
}

export interface HostCertificateFolders {
  /** The hosts that have a folder, as the folders write them but in lower case. */
  hosts(): Promise<ReadonlySet<string>>;
  /** Those that a host has a folder for. @param host as URLs write it: `registry.test`, `localhost:5000`, `[::1]:5000` */
  folderOf(host: string): Promise<string | undefined>;
  /** @throws HostCertificateError */
  read(host: string): Promise<HostCertificates | undefined>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where hosts have their folders; the first that has one for a host is the only one that is read. */
export function certificateFolders(env: Environment): string[] {
  const home = env.HOME || homedir();
  const config = env.XDG_CONFIG_HOME || join(home, '.config');
  return [
    join(config, 'containers'),
    '/etc/containers',
    env.DOCKER_CONFIG || join(home, '.docker'),
    join(config, 'docker'),
    '/etc/docker',
  ].map((folder) => join(folder, 'certs.d'));
}

/** Folders are listed once, when the first host is asked for. */
export function createHostCertificates(env: Environment): HostCertificateFolders {
  let listed: Promise<ReadonlyMap<string, string>> | undefined;
  const list = (): Promise<ReadonlyMap<string, string>> => {
    listed ??= listHosts(certificateFolders(env));
    return listed;
  };
  const folderOf = async (host: string): Promise<string | undefined> => {
    const hosts = await list();
    const folder = namesOf(host).find((name) => hosts.has(name));
    return folder === undefined ? undefined : hosts.get(folder);
  };
  return {
    hosts: async () => new Set((await list()).keys()),
    folderOf,
    async read(host) {
      const folder = await folderOf(host);
      return folder === undefined ? undefined : readFolder(folder, host);
    },
  };
}

async function listHosts(places: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const lists = await Promise.all(
    // What is not there, or not for this user to see, says nothing.
    places.map((place) => readdir(place, { withFileTypes: true }).catch(() => [])),
  );
  const hosts = new Map<string, string>();
  for (const [index, entries] of lists.entries()) {
    for (const entry of entries) {
      const host = entry.name.toLowerCase();
      if ((entry.isDirectory() || entry.isSymbolicLink()) && !hosts.has(host))
        hosts.set(host, join(places[index]!, entry.name));
    }
  }
  return hosts;
}

/** A URL leaves the port of its scheme out, and Docker Hub is served by another host than it is named by. */
function namesOf(host: string): string[] {
  const name = host.toLowerCase();
  const names = [name, ...(/:\d+$/.test(name) ? [] : [`${name}:443`])];
  return name === DEFAULT_REGISTRY_HOST ? [...names, DEFAULT_REGISTRY] : names;
}

async function readFolder(folder: string, host: string): Promise<HostCertificates> {
  const refuse = (why: string, cause?: unknown): HostCertificateError =>
    new HostCertificateError(
      `the certificates for \`${visible(host)}\` in \`${visible(folder)}\` cannot be used: ${why}`,
      {
        hint: 'authorities are `*.crt`, a client certificate and its key `NAME.cert` and `NAME.key`, all PEM',
        cause,
      },
    );
  const read = async (name: string): Promise<string> => {
    let text: string;
    try {
      text = await readFile(join(folder, name), 'utf8');
    } catch (cause) {
      throw refuse(messageOf(cause), cause);
    }
    if (!text.includes('-----BEGIN ')) throw refuse(`\`${visible(name)}\` is no PEM`);
    return text;
  };
  const names = (
    await readdir(folder).catch((cause: unknown) => {
      throw refuse(messageOf(cause), cause);
    })
  ).sort();
  const stemsOf = (ending: string): string[] =>
    names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
  const certificates = stemsOf('.cert');
  const keys = stemsOf('.key');
  const keyless = certificates.find((stem) => !keys.includes(stem));
  if (keyless !== undefined) throw refuse(`\`${visible(keyless)}.cert\` has no \`${visible(keyless)}.key\``);
  const unused = keys.find((stem) => !certificates.includes(stem));
  if (unused !== undefined) throw refuse(`\`${visible(unused)}.key\` has no \`${visible(unused)}.cert\``);
  return {
    folder,
    authorities: await Promise.all(stemsOf('.crt').map((stem) => read(`${stem}.crt`))),
    client: await Promise.all(
      certificates.map(async (stem) => ({
        certificate: await read(`${stem}.cert`),
        key: await read(`${stem}.key`),
      })),
    ),
  };
}
