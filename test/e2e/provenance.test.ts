/** Provenance as others read it: signed, by cosign; in the index, by buildx. And images that are built again from it. */
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RebuildReport } from 'pycontainer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from './harness/docker-registry.ts';
import { type Command, run } from './harness/processes.ts';
import { build, pyc } from './harness/pyc.ts';
import { copyExample, newFolder, PEERS } from './harness/workspace.ts';

const COSIGN = join(PEERS, 'cosign/usr/bin/cosign');
const BUILDX = join(PEERS, 'docker-buildx/usr/libexec/docker/cli-plugins/docker-buildx');
const SECRET = 'hunter2-hunter2';

let registry: DockerRegistry;
/** A copy of the example that was built, and the image in the registry. */
let project: string;
let image: string;
/** The public key's file. */
let key: string;

beforeAll(async () => {
  registry = await startRegistry();
  project = copyExample('fastapi');
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  key = join(newFolder('key'), 'key.pub');
  writeFileSync(key, publicKey);
  writeFileSync(
    join(project, 'pycontainer.toml'),
    [
      'base = "apt:trixie"',
      'plugins = [["provenance", { buildkit = true }], ["sign", { key = "env:SIGNING_KEY" }]]',
      `env = { API_TOKEN = "${SECRET}", QUEUE = "amqp://shop:${SECRET}@queue/" }`,
    ].join('\n'),
  );
  const env = { SIGNING_KEY: privateKey, SOURCE_DATE_EPOCH: '1700000000' };
  const tag = `localhost:${registry.address.split(':')[1]}/shop/api:1`;
  const { report } = await build([project, '--tag', tag, '--push'], { env });
  image = report.index === null ? '' : tag;
});

afterAll(async () => {
  await registry?.stop();
});

describe('provenance', () => {
  test('is an attestation for cosign', async () => {
    const text = await run([
      ...([COSIGN, 'verify-attestation', '--key', key] as const),
      ...['--type', 'slsaprovenance1', '--insecure-ignore-tlog=true', '--allow-http-registry', image],
    ] as unknown as Command);
    const { payload } = JSON.parse(text.split('\n').find((line) => line.startsWith('{')) ?? '{}') as {
      payload: string;
    };
    const statement = JSON.parse(Buffer.from(payload, 'base64').toString()) as {
      predicateType: string;
      predicate: object;
    };
    expect(statement.predicateType).toBe('https://slsa.dev/provenance/v1');
    expect(Object.keys(statement.predicate)).toEqual(['buildDefinition', 'runDetails']);
  });

  test('is shown by buildx', async () => {
    const inspect = [BUILDX, 'imagetools', 'inspect', '--format', '{{json .Provenance}}', image] as const;
    const shown = JSON.parse(
      await run(inspect as unknown as Command, { env: { HOME: newFolder('home') } }),
    ) as {
      readonly SLSA: {
        readonly buildDefinition: { readonly resolvedDependencies: readonly { readonly name: string }[] };
      };
    };
    const names = shown.SLSA.buildDefinition.resolvedDependencies.map(({ name }) => name);
    expect(names).toContain('uv.lock');
    expect(names.some((name) => /^fastapi-.*\.whl$/.test(name))).toBe(true);
  });

  test('tells no secret', async () => {
    const layout = join(newFolder('copy'), 'image');
    const { code, stderr } = await pyc(['copy', image, `layout:${layout}`]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const blobs = join(layout, 'blobs/sha256');
    const statements = readdirSync(blobs)
      .map((name) => readFileSync(join(blobs, name), 'latin1'))
      .filter((text) => text.startsWith('{') && text.includes('slsa.dev/provenance'));
    expect(statements.length).toBeGreaterThan(2);
    expect(statements.filter((text) => text.includes(SECRET) || text.includes(project))).toEqual([]);
  });
});

describe('building again', () => {
  const rebuild = async (folder: string, store: string): Promise<RebuildReport> => {
    const { stdout } = await pyc(['verify', '--rebuild', image, folder, '--json'], { store });
    return JSON.parse(stdout) as RebuildReport;
  };

  test('gives the same elsewhere, and names a file that is another', async () => {
    const elsewhere = copyExample('fastapi');
    writeFileSync(join(elsewhere, 'pycontainer.toml'), readFileSync(join(project, 'pycontainer.toml')));
    const store = newFolder('store');
    const same = await rebuild(elsewhere, store);
    expect(same.error).toBeNull();
    expect(same.images.map(({ equal }) => equal)).toEqual([true]);
    writeFileSync(join(elsewhere, 'notes.txt'), 'new');
    const other = await rebuild(elsewhere, store);
    expect(other.error?.code).toBe('PYC_REBUILD_DIFFERS');
    const [{ difference }] = other.images as [RebuildReport['images'][0]];
    expect(difference?.files?.added.map(({ path }) => path.split('/').at(-1))).toEqual(['notes.txt']);
    appendFileSync(join(elsewhere, 'uv.lock'), '\n');
    expect((await rebuild(elsewhere, store)).error?.code).toBe('PYC_REBUILD_CHECKOUT_DIFFERS');
  });
});
