import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { defineConfig, definePlugin, definePreset } from '../../core/config/define.ts';
import { configJsonSchema } from '../../core/config/json-schema.ts';
import type { CheckedConfig } from '../../core/config/schema.ts';
import type { Config, PresetMaker } from '../../core/pipeline/settings.ts';
import type { PycError } from '../../core/primitives/errors.ts';

/** The schema's arrays and objects as the interface declares them. */
type Immutable<T> = T extends (...values: never[]) => unknown
  ? T
  : T extends readonly unknown[] | object
    ? { readonly [K in keyof T]: Immutable<T[K]> }
    : T;

describe('the schema', () => {
  it('has exactly the keys and types of the interface', () => {
    expectTypeOf<keyof CheckedConfig>().toEqualTypeOf<keyof Config>();
    // What is left uncalled is called before it is checked.
    type Preset = Exclude<Config['preset'], PresetMaker>;
    type Plain = Omit<Config, 'profiles' | 'plugins' | 'preset'>;
    expectTypeOf<Immutable<Omit<CheckedConfig, 'profiles' | 'plugins' | 'preset'>>>().toEqualTypeOf<
      Immutable<Plain>
    >();
    expectTypeOf<Immutable<CheckedConfig['preset']>>().toEqualTypeOf<Immutable<Preset>>();
    expectTypeOf<Config['plugins']>().toExtend<Immutable<CheckedConfig['plugins']>>();
  });

  it('becomes JSON Schema in both spellings, closed, with a sentence for each key', () => {
    for (const style of ['json', 'kebab'] as const) {
      const schema = configJsonSchema(style) as {
        additionalProperties: boolean;
        properties: Record<string, { description?: string }>;
      };
      expect(schema.additionalProperties).toBe(false);
      const silent = Object.entries(schema.properties).filter(([, { description }]) => !description);
      expect(silent.map(([key]) => key)).toEqual([]);
      expect(Object.keys(schema.properties)).toContain(style === 'json' ? 'stopSignal' : 'stop-signal');
    }
  });
});

describe('the define functions', () => {
  it('give back what they get', () => {
    const config = defineConfig({ name: 'x' });
    const plugin = definePlugin({ name: 'p', apply() {} });
    const preset = definePreset({ name: 'f', detect: async () => undefined });
    expect([config, plugin.name, preset.name]).toEqual([{ name: 'x' }, 'p', 'f']);
  });

  it("check a plugin's options by its Standard Schema", () => {
    const seen: unknown[] = [];
    const make = definePlugin({
      name: 'sized',
      options: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value: unknown) =>
            typeof value === 'number'
              ? { value: value * 2 }
              : { issues: [{ message: 'must be a number', path: ['size'] }] },
        },
      },
      apply: (_hooks, _api, options) => void seen.push(options),
    });
    make(2).apply({} as never, {} as never);
    expect(seen).toEqual([4]);
    const wrong = make('no' as never);
    let error: PycError | undefined;
    try {
      wrong.apply({} as never, {} as never);
    } catch (thrown) {
      error = thrown as PycError;
    }
    expect(error?.code).toBe('PYC_PLUGIN_OPTIONS');
    expect(error?.details).toEqual([{ path: 'size', message: 'must be a number', origin: 'plugin `sized`' }]);
  });

  it('give presets options too, which may be left out where the schema allows it', async () => {
    const make = definePreset({
      name: 'mounted',
      rank: 'site',
      options: z.strictObject({ at: z.string() }).optional(),
      detect: async (_input, options) => ({
        config: { labels: { at: options?.at ?? 'nowhere' } },
        reasons: [],
      }),
    });
    expect(make()).toMatchObject({ name: 'mounted', rank: 'site' });
    expect((await make({ at: '/srv' }).detect({} as never))?.config.labels).toEqual({ at: '/srv' });
    const strict = definePlugin({ name: 's3', options: z.strictObject({ bucket: z.string() }), apply() {} });
    expectTypeOf(strict).parameters.toEqualTypeOf<[options: { bucket: string }]>();
    expectTypeOf(make).toExtend<NonNullable<Config['preset']>>();
    await expect(make({ on: '/srv' } as never).detect({} as never)).rejects.toMatchObject({
      code: 'PYC_PLUGIN_OPTIONS',
    });
  });
});
