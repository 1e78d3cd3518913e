/** Signatures and attestations beside cosign, on registries with and without a list of referrers: each accepts what the other signed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerifyReport } from 'pycontainer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempt, type Ended, run } from './harness/processes.ts';
import { build, cleanEnvironment, pyc } from './harness/pyc.ts';
import { type RegistryServer, startDistribution, startReferrersRegistry } from './harness/registries.ts';
import { copyExample, newFolder, PEERS } from './harness/workspace.ts';

const COSIGN = join(PEERS, 'cosign/usr/bin/cosign');
const PASSPHRASE = 'correct horse: battery';
/** A base without files: two platforms cost nothing. */
const PORTABLE = ['--base', 'scratch', '--python', '3.12.7', '--libc', 'glibc-2.36'];
const OFFLINE = ['--insecure-ignore-tlog=true', '--allow-http-registry'];
const SIGNING = ['--tlog-upload=false', '--use-signing-config=false', '--allow-http-registry', '--yes'];
const CUSTOM = 'https://example.com/scan/v1';

let keys: string;
const env = { COSIGN_PASSWORD: PASSPHRASE };

function cosign(...args: readonly string[]): Promise<Ended> {
  return attempt([COSIGN, ...args], { cwd: keys, env: { ...cleanEnvironment(), ...env } });
}

beforeAll(async () => {
  keys = newFolder('keys');
  for (const name of ['cosign', 'other']) {
    expect(await cosign('generate-key-pair', '--output-key-prefix', name)).toMatchObject({ code: 0 });
  }
  writeFileSync(join(keys, 'scan.json'), '{"findings":[]}');
  await run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', join(keys, 'ed25519.key')]);
  await run([
    'openssl',
    'pkey',
    '-in',
    join(keys, 'ed25519.key'),
    '-pubout',
    '-out',
    join(keys, 'ed25519.pub'),
  ]);
});

describe.each([
  ['docker-registry 2.8', () => startDistribution({ version: '2.8' })],
  ['distribution 3', () => startDistribution()],
  ['a registry that lists referrers', startReferrersRegistry],
] as const)('%s', (_, start) => {
  let registry: RegistryServer;
  let tag: string;
  let platforms: string[];

  async function verified(...args: readonly string[]): Promise<VerifyReport> {
    const { stdout } = await pyc(['verify', tag, '--json', ...args], { cwd: keys, env });
    return JSON.parse(stdout) as VerifyReport;
  }

  beforeAll(async () => {
    registry = await start();
    tag = `${registry.address}/team/app:1.0`;
    const project = copyExample('script');
    const file = join(project, 'pycontainer.toml');
    writeFileSync(
      file,
      `plugins = [["sign", { key = "${join(keys, 'cosign.key')}" }]]\n${readFileSync(file, 'utf8')}`,
    );
    const args = [project, ...PORTABLE, '--platform', 'linux/amd64,linux/arm64', '--tag', tag, '--push'];
    const { report, stderr } = await build(args, { env });
    platforms = report.images.map(({ digest }) => `${registry.address}/team/app@${digest}`);
    expect(`${stderr}${JSON.stringify(report)}`).not.toContain(PASSPHRASE);
    const again = await build(args, { env });
    expect(again.report.outputs[0]).toMatchObject({ bytesUploaded: 0, blobsUploaded: 0 });
  });

  afterAll(() => registry?.stop());

  test('what a build signed, cosign verifies: the index, each platform, and their SBOMs', async () => {
    for (const image of [tag, ...platforms]) {
      expect(await cosign('verify', '--key', 'cosign.pub', ...OFFLINE, image)).toMatchObject({ code: 0 });
      expect(await cosign('verify', '--key', 'other.pub', ...OFFLINE, image)).not.toMatchObject({ code: 0 });
    }
    const attestation = ['verify-attestation', '--type', 'cyclonedx', '--key', 'cosign.pub', ...OFFLINE];
    expect(await cosign(...attestation, platforms[0]!)).toMatchObject({ code: 0 });
  });

  test('what cosign signed and attested is verified, by its key and its predicate alone', async () => {
    expect((await verified('--key', 'other.pub')).error).toMatchObject({ code: 'PYC_SIGNATURE' });
    const sign = ['--key', 'other.key', ...SIGNING];
    expect(await cosign('sign', ...sign, tag)).toMatchObject({ code: 0 });
    expect(await cosign('attest', '--predicate', 'scan.json', '--type', CUSTOM, ...sign, tag)).toMatchObject({
      code: 0,
    });
    const report = await verified('--key', 'other.pub', '--type', 'signature', '--type', CUSTOM);
    expect(report.error).toBeNull();
    const missing = await verified('--key', 'other.pub', '--type', 'cyclonedx');
    expect(missing.error).toMatchObject({ code: 'PYC_SIGNATURE', exitCode: 1 });
  });

  test('two that attest at once lose nothing, and cosign finds both', async () => {
    const types = ['https://example.com/a', 'https://example.com/b'];
    const attest = (type: string): Promise<Ended> =>
      pyc(['attest', tag, '--predicate', 'scan.json', '--type', type, '--key', 'ed25519.key'], { cwd: keys });
    expect(await Promise.all(types.map(attest))).toMatchObject([{ code: 0 }, { code: 0 }]);
    const report = await verified('--key', 'ed25519.pub', ...types.flatMap((type) => ['--type', type]));
    expect(report.error).toBeNull();
    for (const type of types) {
      const args = ['verify-attestation', '--type', type, '--key', 'ed25519.pub', ...OFFLINE, tag];
      expect(await cosign(...args)).toMatchObject({ code: 0 });
    }
  });
});
