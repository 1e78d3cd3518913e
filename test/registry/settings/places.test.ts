import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpClient } from '../../../core/http/client.ts';
import { parseReference } from '../../../core/oci/reference.ts';
import type { Log } from '../../../core/primitives/log.ts';
import { createRegistryClient, type RegistryClient } from '../../../core/registry/client.ts';
import type { CredentialSource } from '../../../core/registry/credentials.ts';
import { push } from '../../../core/registry/push.ts';
import { openRegistryImage } from '../../../core/registry/registry-image.ts';
import { loadPlaces } from '../../../core/registry/settings/load.ts';
import { listTags } from '../../../core/registry/tags.ts';
import type { FakeRegistry } from '../../../core/testing/fake-registry.ts';
import { CERTIFICATE, KEY } from '../../http/certificate.ts';
import {
  AMD64,
  client,
  codeOf,
  http,
  image,
  reference,
  registry,
  store,
  temporaryFolder,
} from '../images.ts';

const { signal } = new AbortController();

interface Host {
  readonly registries: RegistryClient;
  /** What `--verbose` prints. */
  readonly said: string[];
}

/** A host whose home has these files. */
async function hostWith(
  files: Readonly<Record<string, string>>,
  options: { env?: Readonly<Record<string, string>>; http?: HttpClient; credentials?: CredentialSource } = {},
): Promise<Host> {
  const home = await temporaryFolder();
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, name)), { recursive: true });
    await writeFile(join(home, name), text);
  }
  const said: string[] = [];
  const log: Log = { info() {}, warn() {}, progress() {}, debug: (text) => said.push(text) };
  const stated = Object.entries(options.env ?? {}).map(([name, value]) => [name, join(home, value)]);
  const env = { HOME: home, ...Object.fromEntries(stated) };
  const registries = createRegistryClient({
    http: options.http ?? http({ env }),
    log,
    places: await loadPlaces(env, log),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });
  return { registries, said };
}

const WRONG = `sha256:${'0'.repeat(64)}`;
const CONF = '.config/containers/registries.conf';

/** `example.test/team` lies at a registry, with mirrors before it. */
function rule(location: string, mirrors: readonly string[]): string {
  const tables = mirrors.map((mirror) => `[[registry.mirror]]\n${mirror}\n`);
  return `[[registry]]\nprefix = "example.test/team"\nlocation = "${location}"\n${tables.join('')}`;
}

const at = (server: FakeRegistry, path: string, more = ''): string =>
  `location = "${server.host}/${path}"\n${more}`;

/** Puts one image into repositories of several registries. */
async function put(...names: readonly (readonly [FakeRegistry, string])[]): Promise<void> {
  for (const [server, name] of names) {
    await push(
      { target: reference(server, name), images: [image(['one', 'two'])], referrers: [] },
      { client: client(), signal },
    );
    server.requests.length = 0;
  }
}

/** Reads an image to its last layer; says where it was read from. */
async function readFrom({ registries }: Host, name = 'example.test/team/app:1'): Promise<string> {
  const options = { client: registries, store: await store(), signal };
  const opened = await openRegistryImage(parseReference(name), AMD64, options);
  for (const layer of opened.layers) for await (const _ of await layer.open(signal));
  const { host, repository } = opened.layers[0]?.registry ?? {};
  return `${host}/${repository}`;
}

const methods = (server: FakeRegistry): string[] => [...new Set(server.requests.map(({ method }) => method))];

describe('an image with mirrors', () => {
  it('is read from the first that has it, whole', async () => {
    const [empty, full, own] = [await registry(), await registry(), await registry()];
    await put([full, 'copies/app:1'], [own, 'real/app:1']);
    const conf = rule(`${own.host}/real`, [at(empty, 'copies'), at(full, 'copies')]);
    const host = await hostWith({ [CONF]: conf });
    expect(await readFrom(host)).toBe(`${full.host}/copies/app`);
    expect(own.requests).toEqual([]);
    expect(empty.requests.every(({ path }) => path.includes('/manifests/'))).toBe(true);
    expect(host.said.join('\n')).toContain(CONF);
  });

  it('is read from its own place where no mirror answers, and they are asked once', async () => {
    const [gone, own] = [await registry(), await registry()];
    await put([own, 'real/app:1'], [own, 'real/app:2']);
    await gone.close();
    const host = await hostWith({ [CONF]: rule(`${own.host}/real`, [at(gone, 'copies')]) });
    expect(await readFrom(host)).toBe(`${own.host}/real/app`);
    const sent = host.said.filter((text) => text.includes('left out')).length;
    expect(await readFrom(host, 'example.test/team/app:2')).toBe(`${own.host}/real/app`);
    expect(host.said.filter((text) => text.includes('left out'))).toHaveLength(sent);
  });

  it('has its layers read from its own place where the mirror lost them', async () => {
    const [mirror, own] = [await registry(), await registry()];
    await put([mirror, 'copies/app:1'], [own, 'real/app:1']);
    mirror.fault = ({ path, method }) =>
      method === 'GET' && path.includes('/blobs/') ? { status: 404 } : undefined;
    await readFrom(await hostWith({ [CONF]: rule(`${own.host}/real`, [at(mirror, 'copies')]) }));
    expect(own.requests.some(({ path }) => path.includes('/blobs/'))).toBe(true);
  });

  it('is asked for by tag or by digest where mirrors say so', async () => {
    const [tags, digests, own] = [await registry(), await registry(), await registry()];
    await put([own, 'real/app:1'], [digests, 'd/app:1']);
    const mirrors = [
      at(tags, 't', 'pull-from-mirror = "tag-only"'),
      at(digests, 'd', 'pull-from-mirror = "digest-only"'),
    ];
    const { registries } = await hostWith({ [CONF]: rule(`${own.host}/real`, mirrors) });
    const repository = registries.repository(parseReference('example.test/team/app'));
    const found = await repository.findManifest('1');
    expect(repository.host).toBe(own.host);
    await repository.readManifest(found!.digest);
    expect(repository.host).toBe(digests.host);
    expect(tags.requests.map(({ path }) => path)).toEqual(['/v2/t/app/manifests/1']);
  });

  it('is pushed where its name says, and has its tags listed where it is read from', async () => {
    const [named, mirror, elsewhere] = [await registry(), await registry(), await registry()];
    await put([mirror, 'copies/app:0'], [elsewhere, 'real/app:2']);
    const conf = `[[registry]]\nprefix = "${named.host}/team"\nlocation = "${elsewhere.host}/real"
[[registry.mirror]]\n${at(mirror, 'copies')}`;
    const { registries } = await hostWith({ [CONF]: conf });
    const target = reference(named, 'team/app:1');
    await push({ target, images: [image(['one'])], referrers: [] }, { client: registries, signal });
    expect([...named.repository('team/app').tags.keys()]).toEqual(['1']);
    expect([mirror.requests, elsewhere.requests]).toEqual([[], []]);
    expect(await listTags(registries.repository(target), signal)).toEqual(['2']);
  });

  it('is read from the next place where a mirror gives something else, breaks off, or is of before 2016', async () => {
    const schema1 = { 'content-type': 'application/vnd.docker.distribution.manifest.v1+json' };
    const faults: readonly FakeRegistry['fault'][] = [
      ({ path }) =>
        path.includes('/manifests/')
          ? { status: 200, body: '{}', headers: { 'docker-content-digest': WRONG } }
          : undefined,
      ({ path, method }) =>
        method === 'GET' && path.includes('/manifests/') ? { status: 200, body: '{}', cutAt: 1 } : undefined,
      ({ path }) =>
        path.includes('/manifests/') ? { status: 200, body: '{}', headers: schema1 } : undefined,
    ];
    for (const fault of faults) {
      const [mirror, own] = [await registry(), await registry()];
      await put([mirror, 'copies/app:1'], [own, 'real/app:1']);
      mirror.fault = fault;
      const host = await hostWith({ [CONF]: rule(`${own.host}/real`, [at(mirror, 'copies')]) });
      expect(await readFrom(host)).toBe(`${own.host}/real/app`);
      expect(host.said.join('\n')).toContain(`${mirror.host}/copies/app is left out`);
    }
  });

  it('is named by an error beside the place that it is read from', async () => {
    const own = await registry();
    const { registries } = await hostWith({ [CONF]: rule(`${own.host}/real`, []) });
    const asked = registries.repository(parseReference('example.test/team/app')).readManifest('1');
    await expect(asked).rejects.toThrow(
      `\`example.test/team/app\`, which is read from \`${own.host}/real/app\`: reading \`1\` failed`,
    );
  });

  it('gets the credentials of the host that is spoken to', async () => {
    const access = { kind: 'basic', username: 'me', password: 'pw' } as const;
    const [mirror, own] = [await registry({ access }), await registry()];
    await put([own, 'real/app:1']);
    const asked = new Set<string>();
    const credentials: CredentialSource = async (host) => {
      asked.add(host);
      return undefined;
    };
    const conf = rule(`${own.host}/real`, [at(mirror, 'copies')]);
    expect(await readFrom(await hostWith({ [CONF]: conf }, { credentials }))).toBe(`${own.host}/real/app`);
    expect([...asked]).toEqual([mirror.host]);
  });
});

describe('a registry that is blocked', () => {
  it('is not asked for anything', async () => {
    const server = await registry();
    const { registries } = await hostWith({
      [CONF]: `[[registry]]\nlocation = "${server.host}/bad"\nblocked = true`,
    });
    expect(() => registries.repository(reference(server, 'bad/app'))).toThrow(
      expect.objectContaining({ code: 'PYC_REGISTRY_BLOCKED', exitCode: 2 }),
    );
    expect(server.requests).toEqual([]);
  });
});

describe('an insecure registry', () => {
  const insecure = (server: FakeRegistry): Record<string, string> => ({
    [CONF]: `[[registry]]\nlocation = "${server.host}"\ninsecure = true`,
  });

  it('is spoken to over TLS with whatever certificate, and over http where it speaks none', async () => {
    const secure = await registry({ tls: { cert: CERTIFICATE, key: KEY } });
    const plain = await registry();
    for (const server of [secure, plain]) {
      const { registries } = await hostWith(insecure(server));
      const target = reference(server, 'app:1');
      await push({ target, images: [image(['one'])], referrers: [] }, { client: registries, signal });
      expect(registries.repository(target).host).toBe(server.host);
      expect(methods(server)).toContain('PUT');
    }
  });

  it('of this machine speaks TLS where a folder of certificates, or `insecure = false`, says so', async () => {
    const server = await registry({ tls: { cert: CERTIFICATE, key: KEY } });
    const name = reference(server, 'app:1');
    const folder = { [`.config/containers/certs.d/${server.host}/ca.crt`]: CERTIFICATE };
    const trusted = await hostWith(folder);
    expect(await trusted.registries.repository(name).findManifest('1')).toBeUndefined();
    const strict = { [CONF]: `[[registry]]\nlocation = "${server.host}"\ninsecure = false` };
    const distrusted = await hostWith(strict);
    expect(await codeOf(distrusted.registries.repository(name).findManifest('1'))).toBe(
      'PYC_HTTP_CERTIFICATE',
    );
  });
});

describe('a registry of this machine that refuses http', () => {
  it('is said to speak TLS perhaps', async () => {
    const server = await registry();
    server.fault = () => ({ status: 400, body: 'Client sent an HTTP request to an HTTPS server.' });
    const asked = client().repository(reference(server, 'app')).findManifest('1');
    await expect(asked).rejects.toMatchObject({
      code: 'PYC_REGISTRY_STATUS',
      hint: expect.stringContaining(`certs.d/${server.host}`),
    });
  });
});

describe('files', () => {
  const blocking = (host: string): string => `[[registry]]\nlocation = "${host}"\nblocked = true\n`;
  /** Which of the hosts may be used. */
  const allowed = async (
    files: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Promise<string[]> => {
    const { registries } = await hostWith(files, { env });
    return ['a', 'b', 'c'].filter((name) => {
      try {
        registries.repository(parseReference(`${name}.test/x`));
        return true;
      } catch {
        return false;
      }
    });
  };
  const allowing = '[[registry]]\nlocation = "a.test"\nblocked = false\n';

  it('of a folder come after the main one, in order, the last word first', async () => {
    const folder = `${CONF}.d`;
    const a = blocking('a.test');
    expect(await allowed({ [CONF]: a, [`${folder}/1.conf`]: blocking('b.test') })).toEqual(['c']);
    expect(await allowed({ [CONF]: a, [`${folder}/1.conf`]: allowing })).toEqual(['a', 'b', 'c']);
    expect(await allowed({ [`${folder}/1.conf`]: allowing, [`${folder}/2.conf`]: a })).toEqual(['b', 'c']);
    expect(await allowed({ [CONF]: allowing, [`${folder}/1.txt`]: a })).toEqual(['a', 'b', 'c']);
  });

  it('are those that the environment names', async () => {
    const files = {
      [CONF]: blocking('a.test'),
      'other.conf': blocking('b.test'),
      'other.d/1.conf': blocking('c.test'),
      'xdg/containers/registries.conf': blocking('c.test'),
    };
    expect(await allowed(files)).toEqual(['b', 'c']);
    expect(await allowed(files, { CONTAINERS_REGISTRIES_CONF: 'other.conf' })).toEqual(['a', 'c']);
    expect(await allowed(files, { CONTAINERS_REGISTRIES_CONF_DIR: 'other.d' })).toEqual(['b']);
    expect(await allowed(files, { XDG_CONFIG_HOME: 'xdg' })).toEqual(['a', 'b']);
    expect(await codeOf(hostWith({}, { env: { CONTAINERS_REGISTRIES_CONF: 'missing' } }))).toBe(
      'PYC_REGISTRIES_CONF',
    );
  });

  it('that contradict each other about one place are refused', async () => {
    const twice =
      '[[registry]]\nlocation = "a.test"\n[[registry]]\nprefix = "b.test"\nlocation = "a.test"\ninsecure = true';
    expect(await codeOf(hostWith({ [CONF]: twice }))).toBe('PYC_REGISTRIES_CONF');
  });
});
