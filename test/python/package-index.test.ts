import type { IncomingMessage, ServerResponse } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPycError } from '../../core/primitives/errors.ts';
import type { Distribution } from '../../core/python/lock/lock-file.ts';
import { parseHtmlPage } from '../../core/python/package-index/html-page.ts';
import { parseJsonPage } from '../../core/python/package-index/json-page.ts';
import { createPackageIndex, type FoundFile, findFile } from '../../core/python/package-index.ts';
import { client, serve } from '../http/server.ts';
import { targetOf } from './lock/conformance-data.ts';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const PAGE = 'https://index.example.org/simple/a/';

interface File {
  name: string;
  hash?: string;
  [key: string]: unknown;
}

function jsonPage(files: readonly File[], name = 'a', version = '1.1'): string {
  return JSON.stringify({
    meta: { 'api-version': version },
    name,
    files: files.map(({ name: filename, hash, ...more }) => ({
      filename,
      url: `../../files/${filename}`,
      hashes: hash === undefined ? {} : { sha256: hash },
      ...more,
    })),
  });
}

/** An index with one page a root, by path. */
async function indexOf(
  pages: Readonly<Record<string, readonly [type: string, body: string] | number>>,
): Promise<string> {
  return serve((request: IncomingMessage, response: ServerResponse) => {
    const page = pages[request.url ?? ''] ?? 404;
    if (typeof page === 'number') response.writeHead(page).end();
    else response.writeHead(200, { 'content-type': page[0] }).end(page[1]);
  });
}

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'resolved',
    (error: unknown) => (isPycError(error) ? error.code : error),
  );
}

async function find(origin: string, more: Partial<Distribution>): Promise<FoundFile> {
  const index = createPackageIndex({ http: client() });
  const distribution: Distribution = {
    name: 'a',
    version: '1.0',
    source: 'wheel',
    requestedBy: [],
    index: `${origin}/simple`,
    ...more,
  };
  return findFile(index, distribution, targetOf('3.12.7'));
}

describe('a page of an index', () => {
  it('is read from JSON, addresses made absolute', () => {
    const { files } = parseJsonPage(
      jsonPage([
        {
          name: 'a-1.0-py3-none-any.whl',
          hash: 'AB',
          size: 7,
          'requires-python': '>=3.8',
          yanked: 'bad',
          'core-metadata': { sha256: 'cd' },
        },
        {
          name: 'a-1.0.tar.gz',
          yanked: true,
          'dist-info-metadata': true,
          'core-metadata': false,
          'requires-python': 'none at all',
        },
      ]),
      'a',
      PAGE,
    );
    expect(files).toMatchObject([
      {
        url: 'https://index.example.org/files/a-1.0-py3-none-any.whl',
        hashes: ['sha256:ab'],
        size: 7,
        yanked: 'bad',
        coreMetadata: ['sha256:cd'],
      },
      { hashes: [], yanked: '', coreMetadata: undefined, requiresPython: undefined },
    ]);
    expect(files[0]?.requiresPython?.toString()).toBe('>=3.8');
  });

  it('is read from HTML, with its base, references and attributes', () => {
    const { files } = parseHtmlPage(
      `<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.3"><base href="https://files.example.org/x/">
       <title><a href="no.whl"></title><script>"<a href='no-1.whl'>"</script></head><body><!-- <a href="no-2.whl"> -->
       <a href="a-1.0%2Bcpu-py3-none-any.whl#sha256=AB" data-requires-python="&gt;=3.8,&#60;4" data-yanked data-core-metadata="sha256=cd">x</a>
       <A HREF='../y/a-1.0.tar.gz?b=1&amp;c=2#egg=a' data-dist-info-metadata=true>y</A><a>z</a><a href="javascript:x">j</a><a name=q href=/b-2.zip>b</a><a href="http://plain.example.org/a.whl">h</a>`,
      'a',
      PAGE,
    );
    expect(files.map(({ name, url, hashes }) => [name, url, hashes])).toEqual([
      [
        'a-1.0+cpu-py3-none-any.whl',
        'https://files.example.org/x/a-1.0%2Bcpu-py3-none-any.whl',
        ['sha256:ab'],
      ],
      ['a-1.0.tar.gz', 'https://files.example.org/y/a-1.0.tar.gz?b=1&c=2', []],
      ['b-2.zip', 'https://files.example.org/b-2.zip', []],
    ]);
    expect(files[0]).toMatchObject({ yanked: '', coreMetadata: ['sha256:cd'] });
    expect(files[0]?.requiresPython?.toString()).toBe('<4,>=3.8');
    expect(files[1]).toMatchObject({ yanked: undefined, coreMetadata: [] });
  });

  it.each([
    ['a newer API', jsonPage([], 'a', '2.0'), 'PYC_INDEX_VERSION_UNSUPPORTED'],
    ['no API version', '{"files":[]}', 'PYC_INDEX_PAGE_INVALID'],
    ['another project', jsonPage([], 'b'), 'PYC_INDEX_PAGE_INVALID'],
    ['no JSON', '<html>', 'PYC_INDEX_PAGE_INVALID'],
    ['no list', '{"meta":{"api-version":"1.0"},"name":"a"}', 'PYC_INDEX_PAGE_INVALID'],
    [
      'a file without a name',
      '{"meta":{"api-version":"1.0"},"name":"a","files":[{}]}',
      'PYC_INDEX_PAGE_INVALID',
    ],
  ])('is refused for %s', (_what, text, code) => {
    expect(() => parseJsonPage(text, 'a', PAGE)).toThrowError(expect.objectContaining({ code }));
  });

  it('is refused in HTML of a newer API', () => {
    const html = '<meta name="pypi:repository-version" content="2.0">';
    expect(() => parseHtmlPage(html, 'a', PAGE)).toThrowError(
      expect.objectContaining({ code: 'PYC_INDEX_VERSION_UNSUPPORTED' }),
    );
  });

  it('is read to its end whatever it holds, in linear time', () => {
    const piece = fc.constantFrom(
      '<',
      '<a ',
      'href',
      '=',
      '"',
      "'",
      '>',
      '<!--',
      '-->',
      '<script>',
      '</script',
      '&amp;',
      '&#x',
      ' ',
      'x',
      '/',
      '%',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        parseHtmlPage(pieces.join(''), 'a', PAGE);
      }),
      { numRuns: 500 },
    );
    const before = performance.now();
    for (const hostile of ['<a ', '<a href="', '<!--', '<script>', '<a x=', '&#x', '< ']) {
      parseHtmlPage(hostile.repeat(200_000), 'a', PAGE);
    }
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

describe('the client of an index', () => {
  it('asks once a project, for JSON first, under its normalised name', async () => {
    const asked: (string | undefined)[][] = [];
    const origin = await serve((request, response) => {
      asked.push([request.url, request.headers.accept?.split(',')[0]]);
      response.writeHead(200, { 'content-type': JSON_TYPE }).end(jsonPage([], 'A'));
    });
    const index = createPackageIndex({ http: client(), defaultIndex: `${origin}/simple/` });
    await Promise.all([index.project('A'), index.project('a')]);
    expect(asked).toEqual([['/simple/a/', JSON_TYPE]]);
  });

  it('takes HTML as well, resolves against where a redirect led, and knows no project by 404', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/simple/a/') response.writeHead(302, { location: '/mirror/a/' }).end();
      else if (request.url === '/mirror/a/')
        response
          .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
          .end('<a href="a-1.0.tar.gz">');
      else response.writeHead(404).end();
    });
    const index = createPackageIndex({ http: client(), defaultIndex: `${origin}/simple` });
    expect((await index.project('a'))?.files[0]?.url).toBe(`${origin}/mirror/a/a-1.0.tar.gz`);
    expect(await index.project('b')).toBeUndefined();
  });

  it('says what else the index answered, and asks again after a failure', async () => {
    let status = 403;
    const origin = await serve((request, response) => {
      if (request.url?.includes('/v2/') === true)
        response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v2+json' }).end('{}');
      else response.writeHead(status, { 'content-type': 'application/pdf' }).end('x');
    });
    const index = createPackageIndex({ http: client(), defaultIndex: origin });
    expect(await codeOf(index.project('a'))).toBe('PYC_INDEX_ACCESS_DENIED');
    status = 200;
    expect(await codeOf(index.project('a'))).toBe('PYC_INDEX_PAGE_INVALID');
    expect(await codeOf(index.project('a', `${origin}/v2`))).toBe('PYC_INDEX_VERSION_UNSUPPORTED');
    expect(await codeOf(index.project('../a'))).toBe('PYC_NAME_INVALID');
  });
});

describe('the file of a pinned version', () => {
  const wheels = [
    'a-1.0-py3-none-any.whl',
    'a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl',
    'a-1.1-py3-none-any.whl',
  ];

  it('is the wheel that fits best, of that version alone', async () => {
    const origin = await indexOf({
      '/simple/a/': [JSON_TYPE, jsonPage(wheels.map((name) => ({ name, hash: 'ab' })))],
    });
    expect(await find(origin, { version: '1' })).toMatchObject({
      found: {
        version: '1.0',
        index: `${origin}/simple`,
        file: { name: wheels[1], url: `${origin}/files/${wheels[1]}`, hashes: ['sha256:ab'] },
      },
    });
  });

  it('is one whose hash is locked, and keeps that hash alone', async () => {
    const files = [
      { name: 'a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl', hash: 'ff' },
      { name: 'a-1.0-py3-none-any.whl', hash: '0a' },
    ];
    const origin = await indexOf({ '/simple/a/': [JSON_TYPE, jsonPage(files)] });
    expect(await find(origin, { hashes: ['sha256:0A', 'sha256:0b'] })).toMatchObject({
      found: { file: { name: 'a-1.0-py3-none-any.whl', hashes: ['sha256:0a'] } },
    });
    expect(await codeOf(find(origin, { hashes: ['sha256:99'] }))).toBe('PYC_INDEX_FILE_MISSING');
    // Where the index states nothing to compare with, the download must prove it.
    expect(await find(origin, { hashes: ['sha512:99'] })).toMatchObject({
      found: { file: { hashes: ['sha512:99'] } },
    });
  });

  it('may be yanked, which is said, but not where another fits', async () => {
    const origin = await indexOf({
      '/simple/a/': [
        JSON_TYPE,
        jsonPage([
          { name: 'a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl', yanked: 'broken' },
          { name: 'a-1.0-py3-none-any.whl' },
          { name: 'a-2.0-py3-none-any.whl', yanked: 'broken' },
        ]),
      ],
    });
    expect(await find(origin, {})).toMatchObject({ found: { file: { name: 'a-1.0-py3-none-any.whl' } } });
    expect(await find(origin, { version: '2.0' })).toMatchObject({ yanked: 'broken' });
  });

  it('is refused with every reason where none fits', async () => {
    const origin = await indexOf({
      '/simple/a/': [
        JSON_TYPE,
        jsonPage([
          { name: 'a-1.0-py3-none-any.whl', 'requires-python': '>=3.13' },
          { name: 'a-1.0-cp312-cp312-win_amd64.whl' },
          { name: 'a-1.0.tar.gz', hash: 'ab' },
          { name: 'a-1.0.win32.exe' },
          { name: 'b-1.0-py3-none-any.whl' },
        ]),
      ],
    });
    expect(await find(origin, {})).toMatchObject({
      rejected: {
        name: 'a',
        version: '1.0',
        files: [{ kind: 'requires-python' }, { kind: 'operating-system' }],
        buildable: { source: 'sdist', file: { name: 'a-1.0.tar.gz' } },
      },
    });
  });

  it('is the one of the locked hash where another local version is higher', async () => {
    const origin = await indexOf({
      '/simple/a/': [
        JSON_TYPE,
        jsonPage([
          { name: 'a-1.0+cpu-py3-none-any.whl', hash: '01' },
          { name: 'a-1.0-py3-none-any.whl', hash: '02' },
        ]),
      ],
    });
    expect(await find(origin, { hashes: ['sha256:02'] })).toMatchObject({ found: { version: '1.0' } });
    expect(await find(origin, { hashes: ['sha256:01', 'sha256:02'] })).toMatchObject({
      found: { version: '1.0+cpu' },
    });
  });

  it('is the one that a lock names, by its hash, or by its name where the index states none', async () => {
    const origin = await indexOf({
      '/simple/a/': [
        JSON_TYPE,
        jsonPage([
          { name: 'a-1.0-py2.py3-none-any.whl', hash: '01' },
          { name: 'a-1.0-py3-none-any.whl', hash: '02' },
          { name: 'a-1.0-cp312-cp312-manylinux_2_17_x86_64.whl' },
          { name: 'a-1.0-cp312-none-any.whl' },
        ]),
      ],
    });
    const named = (name: string, hash: string) =>
      find(origin, { file: { name, hashes: [`sha256:${hash}`] } });
    expect(await named('a-1.0-py3-none-any.whl', '01')).toMatchObject({
      found: { file: { name: 'a-1.0-py2.py3-none-any.whl', hashes: ['sha256:01'] } },
    });
    expect(await named('a-1.0-cp312-none-any.whl', '03')).toMatchObject({
      found: { file: { name: 'a-1.0-cp312-none-any.whl', hashes: ['sha256:03'] } },
    });
    expect(await codeOf(named('a-1.0-py3-none-any.whl', '03'))).toBe('PYC_INDEX_FILE_MISSING');
  });

  it('comes from the first index that has the project, and from a later one only by its hash', async () => {
    const origin = await indexOf({
      '/one/a/': [JSON_TYPE, jsonPage([{ name: 'a-0.9-py3-none-any.whl', hash: '01' }])],
      '/two/a/': [JSON_TYPE, jsonPage([{ name: 'a-1.0-py3-none-any.whl', hash: '02' }])],
    });
    const indexes = [`${origin}/none`, `${origin}/one`, `${origin}/two`];
    expect(await codeOf(find(origin, { indexes }))).toBe('PYC_INDEX_FILE_MISSING');
    expect(await find(origin, { indexes, hashes: ['sha256:02'] })).toMatchObject({
      found: { index: `${origin}/two` },
    });
    expect(await codeOf(find(origin, { indexes: [`${origin}/none`] }))).toBe('PYC_INDEX_FILE_MISSING');
  });
});

describe('a page that never ends', () => {
  /** Sends a page's beginning, and then piece after piece for as long as somebody listens. */
  async function endless(piece: string, pause: number): Promise<string> {
    return serve((_, response) => {
      response.writeHead(200, { 'content-type': JSON_TYPE }).write('{"meta": {}, "files": [');
      const send = (): void => {
        if (response.destroyed) return;
        if (response.write(piece)) setTimeout(send, pause);
        else response.once('drain', send);
      };
      send();
    });
  }

  it('is given up at its limit, or after a while', async () => {
    const large = createPackageIndex({ http: client() });
    expect(await codeOf(large.project('a', await endless(' '.repeat(2 ** 20), 0)))).toBe(
      'PYC_INDEX_PAGE_INVALID',
    );
    const slow = createPackageIndex({ http: client(), patience: 300 });
    expect(await codeOf(slow.project('a', await endless(' ', 10)))).toBe('PYC_INDEX_PAGE_INVALID');
  });
});
