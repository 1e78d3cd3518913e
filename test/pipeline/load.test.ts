import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { main } from '../../core/cli/main.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { engineAt } from '../engines/surroundings.ts';
import { makeSample, type Sample } from '../samples/sample.ts';

const WHEELS = [{ name: 'alpha', version: '1.0', files: { 'alpha/__init__.py': 'A = 1\n' } }];

function environment({ cache, directory }: Sample, socket: string): Record<string, string> {
  return { PYC_CACHE_DIR: cache, PATH: '', HOME: directory, DOCKER_HOST: `unix://${socket}` };
}

describe('a build that is loaded into an engine', () => {
  it('says by what the engine runs it, and sends nothing twice', async () => {
    const sample = await makeSample({ wheels: WHEELS });
    const socket = join(sample.directory, '../docker.sock');
    const fake = await engineAt(socket);
    const env = environment(sample, socket);
    const first = await sample.build({ load: true, tags: ['shop:1', 'ghcr.io/me/shop:1'] }, { env });
    expect(first.error).toBeNull();
    const digest = first.images[0]!.digest;
    expect(first.outputs).toMatchObject([{ destination: 'load:docker', reference: 'shop:1', digest }]);
    expect(first.outputs[0]!.bytesUploaded).toBeGreaterThan(0);
    expect([...fake.names.keys()]).toEqual(['shop:1', 'ghcr.io/me/shop:1']);
    expect(existsSync(join(sample.directory, 'build'))).toBe(false);
    const again = await sample.build({ outputs: ['load:docker'] }, { env });
    expect(again.outputs).toMatchObject([{ reference: 'shop:latest', bytesUploaded: 0, blobsUploaded: 0 }]);
    expect(fake.loads).toHaveLength(1);
  });

  it('looks for the engine before it builds, and not at all where nothing is written', async () => {
    const sample = await makeSample({ wheels: WHEELS });
    const env = environment(sample, join(sample.directory, 'none.sock'));
    const report = await sample.build({ load: 'docker' }, { env });
    expect(report.error?.code).toBe('PYC_ENGINE_UNREACHABLE');
    expect(report.timings.layer).toBeUndefined();
    const planned = await sample.build({ load: 'docker' }, { env, dryRun: true });
    expect(planned.error).toBeNull();
  });

  it('names an engine only as `--load=ENGINE`', async () => {
    const { directory } = await makeSample();
    const errorOf = async (...args: string[]): Promise<string> => {
      const io = fakeIo({ cwd: directory });
      await main(['build', '--json', ...args], io);
      return JSON.stringify((JSON.parse(io.out()) as { error: unknown }).error);
    };
    expect(await errorOf('--load', 'some-folder')).toContain('some-folder');
    expect(await errorOf('--load=dokcer')).toContain('`docker`');
  });
});
