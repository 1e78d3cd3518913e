import { describe, expect, it } from 'vitest';
import { parseNetrc } from '../../../core/python/package-index/netrc.ts';
import { pipEnvironmentStatement, pipStatement } from '../../../core/python/package-index/pip-settings.ts';
import { indexIdentity, joinStatements, settingsOf } from '../../../core/python/package-index/settings.ts';
import {
  uvEnvironmentStatement,
  uvPinned,
  uvStatement,
} from '../../../core/python/package-index/uv-settings.ts';

const PYPI = 'https://pypi.org/simple/';
const NOTHING = { extra: [], links: [], named: [] };

describe("uv's settings", () => {
  it('are read from tables, explicit and flat indexes told apart', () => {
    const statement = uvStatement(
      {
        index: [
          { name: 'corp', url: 'https://corp.example/simple' },
          { name: 'torch', url: 'https://torch.example/whl', explicit: true },
          { name: 'flat', url: './wheels', format: 'flat' },
          { name: 'mirror', url: 'https://mirror.example/simple', default: true },
          { name: 'no url' },
          'nonsense',
        ],
        'extra-index-url': ['https://old.example/simple'],
        'find-links': ['more'],
        'keyring-provider': 'subprocess',
      },
      '/project',
    );
    expect(statement).toEqual({
      default: 'https://mirror.example/simple',
      extra: ['https://corp.example/simple', 'https://old.example/simple'],
      links: ['/project/wheels', '/project/more'],
      none: undefined,
      named: [
        { name: 'corp', url: 'https://corp.example/simple' },
        { name: 'torch', url: 'https://torch.example/whl' },
        { name: 'flat', url: '/project/wheels' },
        { name: 'mirror', url: 'https://mirror.example/simple' },
      ],
      keyring: true,
    });
  });

  it('are read from variables, which come before files', () => {
    const env = {
      UV_INDEX: 'corp=https://corp.example/simple https://other.example/simple',
      UV_DEFAULT_INDEX: 'main=https://main.example/simple',
      UV_FIND_LINKS: 'a,b',
    };
    const file = uvStatement(
      {
        index: [{ url: 'https://file.example/simple', default: true }],
        'extra-index-url': ['https://f.example'],
      },
      '/p',
    );
    const { indexes, links, named } = settingsOf(
      joinStatements([file, uvEnvironmentStatement(env, '/w')]),
      NOTHING,
    );
    expect(indexes).toEqual([
      'https://corp.example/simple',
      'https://other.example/simple',
      'https://f.example',
      'https://main.example/simple',
    ]);
    expect(links).toEqual(['/w/a', '/w/b']);
    expect(named.map(({ name }) => name)).toEqual(['corp', 'main']);
  });

  it('pin projects to an index by its name, where no marker decides', () => {
    const sources = {
      Torch: { index: 'torch' },
      other: { index: 'torch', marker: "sys_platform == 'linux'" },
      git: { git: 'https://git.example/x' },
      list: [{ index: 'torch' }],
    };
    const named = [{ name: 'torch', url: 'https://torch.example/whl' }];
    expect([...uvPinned({ sources }, named)]).toEqual([['torch', 'https://torch.example/whl']]);
  });
});

describe("pip's settings", () => {
  const FILE = `# comment
[global]
index_url = https://one.example/simple
extra-index-url =
    https://two.example/simple
    https://three.example/simple
timeout: 60

[install]
find-links = wheels
no-index = false
[freeze]
index-url = https://wrong.example/simple
`;

  it('are read from a file, values over several lines as well', () => {
    expect(pipStatement(FILE, '/w')).toEqual({
      default: 'https://one.example/simple',
      extra: ['https://two.example/simple', 'https://three.example/simple'],
      links: ['/w/wheels'],
      none: false,
      named: [],
      keyring: undefined,
    });
  });

  it('are read from variables', () => {
    const env = {
      PIP_INDEX_URL: 'https://env.example/simple',
      PIP_NO_INDEX: '1',
      PIP_KEYRING_PROVIDER: 'import',
    };
    expect(pipEnvironmentStatement(env, '/w')).toMatchObject({
      default: 'https://env.example/simple',
      none: true,
      keyring: false,
    });
  });
});

describe('the settings of both', () => {
  const uv = uvEnvironmentStatement({ UV_INDEX_URL: 'https://uv.example/simple' }, '/');
  const pip = pipEnvironmentStatement({ PIP_EXTRA_INDEX_URL: 'https://pip.example/simple' }, '/');

  it("are never mixed: uv's count where they say where, else pip's, else PyPI", () => {
    expect(settingsOf(uv, pip).indexes).toEqual(['https://uv.example/simple']);
    expect(settingsOf(NOTHING, pip).indexes).toEqual(['https://pip.example/simple', PYPI]);
    expect(settingsOf(NOTHING, NOTHING).indexes).toEqual([PYPI]);
    expect(settingsOf(NOTHING, pipEnvironmentStatement({ PIP_NO_INDEX: 'yes' }, '/')).indexes).toEqual([]);
  });

  it('know one index by two addresses', () => {
    expect(indexIdentity('https://me:secret@Index.example/simple/')).toBe(
      indexIdentity('https://index.example/simple'),
    );
    expect(indexIdentity('https://index.example/a')).not.toBe(indexIdentity('https://index.example/b'));
  });
});

describe('netrc', () => {
  it('gives logins by host, and nothing that is for everybody', () => {
    const text = `# a comment
machine Index.Example
  login me
  password "two words \\"quoted\\""
macdef init
  machine fake login x password y

machine other.example login you password p account z
machine index.example login late password late
default login anybody password open
`;
    expect([...parseNetrc(text)]).toEqual([
      ['index.example', { username: 'me', password: 'two words "quoted"' }],
      ['other.example', { username: 'you', password: 'p' }],
    ]);
  });
});
