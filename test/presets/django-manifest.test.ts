/** What the manifest storage makes of files. The expected values are what Django itself wrote, release by release. */
import { type Content, digestOf, streamOf } from 'pycontainer';
import { expect, it } from 'vitest';
import { withHashedNames } from '../../presets/django/static/manifest.ts';
import { RELEASES, type Release } from '../../presets/django/static/references.ts';
import { codeOf } from '../codes.ts';

/** In two pieces, since test runners look for source maps of this file. */
const MAP = ['source', 'MappingURL'].join('');

const SITE: Readonly<Record<string, string>> = {
  'b.css': '.b{}\n',
  'main.css': `@import "b.css";
.a{background:url(img/a.png)} .b{src:url('img/a.png?#iefix')} .c{background:url(/static/img/a.png#x)} .d{background:url(data:x)}
.e{content:"url(img/a.png)"} /* url(img/a.png) */
/*# ${MAP}=main.map */
/*# ${MAP}=data:x */
`,
  'main.map': '{}',
  'x.js': `//# ${MAP}=main.map\n//# ${MAP}=data:x\n`,
  'img/a.png': 'A',
};

async function hashed(
  files: Readonly<Record<string, string>>,
  release: Release,
  keepsOnlyHashed = false,
): Promise<Record<string, string>> {
  const sources = new Map(
    Object.entries(files).map(([name, text]): [string, Content] => {
      const bytes = Buffer.from(text, 'latin1');
      return [name, { size: bytes.length, sha256: digestOf(bytes), open: () => streamOf(bytes) }];
    }),
  );
  const options = { release, staticUrl: () => '/static/', keepsOnlyHashed };
  const result: Record<string, string> = {};
  for (const [name, { bytes, open }] of await withHashedNames(
    sources,
    options,
    new AbortController().signal,
  )) {
    result[name] = bytes === undefined ? (await open().toArray()).join('') : Buffer.from(bytes).toString();
  }
  return result;
}

it('writes names, references and the manifest as each release does', async () => {
  const names: Record<string, string> = {};
  for (const release of RELEASES) {
    const files = await hashed(SITE, release);
    const { hash, paths } = JSON.parse(files['staticfiles.json']!) as {
      hash: string;
      paths: Record<string, string>;
    };
    names[release] = [paths['main.css'], paths['x.js'], hash].join(' ');
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([...Object.keys(SITE), ...Object.values(paths)]),
    );
  }
  const middle = 'main.7288b442e217.css x.9e0110cbf737.js 98b2482adb6c';
  expect(names).toEqual({
    '4.2': 'main.d455de77d8ff.css x.746932732376.js 2503a3fd4ed9',
    '5.0': middle,
    '5.1': middle,
    '5.2': middle,
    '6.0': middle,
    '6.1': 'main.28851f2439a7.css x.9e0110cbf737.js b9731ec5f87b',
  });
  const latest = await hashed(SITE, '6.1');
  expect(latest['main.28851f2439a7.css']).toBe(`@import url("b.46608c29d130.css");
.a{background:url("img/a.7fc56270e7a7.png")} .b{src:url("img/a.7fc56270e7a7.png?#iefix")} .c{background:url("/static/img/a.7fc56270e7a7.png#x")} .d{background:url(data:x)}
.e{content:"url(img/a.png)"} /* url(img/a.png) */
/*# ${MAP}=main.99914b932bd3.map */
/*# ${MAP}=data:x */
`);
  expect(latest['staticfiles.json']).toBe(
    '{"paths": {"b.css": "b.46608c29d130.css", "img/a.png": "img/a.7fc56270e7a7.png", "main.css": "main.28851f2439a7.css", "main.map": "main.99914b932bd3.map", "x.js": "x.9e0110cbf737.js"}, "version": "1.1", "hash": "b9731ec5f87b"}',
  );
});

it('keeps only names with hashes where WhiteNoise is told to', async () => {
  expect(Object.keys(await hashed(SITE, '5.2', true)).sort()).toEqual([
    'b.46608c29d130.css',
    'img/a.7fc56270e7a7.png',
    'main.7288b442e217.css',
    'main.99914b932bd3.map',
    'staticfiles.json',
    'x.9e0110cbf737.js',
  ]);
});

it('refuses what collectstatic refuses', async () => {
  const cases: readonly Readonly<Record<string, string>>[] = [
    { 'a.css': '.a{background:url(missing.png)}' },
    { 'a.css': '@import "missing.css";' },
    { 'a.css': '@import "b.css";', 'b.css': '@import "a.css";' },
    { 'a.css': '.a{content:"\xe9"}' },
    { 'a.js': `//# ${MAP}=a.js.map` },
  ];
  const refused = async (files: (typeof cases)[number]): Promise<string | undefined> =>
    codeOf(() => hashed(files, '5.2'));
  expect(await Promise.all(cases.map(refused))).toEqual(cases.map(() => 'PYC_DJANGO_STATIC_INVALID'));
});

it('takes no longer for what was made to take long', async () => {
  const many = (piece: string): string => piece.repeat(50_000);
  const hostile = [
    many('url('),
    many('url("\n'),
    many('@import "\n'),
    many('/*'),
    many("'\\"),
    many(`/*# ${MAP}=`),
  ];
  for (const release of ['5.2', '6.1'] as const) {
    for (const text of hostile) await codeOf(() => hashed({ 'a.css': text, 'a.js': text }, release));
  }
}, 20_000);
