import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'pycontainer';
import { startFakeRegistry } from 'pycontainer/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BuildHooks } from '../../core/pipeline/hooks.ts';
import type { Plugin } from '../../core/pipeline/plugin.ts';
import type { FakeAccess, FakeRegistry } from '../../core/testing/index.ts';
import { makeSample, PYTHON, type Sample } from '../samples/sample.ts';

const SECRETS = ['plugin-p4ssw0rd', 'file-p4ssw0rd', 'stated-p4ssw0rd'] as const;
const [OF_PLUGIN, OF_FILE, STATED] = SECRETS;

type Tap = Parameters<BuildHooks['credentials']['tapPromise']>[1];

const plugin = (name: string, tap: Tap, stage = 0): Plugin => ({
  name,
  apply: (hooks) => hooks.credentials.tapPromise({ name, stage }, tap),
});

const basic = (password: string) => ({ kind: 'basic', username: 'me', password }) as const;

async function registryFor(access: FakeAccess): Promise<FakeRegistry> {
  const server = await startFakeRegistry({ access });
  onTestFinished(() => server.close());
  return server;
}

/** Everything that a build left on the host. */
async function textsBelow(directory: string): Promise<string> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    found
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('.docker'))
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  );
  return texts.join('\n');
}

describe('the hook `credentials`', () => {
  /** What is pushed with, and everything that was said. */
  async function pushed(
    sample: Sample,
    accepted: string,
    plugins: readonly Plugin[],
    stated?: string,
  ): Promise<{ readonly code: string | undefined; readonly said: string; readonly requests: string }> {
    const server = await registryFor({ kind: 'bearer', username: 'me', password: accepted });
    const home = join(sample.directory, '../home');
    await mkdir(join(home, '.docker'), { recursive: true });
    const auth = Buffer.from(`me:${OF_FILE}`).toString('base64');
    await writeFile(
      join(home, '.docker/config.json'),
      JSON.stringify({ auths: { [server.host]: { auth } } }),
    );
    const said: unknown[] = [];
    const say = (one: unknown): void => void said.push(one);
    const report = await sample.build(
      { tags: [`${server.host}/me/shop:1.0`], push: true },
      {
        plugins,
        env: { PYC_CACHE_DIR: sample.cache, HOME: home, PATH: '/nowhere' },
        log: { info: say, debug: say, warn: say, progress: say },
        ...(stated === undefined ? {} : { credentials: { username: 'me', password: stated } }),
      },
    );
    return {
      code: report.error?.code,
      said: JSON.stringify([said, report]),
      requests: server.requests
        .map(({ path, headers }) => `${path} ${headers.authorization ?? ''}`)
        .join('\n'),
    };
  }

  it('is asked after what was stated and before the files, and nothing that it gives is shown or kept', async () => {
    const sample = await makeSample();
    const seen: unknown[] = [];
    const known = plugin('known', async (request) => {
      seen.push(request);
      return basic(OF_PLUGIN);
    });
    const silent = plugin('silent', async () => undefined);
    const late = plugin('late', async () => basic(OF_PLUGIN), 1);
    const table: readonly (readonly [string, readonly Plugin[], string | undefined, string?])[] = [
      [OF_PLUGIN, [known], undefined],
      [OF_FILE, [silent, late], undefined],
      [STATED, [known], STATED],
      [OF_FILE, [known], undefined, 'PYC_REGISTRY_ACCESS'],
    ];
    const faults: unknown[] = [];
    let said = '';
    for (const [accepted, plugins, stated, code] of table) {
      const result = await pushed(sample, accepted, plugins, stated);
      if (result.code !== code) faults.push([accepted, result.code]);
      said += result.said;
    }
    expect(faults).toEqual([]);
    expect(seen[0]).toEqual({ host: expect.stringMatching(/^127\.0\.0\.1:\d+$/), repository: 'me/shop' });
    const kept = said + (await textsBelow(join(sample.directory, '..')));
    const leaked = SECRETS.flatMap((secret) => [secret, Buffer.from(`me:${secret}`).toString('base64')]);
    expect(leaked.filter((secret) => kept.includes(secret))).toEqual([]);
    expect(kept).not.toMatch(/fake-token-\d/);
  });

  it('refuses answers that are no credentials without showing them', async () => {
    const sample = await makeSample();
    const wrong: unknown[] = [
      { kind: 'basic', username: 'me', password: 4711 },
      { kind: 'basic', username: 'me', token: 'hidden-4711' },
      { kind: 'bearer', password: 'hidden-4711' },
      { kind: 'identity', username: 'me' },
      { kind: 'key', token: 'hidden-4711' },
      { ...basic('hidden-4711'), expires: 'hidden-4711' },
      'hidden-4711',
    ];
    const faults: unknown[] = [];
    for (const answer of wrong) {
      const { code, said } = await pushed(sample, OF_FILE, [plugin('odd', async () => answer as never)]);
      if (code !== 'PYC_PLUGIN_FAILED' || said.includes('4711')) faults.push([answer, code, said]);
    }
    expect(faults).toEqual([]);
  });

  it('is asked anew where an answer has ended', async () => {
    const sample = await makeSample();
    let asked = 0;
    const short = plugin('short', async () => {
      asked += 1;
      return { ...basic(OF_PLUGIN), expires: 1 };
    });
    expect((await pushed(sample, OF_PLUGIN, [short])).code).toBeUndefined();
    expect(asked).toBeGreaterThan(1);
  });

  it('has the variables for pipelines before it, which come in pairs', async () => {
    const server = await registryFor({ kind: 'basic', username: 'me', password: STATED });
    const sample = await makeSample();
    const build = (variables: Readonly<Record<string, string>>) =>
      sample.build(
        { tags: [`${server.host}/shop:1.0`], push: true },
        {
          plugins: [plugin('known', async () => basic(OF_PLUGIN))],
          env: { PYC_CACHE_DIR: sample.cache, HOME: sample.cache, ...variables },
        },
      );
    const both = { PYC_REGISTRY_USERNAME: 'me', PYC_REGISTRY_PASSWORD: STATED };
    expect((await build(both)).error).toBeNull();
    const half = await build({ PYC_REGISTRY_PASSWORD: STATED });
    expect(half.error).toMatchObject({ code: 'PYC_CREDENTIAL_VARIABLE', exitCode: 2 });
    expect(JSON.stringify(half)).not.toContain(STATED);
  });

  it('is asked of the plugins of the image that is pushed, and of no other image’s in the run', async () => {
    const sample = await makeSample();
    const [one, two] = [
      await registryFor({ kind: 'basic', username: 'me', password: OF_PLUGIN }),
      await registryFor({ kind: 'basic', username: 'me', password: OF_FILE }),
    ];
    const image = (name: string, { host }: FakeRegistry, password: string): string =>
      `{ ...common, name: '${name}', tags: ['${host}/team/${name}:1.0'], plugins: [{ name: 'p', apply: (hooks) =>
        hooks.credentials.tapPromise('p', async () => ({ kind: 'basic', username: 'me', password: '${password}' })) }] }`;
    await writeFile(
      join(sample.directory, 'pycontainer.config.mjs'),
      `const common = { base: 'scratch', python: ${JSON.stringify(PYTHON)}, platforms: ['linux/amd64'], preset: false, sbom: false };
export default [${image('api', one, OF_PLUGIN)}, ${image('worker', two, OF_FILE)}];\n`,
    );
    const report = await build({
      cwd: sample.directory,
      env: { PYC_CACHE_DIR: sample.cache, HOME: sample.cache },
      commandLine: { values: { push: true }, flags: {}, set: [] },
    });
    expect(report.error).toBeNull();
    const sentTo = (server: FakeRegistry): readonly unknown[] => [
      ...new Set(server.requests.map(({ headers }) => headers.authorization).filter(Boolean)),
    ];
    const header = (password: string): string => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
    expect([one, two].map(sentTo)).toEqual([[header(OF_PLUGIN)], [header(OF_FILE)]]);
  });

  it('is nobody’s where no plugin knows the host', async () => {
    const server = await registryFor({ kind: 'basic', username: 'me', password: OF_PLUGIN });
    const sample = await makeSample();
    const report = (plugins: readonly Plugin[]) =>
      sample.build(
        {
          tags: [`${server.host}/shop:1.0`],
          push: true,
        },
        { plugins },
      );
    expect((await report([])).error?.code).toBe('PYC_REGISTRY_ACCESS');
    expect((await report([plugin('known', async () => basic(OF_PLUGIN))])).error).toBeNull();
  });
});
