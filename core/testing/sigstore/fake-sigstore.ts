/**
 * Fulcio, Rekor and a timestamp authority on loopback, with keys of their own and real certificates: what is signed with them is
 * verified by the trusted root that they give, by any program that verifies Sigstore's bundles.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { type Answer, type FakeRequest, type FakeServer, startFakeServer } from '../fake-server.ts';
import {
  CODE_SIGNING,
  ecKeys,
  type Issued,
  issue,
  type KeyPair,
  spkiOf,
  TIME_STAMPING,
} from './certificates.ts';
import { timestampResponse } from './timestamps.ts';
import { createTransparencyLog } from './transparency-log.ts';

export interface FakeSigstoreOptions {
  /** The time that the services go by; default the time. */
  readonly now?: () => Date;
  /** Minutes that a certificate is good for; default 10. */
  readonly minutes?: number;
  /** False: certificates are noted in no log. */
  readonly proves?: boolean;
}

export interface FakeSigstore extends Pick<FakeServer, 'requests' | 'close'> {
  readonly fulcio: string;
  readonly rekor: string;
  readonly timestamps: string;
  /** GitHub's identity service, for `ACTIONS_ID_TOKEN_REQUEST_URL`; it wants {@link FakeSigstore.secret}. */
  readonly identityService: string;
  readonly secret: string;
  /** `trusted_root.json`. */
  readonly trustedRoot: string;
  /** A token for this subject, as the identity service gives one. */
  token(subject: string, issuer?: string): string;
}

const ISSUER = 'https://token.actions.githubusercontent.com';
const WORKFLOW = 'https://github.com/me/shop/.github/workflows/release.yml@refs/heads/main';
const SECRET = 'request-token-of-the-runner';
const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

export async function startFakeSigstore(options: FakeSigstoreOptions = {}): Promise<FakeSigstore> {
  const { now = () => new Date(), minutes = 10, proves = true } = options;
  const began = now().getTime();
  const years = { from: new Date(began - YEAR), to: new Date(began + YEAR) };
  const root = issue({ name: 'fake root', keys: ecKeys(), isAuthority: true, ...years });
  const authority = issue({ name: 'fake fulcio', keys: ecKeys(), issuer: root, isAuthority: true, ...years });
  const stamper = issue({ name: 'fake time', keys: ecKeys(), issuer: root, use: TIME_STAMPING, ...years });
  const certificateLog = ecKeys();
  const logKeys = ecKeys();
  const log = createTransparencyLog(logKeys);

  const token = (subject: string, issuer = ISSUER): string => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'none' })}.${part({ iss: issuer, aud: 'sigstore', sub: subject })}.${part({})}`;
  };

  const certify = ({ body }: FakeRequest): Answer => {
    const { credentials, publicKeyRequest } = JSON.parse(body.toString()) as CertificateBody;
    const claims = JSON.parse(
      Buffer.from(credentials.oidcIdentityToken.split('.')[1] ?? '', 'base64url').toString(),
    ) as { iss: string; sub: string; aud: string };
    const publicKey = createPublicKey(publicKeyRequest.publicKey.content);
    const proof = Buffer.from(publicKeyRequest.proofOfPossession, 'base64');
    if (claims.aud !== 'sigstore' || !verify('sha256', Buffer.from(claims.sub), publicKey, proof)) {
      return json(400, { code: 3, message: 'The signature supplied in the request could not be verified' });
    }
    const from = new Date(Math.floor(now().getTime() / 1000) * 1000);
    const leaf = issue({
      name: '',
      keys: { publicKey, privateKey: publicKey },
      issuer: authority,
      from,
      to: new Date(from.getTime() + minutes * MINUTE),
      use: CODE_SIGNING,
      identity: { subject: claims.sub, issuer: claims.iss },
      ...(proves ? { log: certificateLog } : {}),
    });
    const certificates = [leaf, authority, root].map(pemOf);
    return json(200, { signedCertificateEmbeddedSct: { chain: { certificates } } });
  };

  const note = ({ body, headers }: FakeRequest): Answer => {
    const { spec } = JSON.parse(body.toString()) as EntryBody;
    const { envelope, verifiers } = spec.proposedContent;
    const { payload, signatures } = JSON.parse(envelope) as {
      payload: string;
      signatures: { sig: string }[];
    };
    const sha256 = (bytes: string | Buffer): object => ({
      algorithm: 'sha256',
      value: createHash('sha256').update(bytes).digest('hex'),
    });
    const entry = {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: sha256(envelope),
        payloadHash: sha256(Buffer.from(payload, 'base64')),
        signatures: signatures.map(({ sig }) => ({ signature: sig, verifier: verifiers[0] })),
      },
    };
    return json(201, log.add(entry, now(), headers.host ?? ''));
  };

  const server = await startFakeServer((request) => {
    const { method, url, headers, body } = request;
    switch (`${method} ${url.pathname}`) {
      case 'POST /api/v2/signingCert':
        return certify(request);
      case 'POST /api/v1/log/entries':
        return note(request);
      case 'POST /api/v1/timestamp':
        // Where a request without a nonce has its hash.
        return { status: 201, body: timestampResponse(stamper, body.subarray(24, 56), now()) };
      case 'GET /token':
        return headers.authorization === `Bearer ${SECRET}` && url.searchParams.get('audience') === 'sigstore'
          ? json(200, { value: token(WORKFLOW) })
          : json(401, { message: 'no' });
      default:
        return json(404, { message: 'no such path' });
    }
  });
  const { origin, requests } = server;
  return {
    fulcio: origin,
    rekor: origin,
    timestamps: `${origin}/api/v1/timestamp`,
    identityService: `${origin}/token?api-version=2.0`,
    secret: SECRET,
    requests,
    token,
    trustedRoot: trustedRoot({ origin, authority, root, stamper, certificateLog, logKeys, from: years.from }),
    close: () => server.close(),
  };
}

interface CertificateBody {
  readonly credentials: { readonly oidcIdentityToken: string };
  readonly publicKeyRequest: {
    readonly publicKey: { readonly content: string };
    readonly proofOfPossession: string;
  };
}

interface EntryBody {
  readonly spec: {
    readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] };
  };
}

interface Roots {
  readonly origin: string;
  readonly authority: Issued;
  readonly root: Issued;
  readonly stamper: Issued;
  readonly certificateLog: KeyPair;
  readonly logKeys: KeyPair;
  readonly from: Date;
}

function trustedRoot({ origin, authority, root, stamper, certificateLog, logKeys, from }: Roots): string {
  const validFor = { start: from.toISOString() };
  const chain = (...certificates: readonly Issued[]): object => ({
    certificates: certificates.map(({ der }) => ({ rawBytes: der.toString('base64') })),
  });
  const logOf = (keys: KeyPair, baseUrl: string): object => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: spkiOf(keys).toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor,
    },
    logId: { keyId: createHash('sha256').update(spkiOf(keys)).digest('base64') },
  });
  const subject = { organization: 'fake', commonName: 'fake' };
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(logKeys, origin)],
    certificateAuthorities: [{ subject, uri: origin, certChain: chain(authority, root), validFor }],
    ctlogs: [logOf(certificateLog, `${origin}/ctfe`)],
    timestampAuthorities: [{ subject, uri: origin, certChain: chain(stamper, root), validFor }],
  });
}

function json(status: number, value: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function pemOf({ der }: Issued): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}
