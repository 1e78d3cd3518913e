import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findEngine } from '../../core/engines/find.ts';
import { runEngine } from '../../core/engines/program.ts';
import { contentsFor, requestFor, type TestHost, testHost } from './surroundings.ts';

const { signal } = new AbortController();

/**
 * A program that notes what it is told, and the size of what it is fed.
 *
 * @param said - by the words that its arguments begin with, without options before them
 */
async function standIn(host: TestHost, name: string, said: Record<string, string> = {}): Promise<void> {
  await host.program(
    name,
    `const { appendFileSync } = require('node:fs');
     const words = process.argv.slice(2);
     let fed = 0;
     const end = () => {
       appendFileSync(${JSON.stringify(join(host.folder, 'log'))},
         [${JSON.stringify(name)}, ...words].join(' ') + (fed > 0 ? ' < archive' : '') + '\\n');
       const said = ${JSON.stringify(said)};
       const key = Object.keys(said).find((key) => words.join(' ').includes(key));
       if (key?.startsWith('!')) process.exitCode = 1;
       process.stdout.write(said[key] ?? '');
     };
     if (words.at(-1) === '-' || words.includes('load')) process.stdin.on('data', (chunk) => { fed += chunk.length; }).on('end', end);
     else end();`,
  );
}

const logOf = async (host: TestHost): Promise<string[]> =>
  (await readFile(join(host.folder, 'log'), 'utf8'))
    .replaceAll(/pycontainer-[0-9a-f]+/g, 'TMP')
    .trim()
    .split('\n');

describe('engines that are reached by their programs', () => {
  it('containerd by `ctr`, in the namespace of Kubernetes or another, without the layers that it has', async () => {
    const host = await testHost();
    const contents = await contentsFor();
    const [layer] = contents.images[0]!.layers;
    await standIn(host, 'ctr', { 'content ls': `${layer!.descriptor.digest}\n` });
    const engine = await findEngine('containerd', host, { signal });
    const loaded = await engine.load(requestFor(contents, ['shop:1.0', 'ghcr.io/me/shop:1.0']));
    expect(loaded).toMatchObject({
      reference: 'docker.io/library/shop:1.0',
      layersSent: 1,
      layersPresent: 1,
    });
    expect(await logOf(host)).toEqual([
      'ctr --namespace k8s.io images ls --quiet name==none',
      'ctr --namespace k8s.io images ls name==docker.io/library/shop:1.0 name==ghcr.io/me/shop:1.0',
      'ctr --namespace k8s.io content ls --quiet',
      'ctr --namespace k8s.io images import --all-platforms - < archive',
    ]);
    await findEngine('containerd:dev', host, { signal });
    expect((await logOf(host)).at(-1)).toBe('ctr --namespace dev images ls --quiet name==none');
  });

  it('containerd is sent nothing that it has under all names', async () => {
    const host = await testHost();
    const contents = await contentsFor(['linux/amd64', 'linux/arm64']);
    const { digest, mediaType } = contents.index!.descriptor;
    const line = (name: string): string => `${name}   ${mediaType} ${digest} 1.0 MiB linux/amd64 -\n`;
    const lines = `REF TYPE DIGEST\n${line('docker.io/library/shop:1.0')}${line('ghcr.io/me/shop:1.0')}`;
    await standIn(host, 'ctr', { 'name==docker.io': lines });
    const engine = await findEngine('containerd', host, { signal });
    const names = ['shop:1.0', 'ghcr.io/me/shop:1.0'] as const;
    expect(await engine.load(requestFor(contents, names))).toMatchObject({
      digest,
      bytesSent: 0,
      layersSent: 0,
    });
    const more = await engine.load(requestFor(contents, ['shop:1.0', 'other:1']));
    expect(more.bytesSent).toBeGreaterThan(0);
  });

  it('k3s by its own `ctr`', async () => {
    const host = await testHost();
    await standIn(host, 'k3s');
    const engine = await findEngine('k3s', host, { signal });
    expect(await engine.load(requestFor(await contentsFor()))).toMatchObject({ layersSent: 2 });
    expect((await logOf(host)).at(-1)).toBe(
      'k3s ctr --namespace k8s.io images import --all-platforms - < archive',
    );
  });

  it('kind by a file that is gone afterwards', async () => {
    const host = await testHost({ KIND_CLUSTER_NAME: 'dev' });
    await standIn(host, 'kind', { 'get clusters': 'kind\ndev\n' });
    const engine = await findEngine('kind', host, { signal });
    expect(await engine.load(requestFor(await contentsFor()))).toMatchObject({
      reference: 'docker.io/library/shop:1.0',
      layersSent: 2,
    });
    const [, command = ''] = await logOf(host);
    expect(command.replace(/\/\S*TMP/, 'TMP')).toBe('kind load image-archive TMP.tar --name dev');
    const [, file = ''] =
      /archive (\S+)/.exec((await readFile(join(host.folder, 'log'), 'utf8')).trim()) ?? [];
    expect(await readdir(join(file, '..'))).not.toContain(file.split('/').at(-1));
    const other = findEngine('kind:none', host, { signal });
    await expect(other).rejects.toMatchObject({ code: 'PYC_ENGINE_UNREACHABLE' });
  });

  it('podman by its program where it has no socket', async () => {
    const host = await testHost();
    const contents = await contentsFor();
    const id = contents.images[0]!.config.descriptor.digest.slice(7);
    await standIn(host, 'podman', { version: 'linux/amd64 4.3.1', '{{.Id}}': `${id} []` });
    const engine = await findEngine('podman', host, { signal });
    expect(await engine.load(requestFor(contents, ['shop:1.0']))).toMatchObject({ bytesSent: 0 });
    await standIn(host, 'podman', { version: 'linux/amd64 4.3.1', '{{.Id}}': `${'0'.repeat(64)} []` });
    await engine.load(requestFor(contents, ['shop:1.0']));
    expect((await logOf(host)).at(-1)).toBe(`podman tag ${id} localhost/shop:1.0`);
  });

  it('fail with what the program said, and end with the build', async () => {
    const host = await testHost();
    await host.program(
      'ctr',
      `if (process.argv.includes('import')) { process.stderr.write('ctr: no space left\\n'); process.exitCode = 1; }`,
    );
    const engine = await findEngine('containerd', host, { signal });
    const loading = engine.load(requestFor(await contentsFor()));
    await expect(loading).rejects.toMatchObject({ code: 'PYC_ENGINE_LOAD_FAILED' });
    await expect(loading).rejects.toThrow('no space left');
    await host.program('sleeper', 'setInterval(() => {}, 1000);');
    const { env } = host;
    await expect(runEngine(['sleeper'], { env, signal, patience: 100 })).rejects.toMatchObject({
      code: 'PYC_ENGINE_TIMEOUT',
    });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('stop')), 50);
    await expect(runEngine(['sleeper'], { env, signal: controller.signal })).rejects.toThrow('stop');
  });
});
