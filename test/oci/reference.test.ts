import { describe, expect, it } from 'vitest';
import { formatReference, identifierOf, isTag, parseReference } from '../../core/oci/reference.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const HUB = { host: 'docker.io', endpoint: 'registry-1.docker.io' };
const at = (host: string) => ({ host, endpoint: host });

describe('an image reference', () => {
  it('is read with the defaults of Docker Hub filled in', () => {
    const table: [string, object, string?][] = [
      ['python', { ...HUB, repository: 'library/python' }],
      ['python:3.13-slim', { ...HUB, repository: 'library/python', tag: '3.13-slim' }],
      ['me/shop', { ...HUB, repository: 'me/shop' }],
      ['docker.io/python', { ...HUB, repository: 'library/python' }, 'python'],
      ['index.docker.io/me/shop:1', { ...HUB, repository: 'me/shop', tag: '1' }, 'me/shop:1'],
      ['docker.io/library/python', { ...HUB, repository: 'library/python' }, 'python'],
      ['ghcr.io/me/shop:1.2', { ...at('ghcr.io'), repository: 'me/shop', tag: '1.2' }],
      ['GHCR.io/me/shop', { ...at('ghcr.io'), repository: 'me/shop' }, 'ghcr.io/me/shop'],
      ['localhost/shop', { ...at('localhost'), repository: 'shop' }],
      ['localhost:5000/shop:1', { ...at('localhost:5000'), repository: 'shop', tag: '1' }],
      ['host:5000/a/b/c', { ...at('host:5000'), repository: 'a/b/c' }],
      ['127.0.0.1:5000/x', { ...at('127.0.0.1:5000'), repository: 'x' }],
      ['[::1]:5000/x:2', { ...at('[::1]:5000'), repository: 'x', tag: '2' }],
      ['[fd00::1]/x', { ...at('[fd00::1]'), repository: 'x' }],
      [`r.io/x@${digest}`, { ...at('r.io'), repository: 'x', digest }],
      [`r.io/x:1@${digest}`, { ...at('r.io'), repository: 'x', tag: '1', digest }],
      ['localhost:5000', { ...HUB, repository: 'library/localhost', tag: '5000' }],
      ['a__b/c-d--e.f_g', { ...HUB, repository: 'a__b/c-d--e.f_g' }],
    ];
    for (const [text, expected, shown = text] of table) {
      const reference = parseReference(text);
      expect(reference, text).toEqual(expected);
      expect(formatReference(reference)).toBe(shown);
      expect(parseReference(formatReference(reference))).toEqual(reference);
    }
  });

  it('is refused where the grammar does', () => {
    const bad = [
      '',
      ' ',
      ':tag',
      'a:',
      'a:-x',
      `a:${'x'.repeat(129)}`,
      'a@sha256:abc',
      'a@',
      `a@sha512:${'a'.repeat(128)}`,
      'A',
      'ghcr.io/Me/shop',
      'Host/shop',
      'a//b',
      '/a',
      'a/',
      'a/../b',
      '../a',
      'a/.b',
      'a_-b',
      'a___b',
      '-a/b',
      'a b',
      'host:99999/x',
      'host:0/x',
      'http://host/x',
      'host.io/',
      '[::1',
      '[::1]',
      '[zz]/x',
      'a:b:c',
      'a\u0000b',
      `${'a'.repeat(64)}`,
      `r.io/${'x'.repeat(255)}`,
      'a@b@c',
      'user:pw@host.io/x',
      '-.io/x',
      'é/x',
    ];
    const taken = bad.filter((text) => {
      try {
        parseReference(text);
        return true;
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'PYC_REFERENCE_INVALID', exitCode: 2 });
        return false;
      }
    });
    expect(taken).toEqual([]);
  });

  it('is asked for by digest, else tag, else `latest`', () => {
    expect(identifierOf(parseReference(`a:1@${digest}`))).toBe(digest);
    expect(identifierOf(parseReference('a:1'))).toBe('1');
    expect(identifierOf(parseReference('a'))).toBe('latest');
    expect([isTag('1.0_x-Y'), isTag('.x'), isTag('')]).toEqual([true, false, false]);
  });
});
