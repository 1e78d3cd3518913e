import { describe, expect, it } from 'vitest';
import { parseReference } from '../../../core/oci/reference.ts';
import { parseRegistriesConf } from '../../../core/registry/settings/registries-conf.ts';
import { createPlaceFinder } from '../../../core/registry/settings/rules.ts';

/** Where an image is looked for: `[scheme:]host/repository[ serves]`, or the code of what is thrown. */
function placesOf(text: string, image: string, purpose: 'read' | 'write' = 'read'): string[] | string {
  try {
    const { rules } = parseRegistriesConf(text, '/etc/registries.conf');
    const find = createPlaceFinder(
      rules,
      (endpoint) => endpoint === 'localhost:5443',
      () => undefined,
    );
    return find(parseReference(image), purpose).map(({ scheme, host, repository, serves }) => {
      const shown = `${host}/${repository}${serves === 'all' ? '' : ` ${serves}`}`;
      return scheme === 'https' ? shown : `${scheme}:${shown}`;
    });
  } catch (thrown) {
    return (thrown as { code: string }).code;
  }
}

function faultOf(text: string): { code: string; message: string; details: unknown } {
  try {
    parseRegistriesConf(text, '/etc/registries.conf');
  } catch (thrown) {
    return thrown as ReturnType<typeof faultOf>;
  }
  throw new Error(`nothing was thrown for ${text}`);
}

const MIRRORS = `
unqualified-search-registries = ["quay.io"]
[aliases]
python = "quay.io/python"
[[registry]]
prefix = "example.com/foo"
location = "internal.example.net/bar"
[[registry.mirror]]
location = "mirror-0.test/for-foo"
[[registry.mirror]]
location = "MIRROR-1.test:5000/foo/"
insecure = true
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "mirror-2.test"
pull-from-mirror = "tag-only"
[[registry]]
location = "docker.io/library"
[[registry.mirror]]
location = "hub.test/library"
[[registry]]
prefix = "*.sub.test"
insecure = true
[[registry]]
prefix = "*.deep.sub.test"
location = "deep.test/all"
[[registry]]
location = "blocked.test/bad"
blocked = true
[[registry]]
prefix = "moved.test"
location = "blocked.test/bad"
blocked = true
[[registry]]
location = "localhost:5001"
insecure = false
[[registry]]
location = "127.0.0.1:5002"
insecure = true
[[registry]]
prefix = "onward.test"
location = "a.sub.test/x"
`;

describe('registries.conf', () => {
  it('says where an image is read from, mirrors first', () => {
    const table: [image: string, places: string[] | string][] = [
      [
        'example.com/foo/app:1',
        [
          'mirror-0.test/for-foo/app',
          'either:mirror-1.test:5000/foo/app digests',
          'mirror-2.test/app tags',
          'internal.example.net/bar/app',
        ],
      ],
      ['example.com/foobar/app', ['example.com/foobar/app']],
      ['example.com:443/foo/app', ['example.com:443/foo/app']],
      // A short name is Docker Hub's, whatever aliases and search lists say.
      ['python:3.13', ['hub.test/library/python', 'docker.io/library/python']],
      ['me/app', ['docker.io/me/app']],
      ['a.sub.test/x', ['either:a.sub.test/x']],
      ['a.sub.test:5000/x', ['either:a.sub.test:5000/x']],
      ['sub.test/x', ['sub.test/x']],
      ['notsub.test/x', ['notsub.test/x']],
      ['a.deep.sub.test/x', ['deep.test/all/x']],
      ['blocked.test/bad/app', 'PYC_REGISTRY_BLOCKED'],
      ['blocked.test/good/app', ['blocked.test/good/app']],
      ['moved.test/app', 'PYC_REGISTRY_BLOCKED'],
      ['localhost:5000/app', ['http:localhost:5000/app']],
      ['localhost:5001/app', ['localhost:5001/app']],
      ['localhost:5443/app', ['localhost:5443/app']],
      ['[::1]:5000/app', ['http:[::1]:5000/app']],
      ['127.0.0.1:5002/app', ['either:127.0.0.1:5002/app']],
      ['onward.test/app', ['either:a.sub.test/x/app']],
    ];
    const found = table.map(([image]) => [image, placesOf(MIRRORS, image)]);
    expect(found).toEqual(table);
  });

  it('sends what is written where its name says, and neither to the location nor to a mirror', () => {
    expect(placesOf(MIRRORS, 'example.com/foo/app:1', 'write')).toEqual(['example.com/foo/app']);
    expect(placesOf(MIRRORS, 'python:1', 'write')).toEqual(['docker.io/library/python']);
    expect(placesOf(MIRRORS, 'blocked.test/bad/app', 'write')).toBe('PYC_REGISTRY_BLOCKED');
  });

  it('asks mirrors for digests alone where it says so', () => {
    const text =
      '[[registry]]\nlocation = "a.test"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b.test"';
    expect(placesOf(text, 'a.test/x')).toEqual(['b.test/x digests', 'a.test/x']);
  });

  it('is refused with file and line where it means nothing', () => {
    const table: [text: string, line: number | undefined][] = [
      ['[[registry]]\nprefix = ', 2],
      ['\n\n[[registry]]\nlocation = "https://a.test"', 3],
      ['[[registry]]\nlocation = "a.test"\n\n[[registry]]\nprefix = "a.test/b"', 4],
      ['[[registry]]\nlocation = 3', 1],
      ['[[registry]]\nlocation = "hub/x"', 1],
      ['[[registry]]\nlocation = "a.test/x:1"', 1],
      ['[[registry]]\nlocation = "a.test/../x"', 1],
      ['[[registry]]\nlocation = "*.a.test"', 1],
      ['[[registry]]\n', 1],
      ['[[registry]]\nlocation = "a.test"\ninsecure = "yes"', 1],
      ['[[registry]]\nlocation = "a.test"\npull-from-mirror = "all"', 1],
      ['[[registry]]\nlocation = "a.test"\n[[registry.mirror]]\n', 1],
      ['[[registry]]\nlocation = "a.test"\n[[registry.mirror]]\nlocation = ""\n', 1],
      [
        '[[registry]]\nlocation = "a.test"\n[[registry.mirror]]\nlocation = "b.test"\npull-from-mirror = "x"',
        1,
      ],
      [
        '[[registry]]\nlocation = "a.test"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "b.test"\npull-from-mirror = "all"',
        1,
      ],
      ['[registry]\nlocation = "a.test"', 1],
      ["[registries.search]\nregistries = ['a.test']", 1],
      ["\n[registries.block]\nregistries = ['a.test']", 2],
    ];
    const found = table.map(([text]) => {
      const { code, message } = faultOf(text);
      expect(message).toContain('/etc/registries.conf');
      return [code, /line (\d+)/.exec(message)?.[1]];
    });
    expect(found).toEqual(table.map(([, line]) => ['PYC_REGISTRIES_CONF', String(line)]));
  });

  it('is refused with all that is wrong at once, and may say what only engines use', () => {
    expect(faultOf('[[registry]]\nlocation = 1\n[[registry]]\nblocked = 2').details).toHaveLength(2);
    const text = "short-name-mode = 'enforcing'\n[registries.search]\nregistries = []";
    expect(parseRegistriesConf(text, 'f')).toEqual({ rules: [], unused: ['short-name-mode'] });
    expect(parseRegistriesConf(MIRRORS, 'f').unused).toEqual(['unqualified-search-registries', 'aliases']);
  });
});
