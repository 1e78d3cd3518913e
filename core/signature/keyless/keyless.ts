/** Signs by the identity of a workflow: with a key that is thrown away, a certificate of a few minutes for it, and proofs of when that was. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { type BundleSigner, writeBundle } from '../bundle.ts';
import { IN_TOTO, preAuthentication } from '../dsse.ts';
import { requestCertificate } from './fulcio.ts';
import { identityToken } from './identity-token.ts';
import { logEntry } from './rekor.ts';
import type { Services } from './services.ts';
import { stamp } from './timestamp.ts';

/** Sigstore's public instances. */
const PUBLIC_FULCIO = 'https://fulcio.sigstore.dev';
const PUBLIC_REKOR = 'https://rekor.sigstore.dev';

/** Where it is signed; default Sigstore's public instances, without a timestamp authority. */
export interface KeylessOptions {
  readonly fulcio?: string | undefined;
  readonly rekor?: string | undefined;
  /** The whole address of a timestamp authority. */
  readonly timestamps?: string | undefined;
  /** Where the identity's token is: `env:NAME` or a file. Default: what the workflow gives. */
  readonly token?: string | undefined;
}

/** Each statement is signed anew: a signature says which run made it. */
export function keylessBundles(
  { fulcio = PUBLIC_FULCIO, rekor = PUBLIC_REKOR, timestamps, token }: KeylessOptions,
  outside: Pick<Services, 'http' | 'env' | 'cwd'>,
): BundleSigner {
  let made: ReturnType<typeof certified> | undefined;
  return {
    identity: undefined,
    async bundle(payload, signal) {
      const inner: Services = { ...outside, fulcio, rekor, timestamps, signal };
      // One certificate for all that is signed in a run, which ends before it does.
      made ??= certified(inner, token);
      const { privateKey, certificate } = await made;
      const signature = sign('sha256', preAuthentication(IN_TOTO, payload), privateKey);
      const envelope = JSON.stringify({
        payload: Buffer.from(payload).toString('base64'),
        payloadType: IN_TOTO,
        signatures: [{ sig: signature.toString('base64') }],
      });
      const [entry, stamped] = await Promise.all([
        logEntry(inner, envelope, certificate),
        timestamps === undefined ? undefined : stamp(inner, timestamps, signature),
      ]);
      const material = {
        certificate: { rawBytes: certificate.toString('base64') },
        tlogEntries: [entry],
        ...(stamped === undefined
          ? {}
          : {
              timestampVerificationData: {
                rfc3161Timestamps: [{ signedTimestamp: Buffer.from(stamped).toString('base64') }],
              },
            }),
      };
      return writeBundle(material, payload, signature);
    },
  };
}

async function certified(
  services: Services,
  token: string | undefined,
): Promise<{
  readonly privateKey: ReturnType<typeof generateKeyPairSync>['privateKey'];
  readonly certificate: Buffer;
}> {
  const identity = await identityToken(token, services);
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, certificate: await requestCertificate(services, identity, privateKey, publicKey) };
}
