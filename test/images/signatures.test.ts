import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ImageOptions } from '../../core/image-session.ts';
import { copyImage } from '../../core/images.ts';
import { buildReferrer } from '../../core/oci/build-image.ts';
import type { Descriptor } from '../../core/oci/image.ts';
import { writeLayoutEntries } from '../../core/oci/layout.ts';
import { referrerBlobs } from '../../core/oci/output.ts';
import type { Digest } from '../../core/primitives/digest.ts';
import { BUNDLE_TYPE, keyBundles } from '../../core/signature/bundle.ts';
import { openSigner } from '../../core/signature/key-place.ts';
import { SIGNATURE_PREDICATE, statementOf } from '../../core/signature/statement.ts';
import { attestImage, signImage, verifyImage } from '../../core/signatures.ts';
import { registry } from '../registry/images.ts';
import { hostOf, options, sampleLayout } from './places.ts';

const signal = new AbortController().signal;

function pair(): { PRIVATE: string; PUBLIC: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { PRIVATE: privateKey, PUBLIC: publicKey };
}

const KEYS = pair();

async function signing(): Promise<ImageOptions> {
  const run = await options();
  return { ...run, env: { ...run.env, ...KEYS, OTHER: pair().PUBLIC } };
}

describe('a signature', () => {
  it('of an index and its images is verified, by its key alone, and made once', async () => {
    const { spec, digest, images } = await sampleLayout();
    const run = await signing();
    const signed = await signImage({ ...run, image: spec, key: 'env:PRIVATE' });
    expect(signed.error).toBeNull();
    const digests = images.map(({ manifest }) => manifest.descriptor.digest);
    expect(signed.signatures.map(({ subject }) => subject)).toEqual([digest, ...digests]);
    for (const platform of [undefined, 'linux/amd64', 'linux/arm64']) {
      const report = await verifyImage({ ...run, image: spec, key: 'env:PUBLIC', platform });
      expect(report.error).toBeNull();
      expect(report.verified).toMatchObject([{ predicateType: SIGNATURE_PREDICATE }]);
    }
    const refused = await verifyImage({ ...run, image: spec, key: 'env:OTHER' });
    expect(refused.error).toMatchObject({ code: 'PYC_SIGNATURE', exitCode: 1 });
    const again = await signImage({ ...run, image: spec, key: 'env:PRIVATE' });
    expect(again.signatures).toEqual(signed.signatures);
  });

  it('is one only with the predicate that is demanded, about this very image', async () => {
    const { spec, directory, digest } = await sampleLayout();
    const run = await signing();
    const bundles = await keyBundles(
      await openSigner('env:PRIVATE', { cwd: '/', env: KEYS, signal }),
      signal,
    );
    const other = `sha256:${'0'.repeat(64)}` as Digest;
    const subject: Descriptor = {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: digest as Digest,
      size: 1,
    };
    const good = await bundles.bundle(statementOf(subject.digest, 'https://example.com/other', {}), signal);
    const whole = JSON.parse(Buffer.from(good).toString()) as { dsseEnvelope: { payload: string } };
    const forged = {
      ...whole,
      dsseEnvelope: { ...whole.dsseEnvelope, payload: Buffer.from('{}').toString('base64') },
    };
    const cases: readonly (readonly [Uint8Array, string | RegExp])[] = [
      [
        await bundles.bundle(statementOf(other, SIGNATURE_PREDICATE, {}), signal),
        'it is about another image',
      ],
      [good.subarray(0, good.length - 20), /is no JSON/],
      [Buffer.from('{}'), /is no Sigstore bundle/],
      [
        Buffer.from(JSON.stringify({ ...whole, mediaType: 'application/vnd.dev.sigstore.bundle.v9+json' })),
        /`mediaType`/,
      ],
      [Buffer.from(JSON.stringify(forged)), /not signed by this key/],
      [await bundles.bundle(Buffer.from('no statement'), signal), /is no JSON/],
      [await bundles.bundle(Buffer.from('{"_type":"x"}'), signal), /no in-toto statement/],
    ];
    const referrers = [...cases.map(([bytes]) => bytes), good].map((bytes) =>
      buildReferrer({ artifactType: BUNDLE_TYPE, mediaType: BUNDLE_TYPE, bytes, subject: digest }, subject),
    );
    await writeLayoutEntries(
      directory,
      {
        blobs: referrerBlobs(referrers),
        root: subject,
        tags: [],
        referrers: referrers.map(({ manifest }) => manifest.descriptor),
      },
      { signal },
    );
    const report = await verifyImage({ ...run, image: spec, key: 'env:PUBLIC' });
    expect(report.error?.code).toBe('PYC_SIGNATURE');
    const refused = report.error?.details as { reason: string; digest: string }[];
    const mismatches = cases.flatMap(([, reason], at) => {
      const found =
        refused.find((one) => one.digest === referrers[at]!.manifest.descriptor.digest)?.reason ?? '';
      const fits = typeof reason === 'string' ? found === reason : reason.test(found);
      return fits ? [] : [[String(reason), found]];
    });
    expect(mismatches).toEqual([]);
    expect(refused).toHaveLength(cases.length);
    const otherType = await verifyImage({
      ...run,
      image: spec,
      key: 'env:PUBLIC',
      types: ['https://example.com/other'],
    });
    expect(otherType.error).toBeNull();
    expect(otherType.verified).toHaveLength(1);
  });

  it('is not lost where many attest at once in a registry that lists no referrers', async () => {
    const { spec } = await sampleLayout();
    const server = await registry({ referrers: false });
    const run = await signing();
    const image = `${hostOf(server)}/me/shop:1.0`;
    await copyImage({ ...run, source: spec, destination: image, referrers: false });
    const file = join(run.cwd!, 'predicate.json');
    writeFileSync(file, '{}');
    const types = [1, 2, 3, 4].map((number) => `https://example.com/${number}`);
    const reports = await Promise.all(
      types.map((type) => attestImage({ ...run, image, key: 'env:PRIVATE', predicate: file, type })),
    );
    expect(reports.map(({ error }) => error)).toEqual(types.map(() => null));
    const verified = await verifyImage({ ...run, image, key: 'env:PUBLIC', types });
    expect(verified.error).toBeNull();
    expect(verified.verified.map(({ predicateType }) => predicateType).sort()).toEqual(types);
  });

  it('is refused with what is wrong about keys, documents and places', async () => {
    const { spec, directory } = await sampleLayout();
    const run = await signing();
    const file = join(run.cwd!, 'broken.json');
    writeFileSync(file, '{"a":');
    const archive = join(run.cwd!, 'image.tar');
    await copyImage({ ...run, source: spec, destination: `archive:${archive}` });
    const attest = { ...run, image: spec, key: 'env:PRIVATE', predicate: file };
    const outcomes = await Promise.all([
      signImage({ ...run, image: `archive:${archive}`, key: 'env:PRIVATE' }),
      signImage({ ...run, image: spec }),
      signImage({ ...run, image: spec, key: 'env:PUBLIC' }),
      verifyImage({ ...run, image: spec, key: 'env:PRIVATE' }),
      verifyImage({ ...run, image: spec }),
      verifyImage({ ...run, image: spec, key: 'env:PUBLIC', types: ['what'] }),
      attestImage({ ...attest, type: 'cyclonedx' }),
      attestImage({ ...attest, type: 'no type' }),
      attestImage(attest),
      attestImage({ ...attest, predicate: join(directory, 'missing') }),
    ]);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      'PYC_IMAGE_SPEC_INVALID',
      'PYC_SIGNING_KEY',
      'PYC_SIGNING_KEY',
      'PYC_SIGNING_KEY',
      'PYC_SIGNING_KEY',
      'PYC_PREDICATE',
      'PYC_PREDICATE',
      'PYC_PREDICATE',
      'PYC_PREDICATE',
      'PYC_PREDICATE',
    ]);
    for (const { error } of outcomes) expect(error?.hint).toBeTruthy();
    expect(JSON.stringify(outcomes)).not.toContain(KEYS.PRIVATE.split('\n')[1]);
  });
});
