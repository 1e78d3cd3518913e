import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseEndpoint } from '../../core/engines/endpoint.ts';
import { findEngine } from '../../core/engines/find.ts';
import { completeName, localName } from '../../core/engines/names.ts';
import { engineAt, testHost } from './surroundings.ts';

const { signal } = new AbortController();
const PODMAN = `console.log(process.argv[2] === 'version' ? 'linux/amd64 4.3.1' : '');`;

describe('the engine that is found', () => {
  it('is that of the variables, else Docker by its sockets, else podman by its sockets or its program', async () => {
    const host = await testHost();
    const shown = async (env: Record<string, string> = {}): Promise<string> =>
      (await findEngine('auto', { ...host, env: { ...host.env, ...env } }, { signal })).shown;
    const error = await findEngine('auto', host, { signal }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PYC_ENGINE_NOT_FOUND' });
    expect((error as { details: readonly unknown[] }).details).toHaveLength(6);
    await host.program('podman', PODMAN);
    expect(await shown()).toBe('podman 4.3.1');
    await engineAt(join(host.folder, 'run/podman/podman.sock'), { kind: 'podman' });
    expect(await shown()).toContain('/run/podman/podman.sock');
    await engineAt(join(host.folder, 'user/docker.sock'));
    expect(await shown()).toContain('/user/docker.sock');
    await engineAt(join(host.folder, 'var/run/docker.sock'));
    expect(await shown()).toBe(`Docker 1.2.3 at unix://${host.folder}/var/run/docker.sock`);
    expect(await shown({ CONTAINER_HOST: `unix://${host.folder}/run/podman/podman.sock` })).toMatch(
      /^Podman/,
    );
    expect(await shown({ DOCKER_HOST: `unix://${host.folder}/user/docker.sock` })).toContain('/user/');
    expect((await findEngine('podman', host, { signal })).shown).toMatch(/^Podman/);
  });

  it('is that of the Docker context which is chosen', async () => {
    const host = await testHost();
    const socket = join(host.folder, 'far.sock');
    await engineAt(socket);
    const folder = join(host.home, '.docker');
    const hash = createHash('sha256').update('far').digest('hex');
    await mkdir(join(folder, 'contexts/meta', hash), { recursive: true });
    const meta = { Name: 'far', Endpoints: { docker: { Host: `unix://${socket}`, SkipTLSVerify: false } } };
    await writeFile(join(folder, 'contexts/meta', hash, 'meta.json'), JSON.stringify(meta));
    await writeFile(join(folder, 'config.json'), JSON.stringify({ currentContext: 'far' }));
    expect((await findEngine('docker', host, { signal })).shown).toContain('far.sock');
    const other = { ...host, env: { ...host.env, DOCKER_CONTEXT: 'gone' } };
    await expect(findEngine('docker', other, { signal })).rejects.toMatchObject({
      code: 'PYC_ENGINE_SETTINGS',
    });
    const usual = { ...host, env: { ...host.env, DOCKER_CONTEXT: 'default' } };
    await expect(findEngine('docker', usual, { signal })).rejects.toMatchObject({
      code: 'PYC_ENGINE_UNREACHABLE',
    });
  });

  it('is one of those that there are', async () => {
    const host = await testHost();
    const specs = ['dokcer', 'docker:x', 'kind:', 'kind:../x', 'containerd:a/b', 'k3s:a', ''];
    for (const spec of specs) {
      const error = await findEngine(spec, host, { signal }).catch((thrown: unknown) => thrown);
      expect(error, spec).toMatchObject({ code: 'PYC_ENGINE_SETTINGS', exitCode: 2 });
    }
    for (const spec of ['podman', 'containerd', 'kind', 'k3s']) {
      const error = await findEngine(spec, host, { signal }).catch((thrown: unknown) => thrown);
      expect(error, spec).toMatchObject({ code: 'PYC_ENGINE_UNREACHABLE' });
    }
  });
});

describe('addresses of engines', () => {
  const options = { origin: '`DOCKER_HOST`', program: 'docker' } as const;

  it('are read as Docker reads them', () => {
    const read = (text: string): unknown => {
      const endpoint = parseEndpoint(text, options);
      if (endpoint.kind === 'socket') return endpoint.path;
      return endpoint.kind === 'tcp' ? [endpoint.host, endpoint.port] : endpoint.command.join(' ');
    };
    expect(
      [
        'unix:///run/docker.sock',
        'npipe:////./pipe/docker_engine',
        'tcp://build.test',
        'tcp://10.0.0.1:80',
        'tcp://[::1]:4243/',
        'https://build.test',
        'ssh://build.test',
        'ssh://me@[::1]:22',
      ].map(read),
    ).toEqual([
      '/run/docker.sock',
      '//./pipe/docker_engine',
      ['build.test', 2375],
      ['10.0.0.1', 80],
      ['::1', 4243],
      ['build.test', 2376],
      'ssh -o ConnectTimeout=30 -T -- build.test docker system dial-stdio',
      'ssh -l me -p 22 -o ConnectTimeout=30 -T -- ::1 docker system dial-stdio',
    ]);
  });

  it('that are none, or would say more to ssh than a host, are refused', () => {
    const wrong = [
      ...[
        '',
        'docker.sock',
        'unix://',
        'ftp://host',
        'tcp://',
        'tcp://a b',
        'tcp://host:99999',
        'tcp://host/path',
      ],
      ...[
        'tcp://me:secret@host',
        'ssh://',
        'ssh://me:secret@host',
        'ssh://-oProxyCommand=x',
        'ssh://-lroot@host',
      ],
      ...['ssh://host/run/$(id)', 'ssh://host/a%20b', 'ssh://%2DoX@host', 'ssh://host?x', 'ssh://%ff@host'],
    ];
    const taken = wrong.filter((text) => {
      try {
        parseEndpoint(text, options);
        return true;
      } catch (error) {
        expect((error as Error).message).not.toContain('secret');
        return (error as { code?: string }).code !== 'PYC_ENGINE_SETTINGS';
      }
    });
    expect(taken).toEqual([]);
  });
});

describe('names', () => {
  it('are written as each engine writes them', () => {
    const names = [
      'shop:1.0',
      'me/shop:1.0',
      'ghcr.io/me/shop:1.0',
      'localhost:5000/shop:1.0',
      'docker.io/me/shop:1',
    ];
    expect(names.map(localName)).toEqual(['localhost/shop:1.0', 'localhost/me/shop:1.0', ...names.slice(2)]);
    expect(names.map(completeName)).toEqual([
      'docker.io/library/shop:1.0',
      'docker.io/me/shop:1.0',
      ...names.slice(2),
    ]);
  });
});
