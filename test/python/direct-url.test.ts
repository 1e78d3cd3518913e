import { describe, expect, it } from 'vitest';
import { parseDirectUrl, printDirectUrl } from '../../core/python/direct-url.ts';
import { codeOf, Mismatches, withConformance } from './conformance.ts';

interface Vectors {
  readonly direct_url: readonly {
    test: string;
    in: Readonly<Record<string, unknown>>;
    ok?: boolean;
    error?: string;
  }[];
}

/** What PEP 610 lets stand in a URL instead of a secret. */
function placeholder(name: string): string {
  return `\${${name}}`;
}

describe('parseDirectUrl', () => {
  it.each([
    { url: 'https://example.org/a.zip', archive_info: { hashes: { sha256: 'ab' } }, subdirectory: 'x' },
    { url: 'https://example.org/a.zip', archive_info: {} },
    { url: 'file:///srv/app', dir_info: { editable: true } },
    {
      url: 'https://example.org/r.git',
      vcs_info: { vcs: 'git', commit_id: 'ff', requested_revision: 'main' },
    },
  ])('prints what it read: %j', (document) => {
    const printed = printDirectUrl(parseDirectUrl(JSON.stringify(document)));
    expect(JSON.parse(printed)).toEqual(document);
    expect(printDirectUrl(parseDirectUrl(printed))).toBe(printed);
  });

  it('turns the older `hash` into `hashes`', () => {
    const direct = parseDirectUrl({ url: 'https://example.org/a.zip', archive_info: { hash: 'sha256=ab' } });
    expect(direct).toEqual({ url: 'https://example.org/a.zip', archive: { hashes: { sha256: 'ab' } } });
  });

  it('prints no credentials', () => {
    const printed = (url: string): string => printDirectUrl({ url, archive: {} });
    expect(printed('https://user:secret@example.org/a.zip')).toBe(
      '{"url":"https://example.org/a.zip","archive_info":{}}',
    );
    expect(printed('https://token@example.org/@a.zip')).toContain('"https://example.org/@a.zip"');
    expect(printed('https://a@b:secret@example.org/')).toContain('"https://example.org/"');
    expect(printed(`https://${placeholder('USER')}:${placeholder('PASS')}@example.org/`)).toContain(
      `//${placeholder('USER')}:${placeholder('PASS')}@`,
    );
    expect(printed('ssh://git@example.org/r.git')).toContain('git@');
  });

  it('names all faults at once', () => {
    try {
      parseDirectUrl({ url: 3, vcs_info: { vcs: 1 }, subdirectory: [] });
      expect.unreachable();
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'PYC_DIRECT_URL_INVALID' });
      expect((thrown as { details: unknown[] }).details).toHaveLength(4);
    }
  });

  it('refuses what is no record', () => {
    for (const document of [
      '',
      '[]',
      'null',
      '{}',
      '{"url":"https://a"}',
      '{"url":"https://a","dir_info":{}}',
    ]) {
      expect(codeOf(() => parseDirectUrl(document))).toBe('PYC_DIRECT_URL_INVALID');
    }
  });
});

withConformance<Vectors>('groups_directurl_vectors.json', (vectors) => {
  it('reads direct URLs as the standard vectors do', () => {
    const wrong = new Mismatches();
    for (const row of vectors.direct_url) {
      const code = codeOf(() => parseDirectUrl(row.in));
      wrong.compare(row.test, code, row.ok === true ? undefined : 'PYC_DIRECT_URL_INVALID');
      if (row.ok === true)
        wrong.compare(row.test, JSON.parse(printDirectUrl(parseDirectUrl(row.in))), row.in);
    }
    expect(wrong.list).toEqual([]);
  });
});
