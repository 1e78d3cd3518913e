/** What presets add to the collected tree: through a whole build. */
import {
  type Detection,
  digestOf,
  digestOfJson,
  type Preset,
  PycError,
  readAll,
  streamOf,
} from 'pycontainer';
import { describe, expect, it } from 'vitest';
import { filesBelow, makeSample, type Sample } from '../samples/sample.ts';
import { readLayer } from './layers-of.ts';

const FILES = { 'shop/__init__.py': '', 'out/kept.txt': 'kept', 'out/made.txt': 'stale', 'in.txt': 'one' };

/** Copies `/app/in.txt` to `/app/out/made.txt`; `counts` says how often it was read. */
function copying(counts: { made: number }, rules = 1): Preset {
  return presetThat(async (collected, context) => {
    const [project] = collected.tree.parts.filter(({ role }) => role === 'project');
    const record = await project!.record();
    const source = record.entries.find(({ path }) => path === 'app/in.txt');
    const without = await context.withoutSources(collected, (path) => path === 'app/out/made.txt');
    const part = context.derivedPart({
      name: 'copies',
      key: digestOfJson([rules, source]),
      size: 3,
      top: 'app',
      async make(signal) {
        counts.made += 1;
        for await (const [path, entry] of project!.entries(signal)) {
          if (path !== 'app/in.txt' || entry.type !== 'file') continue;
          const bytes = Buffer.concat([
            await readAll(entry.content.open(), 100, 'the source'),
            Buffer.from('!'),
          ]);
          const content = { size: bytes.length, sha256: digestOf(bytes), open: () => streamOf(bytes) };
          return new Map([['app/out/made.txt', content]]);
        }
        return new Map();
      },
    });
    return context.addPart(without, part);
  });
}

function presetThat(collect: NonNullable<Detection['collect']>): Preset {
  return {
    name: 'maker',
    detect: async () => ({ config: { entrypoint: ['true'] }, reasons: [], collect }),
  };
}

async function errorOf(sample: Sample, collect: NonNullable<Detection['collect']>): Promise<unknown> {
  const { error } = await sample.build({ preset: presetThat(collect) });
  return [error?.code, error?.message];
}

describe('what a preset adds to the tree', () => {
  it('lies in a layer of its own, in place of the sources that it replaces', async () => {
    const sample = await makeSample({ files: FILES });
    const report = await sample.build({ preset: copying({ made: 0 }) });
    expect(report.error).toBeNull();
    const layers = report.images[0]!.layers;
    expect(layers.map(({ role, name }) => [role, name]).slice(-2)).toEqual([
      ['plugin', 'copies'],
      ['project', 'project'],
    ]);
    const [made, project] = await Promise.all(
      layers.slice(-2).map(({ digest }) => readLayer(`${sample.directory}/build/image`, digest!)),
    );
    expect(made).toEqual({ 'app/': '', 'app/out/': '', 'app/out/made.txt': 'one!' });
    expect(project).toMatchObject({ 'app/out/kept.txt': 'kept' });
    expect(project).not.toHaveProperty('app/out/made.txt');
  });

  it('is made once, and again only when an input changes', async () => {
    const sample = await makeSample({ files: FILES });
    const counts = { made: 0 };
    const first = await sample.build({ preset: copying(counts) });
    const second = await sample.build({ preset: copying(counts) });
    expect([counts.made, second.images[0]!.digest]).toEqual([1, first.images[0]!.digest]);
    await sample.build({ preset: copying(counts, 2) });
    expect(counts.made).toBe(2);
  });

  it('is not asked for in a dry run', async () => {
    const sample = await makeSample({ files: FILES });
    const counts = { made: 0 };
    await sample.build({ preset: copying(counts) }, { dryRun: true });
    expect(counts.made).toBe(0);
    expect(await filesBelow(`${sample.directory}/build`)).toEqual([]);
  });

  it('keeps a value that was made once', async () => {
    const sample = await makeSample({ files: FILES });
    const seen: unknown[] = [];
    const preset = presetThat(async (collected, { remembered }) => {
      seen.push(await remembered(digestOfJson('a value'), async () => ({ at: seen.length })));
      return collected;
    });
    for (let run = 0; run < 2; run += 1) await sample.build({ preset });
    await sample.build({ preset }, { noCache: true });
    expect(seen).toEqual([{ at: 0 }, { at: 0 }, { at: 2 }]);
  });

  it('conflicts by name with what another part has', async () => {
    const sample = await makeSample({ files: FILES });
    const [code] = (await errorOf(sample, async (collected, { addPart, derivedPart }) => {
      const bytes = Buffer.from('other');
      const content = { size: 5, sha256: digestOf(bytes), open: () => streamOf(bytes) };
      const make = async () => new Map([['app/in.txt', content]]);
      return addPart(collected, derivedPart({ name: 'x', key: digestOfJson(1), size: 5, top: 'app', make }));
    })) as [string];
    expect(code).toBe('PYC_TREE_CONFLICT');
  });

  it('names the preset whose mistake it is, and passes errors for users as they are', async () => {
    class OwnError extends PycError {
      readonly code = 'PYC_OWN';
    }
    const sample = await makeSample({ files: FILES });
    expect(
      await errorOf(sample, async () => {
        throw new OwnError('it is so');
      }),
    ).toEqual(['PYC_OWN', 'it is so']);
    const mistakes = [
      async () => {
        throw new TypeError('x is undefined');
      },
      async () => ({}) as never,
      async () => undefined as never,
    ];
    for (const mistake of mistakes) {
      const [code, message] = (await errorOf(sample, mistake)) as [string, string];
      expect([code, message.includes('`maker`')]).toEqual(['PYC_PLUGIN_FAILED', true]);
    }
  });
});
