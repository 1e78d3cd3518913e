import { join } from 'node:path';
import { definePlugin, type Plugin } from 'pycontainer';
import { describe, expect, it } from 'vitest';
import { filesBelow, makeSample } from '../samples/sample.ts';

const plugin = (name: string, apply: Plugin['apply']): Plugin => ({ name, apply });

describe('plugins', () => {
  it('add a file, a label and an attachment', async () => {
    const sample = await makeSample();
    const report = await sample.build(
      { sbom: false },
      {
        plugins: [
          plugin('motd', (hooks, api) => {
            hooks.collect.tapPromise('motd', async (collected) =>
              api.addPart(collected, api.filesPart('motd', { 'etc/motd': 'hello\n' })),
            );
            hooks.label.tapPromise('motd', async (image) => ({
              ...image,
              labels: { ...image.labels, greeting: 'hello' },
            }));
            hooks.sbom.tapPromise('motd', async (input) => ({
              ...input,
              attachments: [
                ...input.attachments,
                {
                  artifactType: 'text/x-notes',
                  mediaType: 'text/plain',
                  bytes: Buffer.from('notes'),
                  subject: 'linux/amd64',
                },
              ],
            }));
          }),
        ],
      },
    );
    expect(report.error).toBeNull();
    expect(report.images[0]?.layers.map(({ name }) => name)).toContain('motd');
    expect(report.attachments).toMatchObject([{ type: 'text/plain', subject: report.images[0]?.digest }]);
  });

  it('run in the order of the stages, each told its platform', async () => {
    const seen: string[] = [];
    const sample = await makeSample({ wheels: [{ name: 'alpha', version: '1' }] });
    const watch = plugin('watch', (hooks) => {
      for (const [name, hook] of Object.entries(hooks)) {
        // A find hook that answers nothing passes on; a shape hook that answers nothing keeps the value.
        hook.tapPromise('watch', async () => {
          seen.push(name);
          return undefined as never;
        });
      }
    });
    expect((await sample.build({ sbom: false }, { plugins: [watch] })).error).toBeNull();
    expect(seen).toEqual([
      'project',
      'lock',
      'base',
      'destination',
      'python',
      'resolve',
      'resolved',
      'wheel',
      'collect',
      'collected',
      'layer',
      'layered',
      'label',
      'labelled',
      'sbom',
      'publish',
      'published',
      'done',
    ]);
  });

  it('are named when they throw, and when they use what does not exist', async () => {
    const faults: [Plugin, string][] = [
      [
        plugin('thrower', (hooks) =>
          hooks.label.tapPromise('thrower', async () => Promise.reject(new Error('oops'))),
        ),
        'thrower',
      ],
      [
        plugin('early', () => {
          throw new Error('at once');
        }),
        'early',
      ],
      [
        plugin('misspelt', (hooks) =>
          (hooks as unknown as Record<string, typeof hooks.label>).lable!.tap('x', (v) => v),
        ),
        'misspelt',
      ],
      [
        plugin('caller', (hooks) =>
          hooks.label.tapAsync('caller', (value, _context, done) => done(null, value)),
        ),
        'caller',
      ],
    ];
    for (const [faulty, name] of faults) {
      const sample = await makeSample();
      const { error } = await sample.build({}, { plugins: [faulty] });
      expect([error?.code, error?.message]).toEqual([
        'PYC_PLUGIN_FAILED',
        expect.stringContaining(`\`${name}\``),
      ]);
      expect(await filesBelow(join(sample.directory, 'build'))).toEqual([]);
    }
  });

  it('are named when the build can never end because of them', async () => {
    const controller = new AbortController();
    const sample = await makeSample();
    const hanging = plugin('waiter', (hooks) =>
      hooks.collect.tapPromise('waiter', async () => {
        setTimeout(() => controller.abort(Symbol.for('pycontainer.stalled')), 10);
        return await new Promise(() => {});
      }),
    );
    const { error } = await sample.build({}, { plugins: [hanging], signal: controller.signal });
    expect([error?.code, error?.exitCode]).toEqual(['PYC_PLUGIN_FAILED', 1]);
    expect(error?.message).toContain('`waiter`');
  });

  it('hear of a failure, once', async () => {
    const heard: unknown[] = [];
    const sample = await makeSample();
    const report = await sample.build(
      {},
      {
        plugins: [
          plugin('listener', (hooks) => {
            hooks.collected.tapPromise('listener', async () => Promise.reject(new Error('no')));
            hooks.failed.tapPromise('listener', async ({ error }) => void heard.push(error));
          }),
        ],
      },
    );
    expect(report.ok).toBe(false);
    expect(heard).toHaveLength(1);
  });

  it('may cut layers another way, and are told where the plan does not fit', async () => {
    const sample = await makeSample({ wheels: [{ name: 'alpha', version: '1' }] });
    const whole = await sample.build(
      { sbom: false },
      {
        plugins: [
          plugin('one', (hooks) => {
            hooks.layer.tapPromise('one', async (plan) => ({
              ...plan,
              groups: [
                { name: 'all', role: 'project' as const, parts: plan.groups.flatMap(({ parts }) => parts) },
              ],
            }));
          }),
        ],
      },
    );
    expect(whole.images[0]?.layers).toHaveLength(1);
    const lost = await sample.build(
      {},
      {
        plugins: [
          plugin('loser', (hooks) =>
            hooks.layer.tap('loser', (plan) => ({ ...plan, groups: plan.groups.slice(1) })),
          ),
        ],
      },
    );
    expect(lost.error?.code).toBe('PYC_PLUGIN_FAILED');
  });

  it('with options are made by definePlugin', async () => {
    const made = definePlugin({ name: 'plain', apply() {} });
    expect(made.name).toBe('plain');
  });
});
