import { describe, expect, it } from 'vitest';
import { proxyChoice } from '../../core/http/proxy.ts';
import { askedDelay, isRetryableStatus, retryDelay } from '../../core/http/retry.ts';
import { isLinkLocal, isLoopback, redactUrl } from '../../core/http/url.ts';

describe('the choice of a proxy', () => {
  it('follows NO_PROXY’s names, subdomains, ports, addresses and ranges', () => {
    const table: [noProxy: string, url: string, proxied: boolean][] = [
      ['', 'http://example.org/', true],
      ['*', 'http://example.org/', false],
      ['example.org', 'https://example.org/', false],
      ['example.org', 'https://a.example.org/', false],
      ['example.org', 'https://notexample.org/', true],
      ['.example.org', 'https://a.example.org/', false],
      ['*.example.org', 'https://a.example.org/', false],
      ['example.org:8080', 'http://example.org/', true],
      ['example.org:80', 'http://example.org/', false],
      ['foo, EXAMPLE.org', 'http://example.org/', false],
      ['10.0.0.0/8', 'http://10.200.3.4:5000/', false],
      ['10.0.0.0/8', 'http://11.0.0.1/', true],
      ['10.0.0.0/33', 'http://10.0.0.1/', true],
      ['192.168.1.7', 'http://192.168.1.7/', false],
      ['fd00::/8', 'http://[fd12:3456::1]/', false],
      ['fd00::/8', 'http://[fe12::1]/', true],
      ['[fd12::1]:443', 'https://[fd12::1]/', false],
      ['[fd12::1]:443', 'https://[fd12::1]:5000/', true],
      ['FD12:0:0::1', 'https://[fd12::1]:5000/', false],
      ['fd12::1', 'https://[fd12::11]/', true],
      ['10.0.0.1', 'http://110.0.0.1/', true],
      ['10.0.0.1:5000', 'http://10.0.0.1:5000/', false],
      ['10.0.0.1:5000', 'http://10.0.0.1:5001/', true],
      ['0.0.0.0/0', 'http://[fd12::1]/', true],
      ['::/0,other.test', 'http://[fd12::1]/', false],
      ['', 'http://localhost:5000/', true],
      ['', 'http://169.254.169.254/latest/api/token', false],
    ];
    const wrong = table.filter(([noProxy, url, proxied]) => {
      const choose = proxyChoice({ HTTP_PROXY: 'http://p:1', HTTPS_PROXY: 'http://p:1', NO_PROXY: noProxy });
      const isProxied = choose(new URL(url)) !== undefined;
      return isProxied !== (proxied && !url.includes('localhost'));
    });
    expect(wrong).toEqual([]);
  });

  it('reads the lower-case name first and takes ALL_PROXY for both', () => {
    expect(proxyChoice({ http_proxy: 'a:1', HTTP_PROXY: 'b:1' })(new URL('http://x/'))?.host).toBe('a:1');
    expect(proxyChoice({ ALL_PROXY: 'http://c:1' })(new URL('https://x/'))?.host).toBe('c:1');
    expect(proxyChoice({})(new URL('https://x/'))).toBeUndefined();
    expect(() => proxyChoice({ HTTP_PROXY: 'socks5://c:1' })(new URL('http://x/'))).toThrow(
      expect.objectContaining({ code: 'PYC_HTTP_PROXY' }),
    );
  });
});

describe('waits', () => {
  const rules = { base: 100, longest: 1000, deadline: 5000 };
  it('double, with chance, and obey Retry-After up to the bound', () => {
    expect(retryDelay(0, undefined, rules, () => 1)).toBe(100);
    expect(retryDelay(2, undefined, rules, () => 0)).toBe(200);
    expect(retryDelay(20, undefined, rules, () => 1)).toBe(1000);
    expect(retryDelay(0, 500, rules, () => 1)).toBe(500);
    expect(retryDelay(0, 1e12, rules, () => 1)).toBe(1000);
  });

  it('follows statuses that pass, also those that only proxies have', () => {
    const statuses = [200, 400, 404, 408, 413, 429, 500, 501, 502, 503, 504, 505, 511, 520, 524];
    expect(statuses.filter(isRetryableStatus)).toEqual([408, 429, 500, 502, 503, 504, 520, 524]);
  });

  it('takes Retry-After in seconds and as a date, which it holds against the server’s own clock', () => {
    const now = Date.parse('Thu, 01 Jan 2026 12:00:00 GMT');
    const later = 'Thu, 01 Jan 2026 12:00:07 GMT';
    const hourAhead = { date: 'Thu, 01 Jan 2026 13:00:00 GMT' };
    const table: [headers: Record<string, string>, asked: number | undefined][] = [
      [{}, undefined],
      [{ 'retry-after': '1' }, 1000],
      [{ 'retry-after': '1000000000' }, 1e12],
      [{ 'retry-after': later }, 7000],
      [{ 'retry-after': later, date: 'nonsense' }, 7000],
      [{ 'retry-after': 'Thu, 01 Jan 2026 13:00:07 GMT', ...hourAhead }, 7000],
      [{ 'retry-after': later, ...hourAhead }, 0],
      [{ 'retry-after': '-5x' }, undefined],
    ];
    expect(table.map(([headers]) => askedDelay(headers, now))).toEqual(table.map(([, asked]) => asked));
  });
});

describe('addresses', () => {
  it('tell loopback and link-local ones from look-alikes', () => {
    expect(
      ['localhost', 'a.localhost', '127.0.0.1', '127.1.2.3', '[::1]'].filter((h) => !isLoopback(h)),
    ).toEqual([]);
    expect(
      ['localhost.evil.org', '127.0.0.1.evil.org', '128.0.0.1', 'notlocalhost'].filter(isLoopback),
    ).toEqual([]);
    expect(['169.254.169.254', '[fe80::1]', '[::ffff:a9fe:a9fe]'].filter((h) => !isLinkLocal(h))).toEqual([]);
    expect(['169.255.0.1', 'example.org'].filter(isLinkLocal)).toEqual([]);
  });

  it('are shown without credentials, query, fragment and control characters', () => {
    expect(redactUrl('https://u:p@h:1/a/b?token=x#f')).toBe('https://h:1/a/b?…');
    expect(redactUrl('http://u:secret@[bad/a?b=c')).not.toContain('secret');
    expect(redactUrl('x\u202ey')).toBe('x\\u202ey');
  });
});
