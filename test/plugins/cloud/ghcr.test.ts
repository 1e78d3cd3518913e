import { describe, expect, it } from 'vitest';
import ghcr from '../../../plugins/ghcr/index.ts';
import { answeredFor, applied } from './cloud.ts';

const env = { GITHUB_TOKEN: 'ghs_secret', GITHUB_ACTOR: 'me' };

describe('ghcr', () => {
  it('gives the token of the workflow to the registry of the GitHub that runs it alone', async () => {
    const token = { kind: 'basic', username: 'me', password: 'ghs_secret' };
    expect(await applied(ghcr(), env)('ghcr.io')).toEqual(token);
    const others = ['ghcr.io.evil.org', 'xghcr.io', 'docker.io', 'ghcr.io:8080', 'containers.acme.ghe.com'];
    expect(await answeredFor(applied(ghcr(), env), others)).toEqual([]);

    const company = applied(ghcr(), { ...env, GITHUB_SERVER_URL: 'https://acme.ghe.com' });
    expect(await company('containers.acme.ghe.com')).toEqual(token);
    expect(await answeredFor(company, ['ghcr.io', 'containers.acme.ghe.com.evil.org'])).toEqual([]);
    expect(await applied(ghcr(), { ...env, GITHUB_SERVER_URL: 'http://x' })('containers.x')).toBeUndefined();
  });

  it('passes on without a token, unless one was asked for', async () => {
    expect(await applied(ghcr(), {})('ghcr.io')).toBeUndefined();
    expect(await applied(ghcr(), { GITHUB_TOKEN: '' })('ghcr.io')).toBeUndefined();
    expect(await applied(ghcr({ token: 'PAT' }), env)('ghcr.io')).toBe('PYC_GHCR_TOKEN_MISSING');
    expect(await applied(ghcr({ token: 'PAT' }), { PAT: 'x' })('ghcr.io')).toEqual({
      kind: 'basic',
      username: 'github',
      password: 'x',
    });
  });
});
