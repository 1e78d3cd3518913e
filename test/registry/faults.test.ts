/**
 * Every fault at every step of a push and of a pull. Whatever happens: what was asked for is there with the right digest, or
 * there is one error, the old tag and nothing half written; and no secret in anything that is said.
 */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readAll } from '../../core/primitives/bytes.ts';
import { mapConcurrently } from '../../core/primitives/concurrency.ts';
import { digestOf } from '../../core/primitives/digest.ts';
import type { Log } from '../../core/primitives/log.ts';
import { push } from '../../core/registry/push.ts';
import { openRegistryImage } from '../../core/registry/registry-image.ts';
import type { FakeRegistry, FakeRegistryOptions } from '../../core/testing/fake-registry.ts';
import type { RegistryFault, RegistryStep } from '../../core/testing/registry-faults.ts';
import { AMD64, client, http, image, place, reference, referrer, registry, store } from './images.ts';

const { signal } = new AbortController();
const PASSWORD = 'p4ss-w0rd-0f-the-t3st';
const SECRETS = [PASSWORD, Buffer.from(`me:${PASSWORD}`).toString('base64'), 'fake-token-'];
const access = { kind: 'bearer', username: 'me', password: PASSWORD } as const;
const credentials = async () => ({ kind: 'basic', username: 'me', password: PASSWORD }) as const;
const ALWAYS = 1000;
/** Milliseconds that many cases may take on a busy machine. */
const LONG = 60_000;
const SCHEMA1 = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
/** What a registry says that means ill: secrets and control characters. */
const faulty = JSON.stringify({
  errors: [{ code: 'DENIED', message: `no \u001b[31m\u202e ${PASSWORD}` }],
});

type Case = readonly [
  name: string,
  faults: readonly RegistryFault[],
  expected: string,
  options?: FakeRegistryOptions | undefined,
];

const old = image(['old'], AMD64, 1000);
const made = image(['one'], AMD64, 300_000);
const sbom = referrer(made.manifest.descriptor, 'sbom');

/** Everything that was said while something ran. */
function listener(): { readonly said: unknown[]; readonly log: Log } {
  const said: unknown[] = [];
  const note = (what: unknown): void => void said.push(what);
  return { said, log: { info: note, debug: note, warn: note, progress: note } };
}

function impatient(log: Log): ReturnType<typeof http> {
  const retry = { base: 1, longest: 5, deadline: 2_000 };
  return http({ log, retry, timeouts: { idle: 150, answer: 800, upload: 800 } });
}

/** `complete`, or the code of the error. Anything that must not be is added in words. */
async function outcomeOf(work: Promise<unknown>, said: unknown[], server: FakeRegistry): Promise<string> {
  const outcome = await work.then(
    () => 'complete',
    (thrown: unknown) => {
      said.push(thrown, inspect(thrown, { depth: 9 }));
      return String((thrown as { code?: unknown }).code ?? inspect(thrown));
    },
  );
  const text = inspect(said, { depth: 9 });
  const leaks = SECRETS.filter((secret) => text.includes(secret));
  const isRaw = /[\u001b\u0080-\u009f\u202e]/.test(text);
  const isMany = server.requests.length > 400;
  return [
    outcome,
    ...leaks.map((secret) => `said ${secret}`),
    ...(isRaw ? ['said control characters'] : []),
    ...(isMany ? [`${server.requests.length} requests`] : []),
  ].join(', ');
}

async function pushed([, faults, , options]: Case): Promise<string> {
  const server = await registry({ access, faults, ...options });
  place(server, 'app', old, '1');
  const { said, log } = listener();
  const registries = client({
    http: impatient(log),
    log,
    credentials,
    retry: { base: 1, longest: 5, deadline: 2_000 },
  });
  const target = reference(server, 'app:1');
  const work = push({ target, images: [made], referrers: [sbom] }, { client: registries, log, signal });
  const outcome = await outcomeOf(work, said, server);
  const { tags, blobs, manifests } = server.repository('app');
  const wrong = [...blobs].filter(([digest, bytes]) => digestOf(bytes) !== digest);
  const isWhole =
    [made.config, ...made.layers].every(({ descriptor }) => blobs.has(descriptor.digest)) &&
    manifests.has(sbom.manifest.descriptor.digest);
  const tagged = tags.get('1');
  const shouldBe = outcome === 'complete' ? made.manifest.descriptor.digest : old.manifest.descriptor.digest;
  return [
    outcome,
    ...(tagged === shouldBe ? [] : ['the tag is wrong']),
    ...(wrong.length === 0 ? [] : ['a blob is wrong']),
    ...(outcome === 'complete' && !isWhole ? ['something is missing'] : []),
  ].join(', ');
}

async function pulled([, faults, , options]: Case): Promise<string> {
  const server = await registry({ access, faults, ...options });
  place(server, 'app', made, '1');
  const { said, log } = listener();
  const kept = await store();
  const registries = client({ http: impatient(log), log, credentials, retry: { base: 1 } });
  const pull = async (): Promise<void> => {
    const opened = await openRegistryImage(reference(server, 'app:1'), AMD64, {
      client: registries,
      store: kept,
      log,
      signal,
    });
    for (const layer of opened.layers) {
      const bytes = await readAll(await layer.open(signal), 1e6, 'a layer');
      if (digestOf(bytes) !== layer.descriptor.digest) said.push('\u001b a layer is wrong');
    }
  };
  const outcome = await outcomeOf(pull(), said, server);
  const all = [made.config, made.manifest, ...made.layers].map(({ descriptor }) => descriptor.digest);
  for (const digest of all) {
    if ((await kept.find(digest)) === undefined) continue;
    if (digestOf(await kept.read(digest)) !== digest) return `${outcome}, what was kept is wrong`;
  }
  return outcome;
}

async function mismatches(
  cases: readonly Case[],
  run: (one: Case) => Promise<string>,
): Promise<readonly string[]> {
  const outcomes = await mapConcurrently(cases, 12, signal, async (one) => {
    const outcome = await run(one);
    return outcome === one[2] ? [] : [`${one[0]}: ${outcome} instead of ${one[2]}`];
  });
  return outcomes.flat();
}

const READS: readonly RegistryStep[] = ['manifest-check', 'blob-check', 'referrers', 'token'];
const WRITES: readonly RegistryStep[] = ['upload-start', 'upload-end', 'manifest-write', 'tag-write'];

/** One fault at each of several steps. */
function at(
  steps: readonly RegistryStep[],
  name: string,
  fault: Omit<RegistryFault, 'at'>,
  expected: string,
  options?: FakeRegistryOptions,
): Case[] {
  return steps.map((step) => [`${step}: ${name}`, [{ ...fault, at: step }], expected, options]);
}

describe('a push', () => {
  it(
    'gets over what passes, at every step',
    async () => {
      const steps = [...READS, ...WRITES];
      const few: readonly RegistryStep[] = ['upload-end', 'tag-write'];
      const cases = [
        ...[429, 500].flatMap((status) => at(steps, `${status}`, { status }, 'complete')),
        ...[408, 502, 503, 504].flatMap((status) => at(few, `${status}`, { status }, 'complete')),
        ...at(few, '429 with seconds', { status: 429, headers: { 'retry-after': '1' } }, 'complete'),
        ...at(few, '503 for ever', { status: 503, headers: { 'retry-after': '1000000000' } }, 'complete'),
        ...at(
          few,
          '429 till a date',
          { status: 429, headers: { 'retry-after': 'Thu, 31 Dec 2099 00:00:00 GMT' } },
          'complete',
        ),
        ...at(steps, 'three times no answer', { drop: true, times: 3 }, 'complete'),
        ...at(steps, 'an answer that comes too late', { delay: 1000 }, 'complete'),
        ...at(WRITES, 'done, but the answer is lost', { done: true, drop: true }, 'complete'),
        ...at(WRITES, 'done, but answered 500', { done: true, status: 500 }, 'complete'),
        ...at(
          WRITES,
          'done, but answered 500 always',
          { done: true, status: 500, times: ALWAYS },
          'complete',
        ).slice(2),
        ...at(['token', 'referrers'], 'an answer that breaks off', { cutAt: 5 }, 'complete'),
        ...at(['token', 'referrers'], 'an answer like treacle', { trickle: 1 }, 'complete'),
      ];
      expect(await mismatches(cases, pushed)).toEqual([]);
    },
    LONG,
  );

  it(
    'gets over uploads that break, wherever they do',
    async () => {
      const twoSteps = { oneRequest: false };
      const inPieces = { oneRequest: false, largestBody: 128 * 1024 };
      const cuts = [0, 1, 70_000];
      const cases = [
        ...cuts.flatMap((cutRequestAt) => [
          ...at(WRITES, `cut at ${cutRequestAt}`, { cutRequestAt }, 'complete'),
          ...at(WRITES, `twice cut at ${cutRequestAt}`, { cutRequestAt, times: 2 }, 'complete', twoSteps),
          ...at(['upload-piece'], `cut at ${cutRequestAt}`, { cutRequestAt }, 'complete', inPieces),
          ...at(['upload-end'], `forgotten at ${cutRequestAt}`, { cutRequestAt }, 'complete', {
            resumable: false,
          }),
        ]),
        ...at(['upload-end', 'upload-piece'], 'a stale location', { status: 404 }, 'complete', inPieces),
        ...at(['upload-end', 'upload-piece'], 'a range out of order', { status: 416 }, 'complete', inPieces),
        ...[{ drop: true }, { status: 500 }, { status: 404 }, { status: 204 }].map(
          (status): Case => [
            `upload-status: ${inspect(status)}`,
            [
              { at: 'upload-end', cutRequestAt: 1000 },
              { at: 'upload-status', ...status },
            ],
            'complete',
          ],
        ),
        ...at(['upload-end', 'upload-piece'], 'a session that ended', { status: 404, times: 3 }, 'complete'),
        ...at(['manifest-write', 'tag-write'], 'no digest', { status: 201, done: true }, 'complete'),
        ...at(['upload-end'], 'no digest', { status: 201, done: true }, 'complete'),
        // The manifest is refused for the blob, which is then looked for.
        ...at(['upload-end'], 'said, but not done', { status: 201 }, 'complete'),
        ...at(['mount', 'referrers'], 'no such thing', { status: 404, body: '<html>' }, 'complete'),
      ];
      expect(await mismatches(cases, pushed)).toEqual([]);
    },
    LONG,
  );

  it(
    'that cannot be completed ends with one error, and the old tag',
    async () => {
      const steps = [...READS, ...WRITES];
      const lasting = { times: ALWAYS };
      const other = { 'docker-content-digest': digestOf('other') };
      const cases = [
        ...at(steps, 'always 500', { status: 500, ...lasting }, 'PYC_REGISTRY_STATUS'),
        ...at(steps, 'always 429', { status: 429, ...lasting }, 'PYC_REGISTRY_STATUS'),
        ...at(steps, 'never an answer', { drop: true, ...lasting }, 'PYC_HTTP_UNREACHABLE'),
        ...at(steps, '403', { status: 403, body: faulty, ...lasting }, 'PYC_REGISTRY_ACCESS'),
        ...at(
          steps,
          'round in circles',
          { status: 307, headers: { location: '?again' }, ...lasting },
          'PYC_HTTP_REDIRECT',
        ),
        ...at(
          steps,
          'to where clouds keep secrets',
          { status: 307, headers: { location: 'http://169.254.169.254/' } },
          'PYC_HTTP_REDIRECT',
        ),
        ...at(WRITES, 'always cut', { cutRequestAt: 100, ...lasting }, 'PYC_HTTP_UNREACHABLE', {
          resumable: false,
        }),
        ...at(WRITES, 'said, but not done', { status: 201 }, 'PYC_REGISTRY_CONTENT').slice(2),
        ...at(WRITES, 'kept as something else', { status: 201, headers: other }, 'PYC_REGISTRY_CONTENT'),
        ...at(
          ['tag-write', 'manifest-write'],
          'refused',
          { status: 400, body: faulty },
          'PYC_REGISTRY_STATUS',
        ),
        ...[undefined, 'ftp://x/', 'http://169.254.169.254/x', 'https://['].flatMap((location) =>
          at(
            ['upload-start'],
            `sent to ${location}`,
            { status: 202, headers: location === undefined ? {} : { location }, ...lasting },
            'PYC_REGISTRY_ANSWER',
          ),
        ),
        ...at(['token'], 'no JSON', { status: 200, body: 'x', ...lasting }, 'PYC_REGISTRY_ANSWER'),
        ...at(
          ['token'],
          'no token',
          { status: 200, body: '{"token":"a\\nb"}', ...lasting },
          'PYC_REGISTRY_ANSWER',
        ),
        ...at(['token'], 'for ever', { trickle: 1, ...lasting }, 'PYC_HTTP_TIMEOUT'),
        ...at(['upload-end'], 'too large', { status: 413, ...lasting }, 'PYC_REGISTRY_STATUS'),
      ];
      expect(await mismatches(cases, pushed)).toEqual([]);
    },
    LONG,
  );

  it('is not put off by tokens that end, by wrong clocks, nor by warnings', async () => {
    const hour = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toUTCString();
    const warning = '299 - "\u009b31mred", 299 - "\u0085next"';
    const cases: Case[] = [
      ...[5, 7, 11].map((uses): Case => [`${uses} uses`, [], 'complete', { access: { ...access, uses } }]),
      ...[-1, 1].map(
        (hours): Case => [
          `${hours} hours`,
          [
            {
              at: ['upload-start', 'tag-write'],
              status: 429,
              headers: { 'retry-after': hour(hours) },
              times: 2,
            },
          ],
          'complete',
          { date: hour(hours), access: { ...access, issuedAt: hour(hours) } },
        ],
      ),
      ['warnings', [{ at: ['blob-check'], headers: { warning }, times: ALWAYS }], 'complete'],
    ];
    expect(await mismatches(cases, pushed)).toEqual([]);
  });
});

describe('a pull', () => {
  it(
    'gets over what passes, and keeps nothing that is wrong',
    async () => {
      const all: readonly RegistryStep[] = ['manifest-read', 'blob-read', 'token'];
      const lasting = { times: ALWAYS };
      const cases = [
        ...[408, 429, 500, 503].flatMap((status) => at(all, `${status}`, { status }, 'complete')),
        ...at(all, 'no answer', { drop: true }, 'complete'),
        ...at(all, 'too late', { delay: 1000 }, 'complete'),
        ...[0, 1, 100].flatMap((cutAt) => at(all, `breaks off at ${cutAt}`, { cutAt, times: 2 }, 'complete')),
        ...at(all, 'like treacle', { trickle: 1 }, 'complete'),
        ...at(
          ['blob-read'],
          'breaks off, no ranges',
          { cutAt: 9, headers: { 'accept-ranges': 'none' } },
          'complete',
        ),
        ...at(
          ['manifest-read', 'blob-read'],
          'another content',
          { corrupt: true, ...lasting },
          'PYC_REGISTRY_CONTENT',
        ),
        ...at(
          ['manifest-read'],
          'another digest',
          { headers: { 'docker-content-digest': digestOf('x') }, ...lasting },
          'PYC_REGISTRY_CONTENT',
        ),
        ...at(
          ['manifest-read'],
          'schema 1',
          { headers: { 'content-type': SCHEMA1 }, ...lasting },
          'PYC_IMAGE_SCHEMA1',
        ),
        ...at(
          ['manifest-read'],
          'encoded',
          { headers: { 'content-type': 'text/html' }, ...lasting },
          'PYC_IMAGE_DOCUMENT_INVALID',
        ),
        ...at(
          ['manifest-read'],
          'two types',
          { headers: { 'content-type': 'a/b, c/d' }, ...lasting },
          'PYC_IMAGE_DOCUMENT_INVALID',
        ),
        ...at(all, 'always 500', { status: 500, ...lasting }, 'PYC_REGISTRY_STATUS'),
        ...at(['manifest-read', 'token'], 'for ever', { trickle: 1, ...lasting }, 'PYC_HTTP_TIMEOUT'),
        ...at(['blob-read'], 'for ever', { trickle: 1, ...lasting }, 'PYC_HTTP_BODY_CUT'),
        ...at(all, '403', { status: 403, body: faulty }, 'PYC_REGISTRY_ACCESS'),
        ...at(['manifest-read', 'blob-read'], '404', { status: 404, ...lasting }, 'PYC_REGISTRY_NOT_FOUND'),
      ];
      expect(await mismatches(cases, pulled)).toEqual([]);
    },
    LONG,
  );
});
