import * as openpgp from 'openpgp';
import { beforeAll, describe, expect, it } from 'vitest';
import { ARCHIVE_KEYS } from '../../../plugins/debian/keyring.ts';
import { checkRelease, isExpired, parseRelease } from '../../../plugins/debian/release.ts';
import { verifiedText } from '../../../plugins/debian/signature.ts';
import { codeOf } from '../../codes.ts';
import { makeKey } from './fake-archive.ts';

const now = new Date('2026-07-01T00:00:00Z');
const TEXT =
  'Suite: one\nCodename: uno\nArchitectures: all amd64\nComponents: updates/main contrib\nValid-Until: Wed, 08 Jul 2026 00:00:00 UTC\nSHA256:\n';
const FILE = ` ${'b'.repeat(64)}       12 main/binary-amd64/Packages.xz`;

describe('the keys that ship with the plugin', () => {
  it('are what their fingerprints say, and hold public data alone', async () => {
    const keys = await Promise.all(
      ARCHIVE_KEYS.map(({ base64 }) => openpgp.readKey({ binaryKey: Buffer.from(base64, 'base64') })),
    );
    expect(keys.map((key) => key.getFingerprint().toUpperCase())).toEqual(
      ARCHIVE_KEYS.map((key) => key.fingerprint),
    );
    expect(keys.some((key) => key.isPrivate())).toBe(false);
  });
});

describe('signatures', () => {
  let trusted: Awaited<ReturnType<typeof makeKey>>;
  let stranger: Awaited<ReturnType<typeof makeKey>>;
  const sign = async (text: string, keys: openpgp.PrivateKey[], date = now): Promise<string> =>
    openpgp.sign({ message: await openpgp.createCleartextMessage({ text }), signingKeys: keys, date });
  const check = (document: string) =>
    codeOf(() => verifiedText(document, { what: 'a document', keyring: trusted.armored, now }));

  beforeAll(async () => {
    [trusted, stranger] = await Promise.all([makeKey(), makeKey()]);
  });

  it('are good if one of several is of a trusted key', async () => {
    const document = await sign(TEXT, [stranger.privateKey, trusted.privateKey]);
    expect(await verifiedText(document, { what: 'a document', keyring: trusted.armored, now })).toBe(TEXT);
  });

  it('are refused where the text changed, the key is unknown, there is none, or it is from the future', async () => {
    const good = await sign(TEXT, [trusted.privateKey]);
    expect([
      await check(good.replace('Suite: one', 'Suite: two')),
      await check(await sign(TEXT, [stranger.privateKey])),
      await check(TEXT),
      await check(good.slice(0, good.indexOf('-----BEGIN PGP SIGNATURE'))),
      await check(await sign(TEXT, [trusted.privateKey], new Date('2027-01-01T00:00:00Z'))),
    ]).toEqual(Array(5).fill('PYC_DEBIAN_SIGNATURE_INVALID'));
  });

  it('vouch for nothing that stands around the signed text', async () => {
    const document = `Suite: evil\n\n${await sign(TEXT, [trusted.privateKey])}\nSuite: evil\n`;
    const text = await verifiedText(document, { what: 'a document', keyring: trusted.armored, now }).catch(
      () => '',
    );
    expect(text).not.toContain('evil');
  });

  it('need a keyring that holds keys', async () => {
    expect(await codeOf(() => verifiedText(TEXT, { what: 'x', keyring: 'none', now }))).toBe(
      'PYC_DEBIAN_KEYRING_INVALID',
    );
  });
});

describe('a Release', () => {
  const release = parseRelease(TEXT + FILE, 'a release');
  const asked = { suite: 'uno', architecture: 'amd64', components: ['main'] };

  it('names files by hash', () => {
    expect(release.files.get('main/binary-amd64/Packages.xz')).toEqual({
      sha256: `sha256:${'b'.repeat(64)}`,
      size: 12,
    });
    expect(release.components).toEqual(['main', 'contrib']);
  });

  it('expires', () => {
    expect([isExpired(release, now), isExpired(release, new Date('2026-07-09T00:00:00Z'))]).toEqual([
      false,
      true,
    ]);
  });

  it('is refused for another suite, architecture or component, or without hashes or a readable date', async () => {
    expect(await codeOf(() => checkRelease(release, asked, 'x'))).toBeUndefined();
    const faults = [
      () => checkRelease(release, { ...asked, suite: 'two' }, 'x'),
      () => checkRelease(release, { ...asked, architecture: 'arm64' }, 'x'),
      () => checkRelease(release, { ...asked, components: ['non-free'] }, 'x'),
      () => parseRelease(TEXT, 'x'),
      () => parseRelease(TEXT.replace(/Wed, 08 Jul/, 'Someday') + FILE, 'x'),
    ];
    expect(await Promise.all(faults.map(codeOf))).toEqual(faults.map(() => 'PYC_DEBIAN_RELEASE_INVALID'));
  });
});
