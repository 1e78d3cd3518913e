import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { startFakeServer } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { copyImage, listImages, tagImage } from '../../core/images.ts';
import type { FakeRegistry } from '../../core/testing/fake-registry.ts';
import ecr from '../../plugins/ecr/index.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { CERTIFICATE, KEY } from '../http/certificate.ts';
import { temporaryFolder } from '../oci/temporary.ts';
import { registry } from '../registry/images.ts';
import { makeSample } from '../samples/sample.ts';
import { errorOf, hostOf, options, sampleLayout } from './places.ts';

const PASSWORD = 'of-a-plugin-4711';
const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

/** A configuration of several images, each with a plugin that knows one password. */
const configOf = (images: Readonly<Record<string, string>>): string => `
const plugin = (name, password) => ({
  name,
  apply: (hooks) => hooks.credentials.tapPromise(name, async () =>
    password === '' ? undefined : { kind: 'basic', username: 'me', password }),
});
export default [${Object.entries(images)
  .map(([name, password]) => `{ name: '${name}', plugins: [plugin('for-${name}', '${password}')] }`)
  .join(', ')}];
`;

const guarded = (): Promise<FakeRegistry> =>
  registry({ access: { kind: 'bearer', username: 'me', password: PASSWORD } });

describe('a verb on finished images', () => {
  it('opens registries by the plugins of all images of the configuration that it finds, or is told', async () => {
    const [server, run, source] = [await guarded(), await options(), await sampleLayout()];
    const cwd = join(run.cwd!, 'below');
    await mkdir(cwd);
    const to = { ...run, source: source.spec, destination: `${hostOf(server)}/me/shop:1.0` };
    expect(errorOf(await copyImage(to))).toContain('PYC_REGISTRY_ACCESS');

    const config = configOf({ api: '', worker: PASSWORD, late: 'wrong' });
    await writeFile(join(run.cwd!, 'pycontainer.config.mjs'), config);
    expect(errorOf(await copyImage(to))).toBeNull();
    const image = `${hostOf(server)}/me/shop`;
    expect(errorOf(await tagImage({ ...run, image: `${image}:1.0`, tags: ['1'] }))).toBeNull();
    expect((await listImages({ ...run, place: image })).tags).toHaveLength(2);

    const other = join(await temporaryFolder(), 'other.mjs');
    await writeFile(other, configOf({ api: 'wrong' }));
    const io = fakeIo({ cwd: run.cwd!, env: { ...run.env } });
    expect(await main(['ls', image, '--config', other, '--cache-dir', 'cache'], io)).toBe(1);
    expect(io.err()).toContain('PYC_REGISTRY_ACCESS');
    expect(io.out() + io.err()).not.toMatch(new RegExp(`${PASSWORD}|wrong`));
  });

  it('loads no configuration until a registry asks, and says then what is wrong with it', async () => {
    const [server, open, run, source] = [
      await guarded(),
      await registry(),
      await options(),
      await sampleLayout(),
    ];
    await writeFile(join(run.cwd!, 'pycontainer.config.mjs'), "throw new Error('loaded');\n");
    const copied = (to: FakeRegistry, tag = '1.0') =>
      copyImage({ ...run, source: source.spec, destination: `${hostOf(to)}/me/shop:${tag}` });
    expect(errorOf(await copied(open))).toBeNull();
    const missing = { ...run, source: `${hostOf(open)}/me/none:1`, destination: 'layout:none' };
    expect(errorOf(await copyImage(missing))).toContain('PYC_REGISTRY_NOT_FOUND');
    expect((await copied(server)).error?.code).toBe('PYC_CONFIG_FAILED');
    expect(server.repository('me/shop').tags.size).toBe(0);
    const stated = { username: 'me', password: PASSWORD };
    expect(
      errorOf(
        await copyImage({
          ...run,
          source: source.spec,
          destination: `${hostOf(server)}/me/shop:1.0`,
          credentials: stated,
        }),
      ),
    ).toBeNull();
  });
});

describe('a registry of a cloud', () => {
  /** What leads a run to a registry that Amazon's name stands for, with an identity and the API that exchanges it. */
  async function amazon(): Promise<{ readonly server: FakeRegistry; readonly env: Record<string, string> }> {
    const access = { kind: 'basic', username: 'AWS', password: PASSWORD } as const;
    const server = await registry({ access, tls: { cert: CERTIFICATE, key: KEY } });
    const api = await startFakeServer(() => ({
      status: 200,
      body: JSON.stringify({
        authorizationData: [{ authorizationToken: Buffer.from(`AWS:${PASSWORD}`).toString('base64') }],
      }),
    }));
    const proxy = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        const upstream = connect(Number(new URL(server.origin).port), '127.0.0.1');
        upstream.on('error', () => undefined);
        socket.write('HTTP/1.1 200 Connected\r\n\r\n');
        socket.pipe(upstream).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => api.close());
    onTestFinished(() => void proxy.close());
    const home = await temporaryFolder();
    const conf = join(home, 'registries.conf');
    await writeFile(conf, `[[registry]]\nlocation = "${ECR}"\ninsecure = true\n`);
    const env = {
      HOME: home,
      CONTAINERS_REGISTRIES_CONF: conf,
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret-of-aws',
      AWS_ENDPOINT_URL_ECR: api.origin,
    };
    return { server, env };
  }

  it('is built for, and copied to, with nothing but the identity', async () => {
    const { server, env } = await amazon();
    const sample = await makeSample();
    const report = await sample.build(
      { tags: [`${ECR}/team/shop:1.0`], push: true, sbom: false },
      { plugins: [ecr()], env: { ...env, PYC_CACHE_DIR: sample.cache } },
    );
    expect(report.error).toBeNull();
    expect(server.repository('team/shop').tags.has('1.0')).toBe(true);

    const run = { ...(await options()), env };
    await writeFile(join(run.cwd!, 'pycontainer.toml'), 'plugins = ["ecr"]\n');
    const copied = await copyImage({
      ...run,
      source: `${ECR}/team/shop:1.0`,
      destination: `${ECR}/team/copy:1.0`,
    });
    expect(errorOf(copied)).toBeNull();
    expect(copied.output).toMatchObject({ blobsUploaded: 0, digest: report.images[0]!.digest });
    const said = JSON.stringify([report, copied]);
    expect(said).not.toMatch(new RegExp(`${PASSWORD}|secret-of-aws`));
  });
});
