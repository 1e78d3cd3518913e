import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImageOptions } from '../../core/image-session.ts';
import { signImage, type VerifyOptions, verifyImage } from '../../core/signatures.ts';
import {
  type FakeSigstore,
  type FakeSigstoreOptions,
  startFakeSigstore,
} from '../../core/testing/sigstore/fake-sigstore.ts';
import { options, sampleLayout } from '../images/places.ts';

const IDENTITY = 'https://github.com/me/shop/.github/workflows/release.yml@refs/heads/main';
const ISSUER = 'https://token.actions.githubusercontent.com';

async function sigstore(how?: FakeSigstoreOptions): Promise<FakeSigstore> {
  const started = await startFakeSigstore(how);
  onTestFinished(() => started.close());
  return started;
}

/** Who demands a signature of the workflow, by the root of one Sigstore. */
function demandOf(run: ImageOptions, image: string, { trustedRoot }: FakeSigstore): VerifyOptions {
  const file = join(run.cwd!, `root-${Math.random()}.json`);
  writeFileSync(file, trustedRoot);
  return { ...run, image, identity: IDENTITY, issuer: ISSUER, trustedRoot: file };
}

function workflow({ identityService, secret }: FakeSigstore): Record<string, string> {
  return { ACTIONS_ID_TOKEN_REQUEST_URL: identityService, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret };
}

describe('a signature by an identity', () => {
  it('is made with one certificate a run, and verified without a request', async () => {
    const services = await sigstore();
    const { spec } = await sampleLayout();
    const run = await options();
    const { fulcio, rekor, timestamps } = services;
    for (const keyless of [
      { fulcio, rekor },
      { fulcio, rekor, timestamps },
    ]) {
      const signed = await signImage({
        ...run,
        env: { ...run.env, ...workflow(services) },
        image: spec,
        keyless,
      });
      expect(signed.error).toBeNull();
      expect(signed.signatures).toHaveLength(3);
      expect(JSON.stringify(signed)).not.toContain(services.secret);
    }
    const asked = services.requests.filter(({ path }) => path.startsWith('/api/v2/signingCert'));
    expect(asked).toHaveLength(2);
    const before = services.requests.length;
    const demand = demandOf(run, spec, services);
    const exact = await verifyImage({ ...demand, offline: true });
    expect(exact.error).toBeNull();
    expect(exact.refused).toEqual([]);
    expect(exact.verified).toMatchObject([
      { identity: IDENTITY, issuer: ISSUER, key: null },
      { identity: IDENTITY, issuer: ISSUER, key: null },
    ]);
    const { identity: _, issuer: __, ...rest } = demand;
    const patterns = { identityPattern: 'https://github\\.com/me/.+', issuerPattern: 'https://token\\..+' };
    expect((await verifyImage({ ...rest, ...patterns })).error).toBeNull();
    expect(services.requests).toHaveLength(before);
  });

  it('is refused for another identity, issuer or root, and where it is not said who is demanded', async () => {
    const [services, others] = [await sigstore(), await sigstore()];
    const { spec } = await sampleLayout();
    const run = await options();
    const env = {
      ...run.env,
      SIGSTORE_ID_TOKEN: services.token('me@example.com', 'https://accounts.example.com'),
    };
    const keyless = { fulcio: services.fulcio, rekor: services.rekor };
    expect((await signImage({ ...run, env, image: spec, keyless })).error).toBeNull();
    const demand = demandOf(run, spec, services);
    const good = { ...demand, identity: 'me@example.com', issuer: 'https://accounts.example.com' };
    const mixed = JSON.parse(services.trustedRoot) as Record<string, unknown>;
    const foreign = JSON.parse(others.trustedRoot) as Record<string, unknown>;
    const rootWith = (part: string): string => {
      const file = join(run.cwd!, `${part}.json`);
      writeFileSync(file, JSON.stringify({ ...mixed, [part]: foreign[part] }));
      return file;
    };
    const { identity: _, ...unnamed } = good;
    const cases: readonly (readonly [VerifyOptions, string | undefined])[] = [
      [good, undefined],
      [{ ...good, identity: 'you@example.com' }, 'PYC_SIGNATURE'],
      [{ ...unnamed, identityPattern: 'me' }, 'PYC_SIGNATURE'],
      [{ ...good, issuer: ISSUER }, 'PYC_SIGNATURE'],
      [{ ...good, trustedRoot: demandOf(run, spec, others).trustedRoot! }, 'PYC_SIGNATURE'],
      [{ ...good, trustedRoot: rootWith('tlogs') }, 'PYC_SIGNATURE'],
      [{ ...good, trustedRoot: rootWith('ctlogs') }, 'PYC_SIGNATURE'],
      [{ ...good, trustedRoot: rootWith('certificateAuthorities') }, 'PYC_SIGNATURE'],
      [{ ...good, trustedRoot: undefined }, 'PYC_SIGNING_KEY'],
      [{ ...good, trustedRoot: join(run.cwd!, 'missing') }, 'PYC_SIGNING_KEY'],
      [{ ...good, issuer: undefined }, 'PYC_SIGNING_KEY'],
      [{ ...good, key: 'env:KEY' }, 'PYC_SIGNING_KEY'],
      [{ ...unnamed, identityPattern: '(' }, 'PYC_SIGNING_KEY'],
    ];
    const codes = await Promise.all(cases.map(async ([request]) => (await verifyImage(request)).error?.code));
    expect(codes).toEqual(cases.map(([, code]) => code));
  });

  it('needs a certificate that was valid then, and that is noted in a log', async () => {
    const { spec } = await sampleLayout();
    const run = await options();
    let late = 0;
    const expired = await sigstore({
      // The log notes it an hour after the certificate was made.
      now: () => new Date(Date.now() + (late++ > 1 ? 3_600_000 : 0)),
    });
    const unlogged = await sigstore({ proves: false });
    for (const services of [expired, unlogged]) {
      const env = { ...run.env, ...workflow(services) };
      const keyless = { fulcio: services.fulcio, rekor: services.rekor };
      expect(
        (await signImage({ ...run, env, image: spec, platform: 'linux/amd64', keyless })).error,
      ).toBeNull();
      const report = await verifyImage({ ...demandOf(run, spec, services), platform: 'linux/amd64' });
      expect(report.error?.code).toBe('PYC_SIGNATURE');
    }
  });

  it('says what is missing or who refused, and never the token', async () => {
    const services = await sigstore();
    const { spec } = await sampleLayout();
    const run = await options();
    const { fulcio, rekor } = services;
    const keyless = { fulcio, rekor };
    const token = services.token('somebody');
    const wrong = `${token.split('.')[0]}.${Buffer.from('{"sub":"x","aud":"y"}').toString('base64url')}.`;
    const sign = (env: Record<string, string>, more: object = {}): ReturnType<typeof signImage> =>
      signImage({ ...run, env: { ...run.env, ...env }, image: spec, keyless: { ...keyless, ...more } });
    const reports = await Promise.all([
      sign({}),
      sign({ SIGSTORE_ID_TOKEN: 'no token' }),
      sign({ SIGSTORE_ID_TOKEN: wrong }),
      sign({ ...workflow(services), ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'wrong' }),
      sign({ TOKEN: token }, { token: 'env:NONE' }),
      sign({ SIGSTORE_ID_TOKEN: token }, { rekor: `${rekor}/nothing` }),
      sign({ SIGSTORE_ID_TOKEN: token }, { timestamps: `${rekor}/nothing` }),
    ]);
    expect(reports.map(({ error }) => error?.code)).toEqual(reports.map(() => 'PYC_KEYLESS'));
    for (const secret of [token, wrong, services.secret])
      expect(JSON.stringify(reports)).not.toContain(secret);
    expect((await sign({ TOKEN: token }, { token: 'env:TOKEN' })).error).toBeNull();
  });
});
