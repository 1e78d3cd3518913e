import { describe, expect, it } from 'vitest';
import { constraintsFor } from '../../core/pipeline/collect/build-constraints.ts';
import { gitAddress } from '../../core/pipeline/collect/source-git.ts';
import { runProgram } from '../../core/pipeline/host-program.ts';
import { plannedBuild } from '../../core/pipeline/stages/source-choice.ts';
import { codeOf } from '../codes.ts';

const COMMIT = 'a'.repeat(40);

describe('the address of a repository', () => {
  it('is given to git as a URL of a protocol that only fetches', () => {
    const given: Readonly<Record<string, string>> = {
      'https://example.org/a.git': 'https://example.org/a.git',
      'git+https://u:p@example.org/a.git': 'https://u:p@example.org/a.git',
      'ssh://git@example.org:22/a/b.git': 'ssh://git@example.org:22/a/b.git',
      'git@example.org:a/b.git': 'ssh://git@example.org/a/b.git',
      'file:///srv/a.git': 'file:///srv/a.git',
    };
    for (const [url, address] of Object.entries(given))
      expect(gitAddress({ url, commit: COMMIT })).toBe(address);
  });

  it('is refused where it could start a program, be taken for an option, or names no commit', async () => {
    const hostile = [
      'ext::sh -c touch% /tmp/x',
      'fd::17/a',
      '--upload-pack=touch /tmp/x',
      'ssh://-oProxyCommand=touch/a',
      'ssh://-o@example.org/a',
      'ssh://example.org/-a',
      'git+ext::sh -c x',
      'file://host/share',
      'ftp://example.org/a',
      'https://example.org/a\n[core]',
      'https://example.org/a"b',
      '/srv/a.git',
      '',
    ];
    const passed: string[] = [];
    for (const url of hostile)
      if ((await codeOf(() => gitAddress({ url, commit: COMMIT }))) !== 'PYC_GIT_SOURCE_REFUSED')
        passed.push(url);
    for (const commit of ['main', 'abc1234', '--all', `${COMMIT}^`, ''])
      if (
        (await codeOf(() => gitAddress({ url: 'https://example.org/a', commit }))) !==
        'PYC_GIT_SOURCE_REFUSED'
      )
        passed.push(commit);
    expect(passed).toEqual([]);
  });
});

describe('what a lock says of a build', () => {
  it('holds for versions that the build admits, with their hashes', () => {
    const pins = [
      { name: 'setuptools', version: '80.0', hashes: ['sha256:a', 'sha256:b'] },
      { name: 'wheel', version: '0.45', hashes: [] },
      { name: 'cython', version: '3.0', hashes: ['sha256:c'] },
      { name: 'numpy', version: '1.0', hashes: [] },
      { name: 'numpy', version: '2.0', hashes: [] },
    ];
    const requires = [
      'setuptools>=61',
      'Wheel',
      'cython<3',
      'numpy',
      'flit',
      '[',
      'x @ https://example.org/x.whl',
    ];
    expect(constraintsFor(requires, pins)).toEqual([
      'setuptools==80.0 --hash=sha256:a --hash=sha256:b',
      'wheel==0.45',
    ]);
  });

  it('is said in a plan without the version that no lock states', () => {
    const built = plannedBuild({ name: 'a', version: '', source: 'vcs', requestedBy: [] });
    expect(built).toMatch(/^`a` is to be built on this host from a commit/);
  });
});

describe('a program of the host', () => {
  const options = { cwd: '/', env: { PATH: process.env.PATH }, timeout: 60_000 };

  it('is ended with all that it started, by an interrupt and by its time', async () => {
    for (const [how, code] of [
      ['interrupt', 'PYC_INTERRUPTED'],
      ['time', 'PYC_PROGRAM_TIMEOUT'],
    ] as const) {
      const controller = new AbortController();
      let started = '';
      const running = runProgram('/bin/sh', ['-c', 'sleep 300 & echo $!; wait'], {
        ...options,
        signal: controller.signal,
        timeout: how === 'time' ? 500 : 60_000,
        onOutput(text) {
          started += text;
          if (how === 'interrupt') controller.abort();
        },
      });
      expect(await codeOf(() => running)).toBe(code);
      // Its output would still be open, and this not be reached, if what it started had not ended.
      expect(Number(started)).toBeGreaterThan(1);
    }
  });

  it('gives its exit code and the end of what it printed', async () => {
    const { signal } = new AbortController();
    const ended = await runProgram('/bin/sh', ['-c', 'echo out; echo err >&2; exit 3'], {
      ...options,
      signal,
    });
    expect([ended.code, ended.output.split('\n').sort().join(' ').trim()]).toEqual([3, 'err out']);
    await expect(runProgram('/nowhere', [], { ...options, signal })).rejects.toThrow(/ENOENT/);
  });
});
