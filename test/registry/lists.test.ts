import { describe, expect, it } from 'vitest';
import type { Descriptor } from '../../core/oci/image.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../core/oci/media-types.ts';
import { type Digest, digestOf } from '../../core/primitives/digest.ts';
import { nextQuery } from '../../core/registry/pages.ts';
import { listReferrers } from '../../core/registry/referrers.ts';
import { listTags } from '../../core/registry/tags.ts';
import type { FakeRegistry, FakeRegistryOptions } from '../../core/testing/fake-registry.ts';
import { asked, client, codeOf, http, reference, registry } from './images.ts';

const { signal } = new AbortController();
const tags = (server: FakeRegistry): Promise<readonly string[]> =>
  listTags(client().repository(reference(server, 'me/app')), signal);

async function tagged(names: readonly string[], options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const server = await registry(options);
  for (const name of names) server.repository('me/app').tags.set(name, digestOf('x'));
  return server;
}

/** Answers every page of a list with what is made of its number. */
function pages(
  page: (number: number) => { body: string; link?: string; type?: string },
): FakeRegistryOptions {
  let number = 0;
  return {
    fault: () => {
      number += 1;
      const { body, link, type = 'application/json' } = page(number);
      const headers = { 'content-type': type, ...(link === undefined ? {} : { link }) };
      return { status: 200, body, headers };
    },
  };
}

describe('the next page', () => {
  it('is read from whatever a Link header holds', () => {
    const cases: [string[], string | undefined][] = [
      [['</v2/a/tags/list?n=2&last=b>; rel="next"'], '?n=2&last=b'],
      [['<https://elsewhere.example/x?last=b>;rel=next'], '?last=b'],
      [['</a?x=1>; rel="prev", </a?x=2>; title="a, b"; rel="last next"'], '?x=2'],
      [['</a?x=1>; rel="prev"', '<?x=3>; REL=NEXT'], '?x=3'],
      [['</a?x=1>; rel="nextish"'], undefined],
      [['</a>; rel="next"'], undefined],
      [['<http://[>; rel="next"', 'junk', ''], undefined],
      [[], undefined],
    ];
    expect(cases.map(([links]) => nextQuery(links))).toEqual(cases.map(([, next]) => next));
  });
});

describe('tags', () => {
  it('are listed whole: in one answer, in pages with a Link, and in full pages without one', async () => {
    expect(await tags(await tagged(['1', '2', 'latest']))).toEqual(['1', '2', 'latest']);
    const linked = await tagged(['a', 'b', 'c', 'd', 'e'], { pageSize: 2 });
    expect(await tags(linked)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(linked.requests.length).toBe(3);
    const many = Array.from({ length: 2100 }, (_, index) => `v${String(index).padStart(4, '0')}`);
    const silent = await tagged(many, { link: false });
    expect(await tags(silent)).toEqual(many);
    expect(silent.requests.length).toBe(3);
  });

  it('may be none, or null; a repository that is not there is an error', async () => {
    expect(await tags(await registry(pages(() => ({ body: '{"name":"me/app","tags":null}' }))))).toEqual([]);
    expect(await tags(await registry(pages(() => ({ body: '{"name":"me/app"}' }))))).toEqual([]);
    expect(await codeOf(tags(await registry()))).toBe('PYC_REGISTRY_NOT_FOUND');
  });

  it('of a hostile registry end: pages in a circle, without end, of nothing, and what are no tags', async () => {
    const next = (query: string): string => `</v2/me/app/tags/list?${query}>; rel="next"`;
    const hostile: ((number: number) => { body: string; link?: string })[] = [
      () => ({ body: '{"tags":["a"]}', link: next('last=a') }),
      (number) => ({ body: `{"tags":["a${number % 2}"]}`, link: next(`last=${number % 2}`) }),
      (number) => ({ body: '{"tags":[]}', link: next(`last=${number}`) }),
      () => ({ body: '{"tags":["../../x"]}' }),
      () => ({ body: '{"tags":["\\u001b[31m"]}' }),
      () => ({ body: '{"tags":{"length":1}}' }),
      () => ({ body: '[]' }),
      () => ({ body: '<html>' }),
    ];
    const codes = [];
    for (const page of hostile) codes.push(await codeOf(tags(await registry(pages(page)))));
    expect(codes).toEqual(Array(hostile.length).fill('PYC_REGISTRY_ANSWER'));
    const large = pages(() => ({ body: `{"tags":["${'a'.repeat(17 * 1024 * 1024)}"]}` }));
    expect(await codeOf(tags(await registry(large)))).toBe('PYC_INPUT_TOO_LARGE');
  });

  it('are asked for where the repository is, wherever a Link leads', async () => {
    const other = await registry();
    const server = await registry(
      pages((number) =>
        number === 1
          ? { body: '{"tags":["a"]}', link: `<${other.origin}/v2/me/app/tags/list?last=a>; rel="next"` }
          : { body: '{"tags":["b"]}' },
      ),
    );
    expect(await tags(server)).toEqual(['a', 'b']);
    expect(asked(server)).toEqual(['GET /v2/me/app/tags/list?n=1000', 'GET /v2/me/app/tags/list?last=a']);
    expect(other.requests).toEqual([]);
  });
});

describe('referrers of a subject', () => {
  const subject = digestOf('subject');
  const add = (server: FakeRegistry, artifactType: string, text: string): Descriptor => {
    const empty = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 };
    const about = { mediaType: OCI_MANIFEST, digest: subject, size: 1 };
    const document = { schemaVersion: 2, artifactType, config: empty, layers: [], subject: about };
    return server.addManifest('me/app', { ...document, annotations: { text } }, OCI_MANIFEST);
  };
  const list = (server: FakeRegistry, artifactType?: string): Promise<readonly Descriptor[]> =>
    listReferrers(
      client({ http: http() }).repository(reference(server, 'me/app')),
      subject as Digest,
      signal,
      artifactType === undefined ? {} : { artifactType },
    );
  const texts = (found: readonly Descriptor[]): unknown[] =>
    found.map(({ annotations }) => annotations?.text);

  it('come in pages, and by type whether or not the registry filters', async () => {
    for (const options of [{ pageSize: 2 }, { pageSize: 2, filters: false }, {}]) {
      const server = await registry(options);
      for (const text of ['a', 'b', 'c']) {
        add(server, 'application/sbom', text);
        add(server, 'application/signature', `${text}!`);
      }
      expect(texts(await list(server))).toEqual(['a', 'a!', 'b', 'b!', 'c', 'c!']);
      expect(texts(await list(server, 'application/signature'))).toEqual(['a!', 'b!', 'c!']);
      expect(server.requests.some(({ path }) => path.includes('artifactType=application%2F'))).toBe(true);
    }
  });

  it('are those of the fallback tag wherever the endpoint is missing, in whichever way', async () => {
    for (const answer of [
      { status: 404 },
      { status: 404, body: '<html>' },
      { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } },
      { status: 405 },
      { status: 400 },
    ]) {
      const server = await registry({
        fault: ({ path }) => (path.includes('/referrers/') ? answer : undefined),
      });
      const entry = { ...add(server, 'application/sbom', 'a'), artifactType: 'application/sbom' };
      const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [entry] };
      server.addManifest('me/app', index, OCI_INDEX, subject.replace(':', '-'));
      expect((await list(server)).map(({ digest }) => digest)).toEqual([entry.digest]);
      expect((await list(server, 'other')).length).toBe(0);
    }
  });

  it('are not said to be none where the registry failed or refused', async () => {
    for (const [status, code] of [
      [500, 'PYC_REGISTRY_STATUS'],
      [429, 'PYC_REGISTRY_STATUS'],
      [403, 'PYC_REGISTRY_ACCESS'],
    ] as const) {
      const server = await registry({
        fault: ({ path }) => (path.includes('/referrers/') ? { status } : undefined),
      });
      expect(await codeOf(list(server))).toBe(code);
    }
  });

  it('that lead in a circle are an error', async () => {
    const body = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] });
    const server = await registry(pages(() => ({ body, link: '<?page=1>; rel="next"', type: OCI_INDEX })));
    expect(await codeOf(list(server))).toBe('PYC_REGISTRY_ANSWER');
  });
});
