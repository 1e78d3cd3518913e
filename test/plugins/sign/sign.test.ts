import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildInMemory } from '../../../core/testing/build-in-memory.ts';
import { temporaryFolder } from '../../oci/temporary.ts';

const { privateKey } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
});
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

describe('the plugin sign', () => {
  it('signs the index, each platform and each SBOM, and signs the same only once', async () => {
    const cacheDirectory = await temporaryFolder();
    const config = {
      plugins: [['sign', { key: 'env:KEY' }]],
      platforms: ['linux/amd64', 'linux/arm64'],
      sbom: true,
    } as const;
    const options = { env: { KEY: privateKey }, cacheDirectory };
    const first = await buildInMemory({}, config, options);
    expect(first.report.error).toBeNull();
    const { index, images, attachments } = first.report;
    const subjects = attachments.filter(({ type }) => type === BUNDLE).map(({ subject }) => subject);
    const sboms = attachments.filter(({ type }) => type !== BUNDLE).map(({ subject }) => subject);
    expect(subjects.sort()).toEqual([index?.digest, ...images.map(({ digest }) => digest), ...sboms].sort());
    const second = await buildInMemory({}, config, options);
    expect(second.report.attachments).toEqual(attachments);
  });

  it('says what is wrong with a key, and never the key', async () => {
    const cases = {
      'env:NONE': 'PYC_SIGNING_KEY',
      'missing.key': 'PYC_SIGNING_KEY',
      'env:WRONG': 'PYC_SIGNING_KEY',
      'env:SMALL': 'PYC_SIGNING_KEY',
      'command:/nowhere/signer': 'PYC_SIGNER',
      [privateKey]: 'PYC_SIGNING_KEY',
    };
    const { privateKey: small } = generateKeyPairSync('rsa', {
      modulusLength: 1024,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const env = { WRONG: privateKey.replace(/\n[^\n]+\n/, '\nAAAA\n'), SMALL: small };
    for (const [key, code] of Object.entries(cases)) {
      const { report } = await buildInMemory({}, { plugins: [['sign', { key }]] }, { env });
      expect([key, report.error?.code]).toEqual([key, code]);
      expect(JSON.stringify(report)).not.toContain(privateKey.split('\n')[1]);
    }
  });

  it('signs by a command', async () => {
    const folder = await temporaryFolder();
    const file = `${folder}/signer.mjs`;
    writeFileSync(
      file,
      `import { createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
const key = process.env.KEY;
process.stdout.write(process.argv[2] === 'sign'
  ? sign('sha256', readFileSync(0), key).toString('base64')
  : createPublicKey(key).export({ type: 'spki', format: 'pem' }));`,
    );
    const { report } = await buildInMemory(
      {},
      { plugins: [['sign', { key: `command:${process.execPath} ${file}` }]] },
      { env: { KEY: privateKey } },
    );
    expect(report.error).toBeNull();
    expect(report.attachments).toHaveLength(1);
  });
});
