import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer as createRawServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { VERSION } from '../../core/primitives/version.ts';
import { CERTIFICATE } from './certificate.ts';
import { client, codeOf, serve } from './server.ts';

/** A folder that is gone when the test is. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pyc-ca-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('a request', () => {
  it('states the program, asks for unencoded bytes and gives status, headers and body', async () => {
    const seen: unknown[] = [];
    const origin = await serve((request, response) => {
      seen.push(
        request.method,
        request.headers['user-agent'],
        request.headers['accept-encoding'],
        request.url,
      );
      response.writeHead(
        201,
        [
          ['X-Two', 'a'],
          ['X-Two', 'b'],
          ['Content-Type', 'text/plain'],
        ].flat(),
      );
      response.end('héllo');
    });
    const http = client();
    const response = await http.request({ url: `${origin}/path?q=1#part` });
    expect(seen).toEqual(['GET', `pycontainer/${VERSION}`, 'identity', '/path?q=1']);
    expect(response.status).toBe(201);
    expect(response.headers['x-two']).toBe('a, b');
    expect(response.headerList('X-Two')).toEqual(['a', 'b']);
    expect(response.url).toBe(`${origin}/path?q=1`);
    expect(await response.text(100)).toBe('héllo');
    expect(http.sent).toBe(1);
  });

  it('sends a URL’s user and password as Basic authentication and keeps them out of the URL', async () => {
    const origin = await serve((request, response) => response.end(request.headers.authorization));
    const response = await client().request({ url: origin.replace('//', '//me:p%40ss@') });
    expect(await response.text(100)).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    expect(response.url).not.toContain('ss@');
  });

  it('streams a body with its length, afresh on every try', async () => {
    let tries = 0;
    const bodies: string[] = [];
    const origin = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(`${request.headers['content-length']}:${Buffer.concat(chunks).toString()}`);
        tries += 1;
        response.writeHead(tries < 3 ? 503 : 200).end();
      });
    });
    const response = await client().request({
      url: origin,
      method: 'PUT',
      retries: 3,
      bodySize: 6,
      body: async function* () {
        yield Buffer.from('abc');
        yield Buffer.from('def');
      },
    });
    expect(response.status).toBe(200);
    expect(bodies).toEqual(['6:abcdef', '6:abcdef', '6:abcdef']);
  });

  it('refuses headers that would split the request, and URLs that are not http', async () => {
    const http = client();
    expect(
      await Promise.all([
        codeOf(http.request({ url: 'http://127.0.0.1:1', headers: { a: 'b\r\nc: d' } })),
        codeOf(http.request({ url: 'http://127.0.0.1:1', headers: { 'a b': 'c' } })),
        codeOf(http.request({ url: 'http://127.0.0.1:1', headers: { a: 'b\u2028' } })),
        codeOf(http.request({ url: 'file:///etc/passwd' })),
        codeOf(http.request({ url: 'nonsense' })),
      ]),
    ).toEqual(Array(5).fill('PYC_HTTP_REQUEST_INVALID'));
    expect(http.sent).toBe(0);
  });

  it('is refused in offline mode, before anything is sent', async () => {
    const http = client({ offline: true });
    expect(await codeOf(http.request({ url: 'https://example.org/' }))).toBe('PYC_OFFLINE');
    expect(http.sent).toBe(0);
  });

  it('ends at once when either signal is aborted, also while it waits to try again', async () => {
    const origin = await serve((request, response) => {
      if (request.url === '/busy') response.writeHead(503, { 'retry-after': '30' }).end();
    });
    const controller = new AbortController();
    const all = new AbortController();
    const http = client({ signal: all.signal, retry: { base: 60_000, longest: 60_000, deadline: 120_000 } });
    const silent = codeOf(http.request({ url: origin, signal: controller.signal }));
    const busy = codeOf(http.request({ url: `${origin}/busy` }));
    await sleep(50);
    controller.abort();
    expect(await silent).toBe(20);
    all.abort(new Error('stop'));
    expect(await busy).toBe('Error');
  });
});

describe('retries', () => {
  it('tries GET four times more, keeps to what Retry-After says within bounds, and then gives the answer', async () => {
    const times: number[] = [];
    const origin = await serve((_request, response) => {
      times.push(performance.now());
      response.writeHead(429, { 'retry-after': '1000000000' }).end('no');
    });
    const response = await client().request({ url: origin });
    expect(response.status).toBe(429);
    expect(await response.text(10)).toBe('no');
    expect(times.length).toBe(5);
    expect(times[1]! - times[0]!).toBeGreaterThan(30);
  });

  it('does not repeat a POST, nor what is refused for good', async () => {
    const http = client();
    const origin = await serve((request, response) =>
      response.writeHead(request.method === 'POST' ? 500 : 404).end(),
    );
    await http.request({ url: origin, method: 'POST', body: 'x' });
    await http.request({ url: origin });
    expect(http.sent).toBe(2);
  });

  it('tries a broken connection again', async () => {
    let tries = 0;
    const origin = await serve((request, response) => {
      tries += 1;
      if (tries < 3) request.socket.destroy();
      else response.end('there');
    });
    expect(await (await client().request({ url: origin })).text(10)).toBe('there');
  });

  it('starts no try past the deadline', async () => {
    const http = client({ retry: { base: 50, longest: 50, deadline: 10 } });
    const origin = await serve((_request, response) => response.writeHead(503).end());
    expect((await http.request({ url: origin })).status).toBe(503);
    expect(http.sent).toBe(1);
  });
});

describe('failures', () => {
  it('names a refused connection, a silent server and an unknown host by code, without secrets', async () => {
    const closed = await serve(() => undefined);
    const silent = await serve(() => undefined);
    const http = client({ timeouts: { answer: 60, upload: 60, idle: 60, connect: 1000 } });
    const dead = await new Promise<number>((resolve) => {
      const probe = createRawServer().listen(0, '127.0.0.1', () => {
        const { port } = probe.address() as AddressInfo;
        probe.close(() => resolve(port));
      });
    });
    const secret = 's3cret';
    const failures = await Promise.all(
      [
        `http://u:${secret}@127.0.0.1:${dead}/a?token=${secret}`,
        `${silent.replace('//', `//u:${secret}@`)}/b?token=${secret}#${secret}`,
        `http://nowhere.invalid/?token=${secret}`,
      ].map((url) => http.request({ url, retries: 0 }).catch((error: unknown) => error)),
    );
    expect(failures.map((error) => (error as { code: string }).code)).toEqual([
      'PYC_HTTP_UNREACHABLE',
      'PYC_HTTP_TIMEOUT',
      'PYC_HTTP_UNREACHABLE',
    ]);
    for (const error of failures as (Error & { hint?: string; url: string })[]) {
      expect(error.hint).toBeTruthy();
      expect(JSON.stringify([error.message, error.hint, error.url, String(error.cause)])).not.toContain(
        secret,
      );
    }
    expect(closed).toBeTruthy();
  });

  it('fails a body that is cut or stalls, and never ends the process for one that nobody reads', async () => {
    const origin = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('part');
      if (request.url === '/cut') setTimeout(() => response.destroy(), 20);
    });
    const http = client({ timeouts: { idle: 60 } });
    const [cut, stalled, unread] = await Promise.all([
      http.request({ url: `${origin}/cut` }),
      http.request({ url: `${origin}/stalled` }),
      http.request({ url: `${origin}/cut` }),
    ]);
    expect(await codeOf(cut.bytes(1000))).toBe('PYC_HTTP_UNREACHABLE');
    expect(await codeOf(stalled.bytes(1000))).toBe('PYC_HTTP_TIMEOUT');
    unread.body.destroy();
    await sleep(40);
  });

  it('refuses a body past the limit', async () => {
    const origin = await serve((_request, response) => response.end(Buffer.alloc(5000)));
    const response = await client().request({ url: origin });
    expect(await codeOf(response.bytes(4999))).toBe('PYC_INPUT_TOO_LARGE');
  });
});

describe('a body', () => {
  it('that comes so slowly that it would never end is given up, but not one that is read slowly', async () => {
    const slow = await serve((_request, response) => {
      const timer = setInterval(() => response.write('x'), 5);
      response.once('close', () => clearInterval(timer));
    });
    const http = client({ timeouts: { idle: 100 } });
    const response = await http.request({ url: slow });
    expect(await codeOf(response.bytes(1e6))).toBe('PYC_HTTP_TIMEOUT');
    const quick = await serve((_request, response) => response.end(Buffer.alloc(400_000)));
    const { body } = await http.request({ url: quick });
    let size = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      await sleep(30);
    }
    expect(size).toBe(400_000);
  });
});

describe('redirects', () => {
  it('to link-local addresses are not followed', async () => {
    const origin = await serve((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
    );
    expect(await codeOf(client().request({ url: origin }))).toBe('PYC_HTTP_REDIRECT');
  });

  it('follow relative and absolute locations, and leave credentials with their origin', async () => {
    const seen: unknown[] = [];
    const other = await serve((request, response) => {
      seen.push([
        request.url,
        request.headers.authorization,
        request.headers.cookie,
        request.headers['x-plain'],
      ]);
      response.end('end');
    });
    const origin = await serve((request, response) => {
      seen.push([request.url, request.headers.authorization]);
      const location = request.url === '/a' ? 'b' : `${other.replace('//', '//evil:pw@')}/c`;
      response.writeHead(request.url === '/a' ? 302 : 307, { location }).end();
    });
    const response = await client().request({
      url: `${origin}/a`,
      headers: { Authorization: 'Bearer t', cookie: 'c=1', 'x-plain': 'y' },
    });
    expect(response.url).toBe(`${other}/c`);
    expect(seen).toEqual([
      ['/a', 'Bearer t'],
      ['/b', 'Bearer t'],
      ['/c', undefined, undefined, 'y'],
    ]);
  });

  it('replay a body on 307 and turn POST into GET on 303', async () => {
    const seen: string[] = [];
    const origin = await serve((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${text}`);
        if (request.url === '/end') response.end();
        else response.writeHead(Number(request.url?.slice(1)), { location: '/end' }).end();
      });
    });
    const http = client();
    await http.request({ url: `${origin}/307`, method: 'PUT', body: 'x' });
    await http.request({ url: `${origin}/303`, method: 'POST', body: 'x' });
    expect(seen).toEqual(['PUT /307 x', 'PUT /end x', 'POST /303 x', 'GET /end ']);
  });

  it('are given back on demand, end after ten, and never leave https', async () => {
    const plain = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end());
    const tls = await serve((_request, response) => response.writeHead(302, { location: plain }).end(), true);
    const odd = await serve((_request, response) => response.writeHead(302, { location: 'ftp://x/' }).end());
    const directory = await temporaryFolder();
    const file = join(directory, 'ca.pem');
    await writeFile(file, CERTIFICATE);
    const http = client({ env: { SSL_CERT_FILE: file } });
    expect((await http.request({ url: plain, redirect: 'manual' })).status).toBe(302);
    expect(await codeOf(http.request({ url: plain }))).toBe('PYC_HTTP_REDIRECT');
    expect(http.sent).toBe(12);
    expect(await codeOf(http.request({ url: tls }))).toBe('PYC_HTTP_REDIRECT');
    expect(await codeOf(http.request({ url: odd }))).toBe('PYC_HTTP_REDIRECT');
  });
});

describe('certificates', () => {
  it('are refused where nothing vouches for them, and trusted by SSL_CERT_FILE and NODE_EXTRA_CA_CERTS', async () => {
    const origin = await serve((_request, response) => response.end('ok'), true);
    const file = join(await temporaryFolder(), 'ca.pem');
    await writeFile(file, CERTIFICATE);
    const warnings: string[] = [];
    const log = {
      info() {},
      debug() {},
      progress() {},
      warn: (w: { code: string }) => warnings.push(w.code),
    };
    expect(await codeOf(client().request({ url: origin }))).toBe('PYC_HTTP_CERTIFICATE');
    expect(
      await codeOf(client({ env: { SSL_CERT_FILE: `${file}-not` }, log }).request({ url: origin })),
    ).toBe('PYC_HTTP_CERTIFICATE');
    expect(warnings).toEqual(['PYC_HTTP_CERTIFICATE_FILE']);
    for (const name of ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS']) {
      const response = await client({ env: { [name]: file } }).request({ url: origin });
      expect(await response.text(10)).toBe('ok');
    }
  });
});

describe('connections', () => {
  it('are reused, and at most sixteen are open to one origin', async () => {
    const sockets = new Set<unknown>();
    let now = 0;
    let most = 0;
    const origin = await serve((request, response) => {
      sockets.add(request.socket);
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        response.end('x');
      }, 10);
    });
    const http = client();
    await Promise.all(
      Array.from({ length: 64 }, async () => (await http.request({ url: origin })).discard()),
    );
    expect(most).toBeLessThanOrEqual(16);
    expect(sockets.size).toBeLessThanOrEqual(16);
  });
});

describe('proxies', () => {
  it('carry http requests whole and https ones through a tunnel, with their password, and are left out by NO_PROXY', async () => {
    const tls = await serve((_request, response) => response.end('secure'), true);
    const seen: string[] = [];
    const proxy = createRawServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (data) => {
        const head = data.toString();
        const authorized = head.includes(Buffer.from('me:p w').toString('base64'));
        seen.push(`${head.split('\r\n')[0]} ${authorized}`);
        if (!authorized) {
          socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
        } else if (head.startsWith('CONNECT')) {
          socket.write('HTTP/1.1 200 Connected\r\n\r\n');
          const upstream = connect(Number(new URL(tls).port), '127.0.0.1');
          upstream.on('error', () => undefined);
          socket.pipe(upstream).pipe(socket);
        } else {
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nproxed');
        }
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void proxy.close());
    const address = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const file = join(await temporaryFolder(), 'ca.pem');
    await writeFile(file, CERTIFICATE);
    const env = {
      HTTP_PROXY: `me:p%20w@${address}`,
      https_proxy: `http://me:p%20w@${address}`,
      SSL_CERT_FILE: file,
    };
    const http = client({ env });
    expect(await (await http.request({ url: 'http://registry.test/x' })).text(10)).toBe('proxed');
    expect(await (await http.request({ url: 'https://registry.test/' })).text(10)).toBe('secure');
    expect(await (await http.request({ url: tls })).text(10)).toBe('secure');
    const wrong = client({
      env: {
        ...env,
        HTTP_PROXY: `http://me:wrong@${address}`,
        HTTPS_PROXY: '',
        https_proxy: `http://me:wrong@${address}`,
      },
    });
    const failures = await Promise.all(
      ['http://registry.test/', 'https://registry.test/'].map((url) =>
        wrong.request({ url, retries: 0 }).catch((error: unknown) => error as Error & { code: string }),
      ),
    );
    expect(failures.map((error) => (error as { code?: string }).code)).toEqual([
      'PYC_HTTP_PROXY',
      'PYC_HTTP_PROXY',
    ]);
    expect(failures.map(String).join()).not.toContain('wrong');
    const gone = client({ env: { HTTPS_PROXY: 'http://127.0.0.1:1' } }).request({
      url: 'https://registry.test/',
    });
    await expect(gone).rejects.toMatchObject({
      code: 'PYC_HTTP_PROXY',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    expect(seen).toEqual([
      'GET http://registry.test/x HTTP/1.1 true',
      'CONNECT registry.test:443 HTTP/1.1 true',
      'GET http://registry.test/ HTTP/1.1 false',
      'CONNECT registry.test:443 HTTP/1.1 false',
    ]);
  });
});
