import { describe, expect, it } from 'vitest';
import { type DownloadOptions, download } from '../../core/http/download.ts';
import { readAll } from '../../core/primitives/bytes.ts';
import { client, codeOf, serve } from './server.ts';

const CONTENT = Buffer.from(Array.from({ length: 30_000 }, (_, index) => index % 251));

interface Behaviour {
  readonly ranges?: boolean;
  readonly cutEvery?: number;
  /** Answers that are cut; default all. */
  readonly cuts?: number;
  readonly tag?: () => string;
  readonly ignoreRange?: boolean;
}

function fileServer({
  ranges = true,
  cutEvery,
  cuts = Number.POSITIVE_INFINITY,
  tag = () => '"v1"',
  ignoreRange = false,
}: Behaviour): Promise<string> {
  let answers = 0;
  return serve((request, response) => {
    const etag = tag();
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const partial = ranges && !ignoreRange && from > 0 && request.headers['if-range'] === etag;
    const body = partial ? CONTENT.subarray(from) : CONTENT;
    response.writeHead(partial ? 206 : 200, {
      'content-length': String(body.length),
      'accept-ranges': ranges ? 'bytes' : 'none',
      etag,
      ...(partial ? { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` } : {}),
    });
    answers += 1;
    if (cutEvery === undefined || answers > cuts || body.length <= cutEvery) response.end(body);
    else response.write(body.subarray(0, cutEvery), () => setTimeout(() => response.destroy(), 5));
  });
}

const fetchAll = (url: string, options?: DownloadOptions): Promise<Uint8Array> =>
  readAll(download(client(), { url }, options), 1e6, 'test');

describe('a download', () => {
  it('gives the bytes and checks their number', async () => {
    const url = await fileServer({});
    expect(CONTENT.equals(await fetchAll(url, { expectedSize: CONTENT.length }))).toBe(true);
    expect(await codeOf(fetchAll(url, { expectedSize: 5 }))).toBe('PYC_HTTP_BODY_CUT');
  });

  it('asks for the rest of a broken body where the server can give it', async () => {
    expect(CONTENT.equals(await fetchAll(await fileServer({ cutEvery: 12_000 })))).toBe(true);
  });

  it('fails where the server has no ranges, ignores them, or has another file by now', async () => {
    const versions = ['"1"', '"2"', '"3"'];
    expect(
      await Promise.all([
        codeOf(fetchAll(await fileServer({ cutEvery: 12_000, ranges: false }))),
        codeOf(fetchAll(await fileServer({ cutEvery: 12_000, ignoreRange: true }))),
        codeOf(fetchAll(await fileServer({ cutEvery: 12_000, tag: () => versions.shift() ?? '"4"' }))),
        codeOf(fetchAll(await fileServer({ cutEvery: 12_000, tag: () => 'W/"weak"' }))),
      ]),
    ).toEqual(Array(4).fill('PYC_HTTP_BODY_CUT'));
  });

  it('of bytes that the caller knows goes on wherever the server gives them again', async () => {
    const options = { isVerified: true, pause: 1, expectedSize: CONTENT.length };
    for (const behaviour of [{ tag: () => 'W/"weak"' }, { ranges: false }, { ignoreRange: true }]) {
      const url = await fileServer({ ...behaviour, cutEvery: 12_000, cuts: 2 });
      expect(CONTENT.equals(await fetchAll(url, options))).toBe(true);
    }
  });

  it('fails on a status other than 200, with the status', async () => {
    const url = await serve((_request, response) => response.writeHead(403).end());
    await expect(fetchAll(url)).rejects.toMatchObject({ code: 'PYC_HTTP_STATUS', status: 403 });
  });

  it('sends nothing before it is iterated', () => {
    const http = client();
    download(http, { url: 'http://127.0.0.1:1/' });
    expect(http.sent).toBe(0);
  });
});
