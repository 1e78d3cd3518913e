import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createIndexCredentials,
  type IndexCredentialOptions,
  type IndexCredentialSource,
} from '../../../core/python/package-index/credentials.ts';
import { codeOf } from '../../http/server.ts';

const CORP = { name: 'my-corp', url: 'https://corp.example/pypi/simple', tool: 'uv' } as const;

function sourceOf(options: Partial<IndexCredentialOptions> = {}, logins = {}): IndexCredentialSource {
  return createIndexCredentials({
    env: {},
    named: [],
    netrc: async () => new Map(Object.entries(logins)),
    keyring: false,
    ...options,
  });
}

/** `user:password` for a URL; undefined for none. */
async function pairOf(source: IndexCredentialSource, url: string): Promise<string | undefined> {
  const found = await source.find(new URL(url));
  return found === undefined ? undefined : `${found.username}:${found.password}`;
}

describe('credentials of an index', () => {
  it("come from the variables of its name, uv's and Poetry's", async () => {
    const uv = sourceOf({
      env: { UV_INDEX_MY_CORP_USERNAME: 'me', UV_INDEX_MY_CORP_PASSWORD: 'secret' },
      named: [CORP],
    });
    expect(await uv.find(new URL('https://corp.example/pypi/files/a.whl'))).toEqual({
      username: 'me',
      password: 'secret',
      source: 'UV_INDEX_MY_CORP_PASSWORD',
    });
    const poetry = sourceOf({
      env: { POETRY_HTTP_BASIC_MY_CORP_USERNAME: 'me', POETRY_HTTP_BASIC_MY_CORP_PASSWORD: 'p' },
      named: [{ ...CORP, tool: 'poetry' }],
    });
    expect(await pairOf(poetry, CORP.url)).toBe('me:p');
  });

  it('go to no other scheme, host or port', async () => {
    const source = sourceOf();
    source.learn('https://me:secret@corp.example/simple');
    expect(await pairOf(source, 'https://corp.example/other')).toBe('me:secret');
    for (const other of [
      'http://corp.example/simple',
      'https://corp.example:8443/simple',
      'https://evil.example/simple',
      'https://corp.example.evil.example/simple',
      'https://x.corp.example/simple',
    ])
      expect(await pairOf(source, other)).toBeUndefined();
  });

  it('of one host are told apart by path', async () => {
    const source = sourceOf();
    source.learn('https://a:1@host.example/repository/team-a/simple');
    source.learn('https://b:2@host.example/repository/team-b/simple');
    expect(await pairOf(source, 'https://host.example/repository/team-b/packages/x.whl')).toBe('b:2');
    expect(await pairOf(source, 'https://host.example/repository/team-a/simple/x/')).toBe('a:1');
  });

  it('come from netrc for the host, never over plain http but to this machine', async () => {
    const source = sourceOf(
      {},
      { 'corp.example': { username: 'me', password: 'n' }, '127.0.0.1': { username: 'l', password: 'p' } },
    );
    expect(await pairOf(source, 'https://corp.example:8443/simple')).toBe('me:n');
    expect(await pairOf(source, 'http://corp.example/simple')).toBeUndefined();
    expect(await pairOf(source, 'http://127.0.0.1:1/simple')).toBe('l:p');
    source.learn('https://another@corp.example/simple');
    expect(await pairOf(source, 'https://corp.example/simple')).toBe('another:');
  });

  it('come from the program `keyring` only where that is set up, for a user that is known', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pyc-keyring-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await writeFile(
      join(folder, 'keyring'),
      '#!/bin/sh\n[ "$1 $2 $3" = "get https://corp.example/simple me" ] || [ "$2" = https://slash.example/simple/ ] && echo "from $3" || exit 1\n',
    );
    await chmod(join(folder, 'keyring'), 0o755);
    const env = { PATH: `${folder}${delimiter}${process.env.PATH ?? ''}` };
    const asked = sourceOf({ env, keyring: true });
    asked.learn('https://me@corp.example/simple/');
    expect(await pairOf(asked, 'https://corp.example/simple/a/')).toBe('me:from me');
    // uv and pip ask for the address as it is written, and a lock writes it otherwise than a configuration.
    asked.learn('https://her@slash.example/simple');
    expect(await pairOf(asked, 'https://slash.example/simple/a/')).toBe('her:from her');
    expect(await pairOf(asked, 'https://other.example/simple/a/')).toBeUndefined();
    const unasked = sourceOf({ env });
    unasked.learn('https://me@corp.example/simple/');
    expect(await pairOf(unasked, 'https://corp.example/simple/a/')).toBe('me:');
    const missing = sourceOf({ env: { PATH: join(folder, 'nowhere') }, keyring: true });
    missing.learn('https://me@corp.example/simple/');
    expect(await codeOf(pairOf(missing, 'https://corp.example/simple/a/'))).toBe('PYC_INDEX_KEYRING');
  });
});
