import { createHash } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient } from '../../core/http/undici-client.ts';
import { type FakeIndex, type FakeIndexOptions, startFakeIndex } from '../../core/testing/fake-index.ts';

const BYTES = Buffer.from('a wheel');
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const FILE = {
  project: 'My.Shop',
  name: 'my_shop-1.0-py3-none-any.whl',
  bytes: BYTES,
  requiresPython: '>=3.9',
  metadata: Buffer.from('Name: x'),
};

async function index(options: Partial<FakeIndexOptions> = {}): Promise<FakeIndex> {
  const started = await startFakeIndex({ files: [FILE], ...options });
  onTestFinished(() => started.close());
  return started;
}

async function get(
  url: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string | undefined; text: string }> {
  const http = createHttpClient({ env: {} });
  const response = await http.request({ url, headers });
  const text = await response.text(1e6);
  await http.close();
  return { status: response.status, type: response.headers['content-type'], text };
}

describe('the fake index', () => {
  it('lists projects and files as HTML, and as JSON for who asks', async () => {
    const { url } = await index({ metadata: true });
    expect((await get(url)).text).toContain('<a href="/simple/my-shop/">my-shop</a>');
    const page = await get(`${url}my.shop`);
    expect(page.text).toContain(
      `#sha256=${SHA256}" data-requires-python="&#62;=3.9" data-core-metadata="sha256=`,
    );
    const json = await get(`${url}my-shop/`, { accept: `${JSON_TYPE}, text/html;q=0.1` });
    expect(json.type).toBe(JSON_TYPE);
    expect(JSON.parse(json.text)).toMatchObject({
      name: 'my-shop',
      files: [{ filename: FILE.name, hashes: { sha256: SHA256 }, size: 7, 'requires-python': '>=3.9' }],
    });
    expect((await get(`${url}other/`)).status).toBe(404);
    expect((await get((await index({ json: false })).url, { accept: JSON_TYPE })).type).toContain(
      'text/html',
    );
  });

  it('serves files, parts of them and their metadata', async () => {
    const served = await index({ metadata: true });
    const url = served.urlOf(FILE.name);
    expect((await get(url)).text).toBe('a wheel');
    expect(await get(url, { range: 'bytes=2-' })).toMatchObject({ status: 206, text: 'wheel' });
    expect((await get(`${url}.metadata`)).text).toBe('Name: x');
    expect((await get(`${(await index()).urlOf(FILE.name)}.metadata`)).status).toBe(404);
    expect(served.requests.length).toBe(3);
  });

  it('lies, breaks, redirects and asks for a password on demand', async () => {
    const lying = await index({ files: [{ ...FILE, listed: { sha256: '0'.repeat(64), size: 1 } }] });
    expect((await get(`${lying.url}my-shop/`)).text).toContain(`#sha256=${'0'.repeat(64)}`);
    const moved = await index({ files: [{ ...FILE, redirect: lying.urlOf(FILE.name) }] });
    expect((await get(moved.urlOf(FILE.name))).text).toBe('a wheel');
    lying.fault = () => ({ corrupt: true });
    expect((await get(lying.urlOf(FILE.name))).text).not.toBe('a wheel');
    const closed = await index({ password: { username: 'me', password: 'pw' } });
    expect((await get(closed.url)).status).toBe(401);
    expect((await get(closed.url.replace('//', '//me:pw@'))).status).toBe(200);
  });
});
