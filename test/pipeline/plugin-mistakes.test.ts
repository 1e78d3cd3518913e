/** What plugins do wrong: each mistake is told of the plugin that made it, and of the hook. */
import type { BuildHooks, BuildReport, Plugin, Preset } from 'pycontainer';
import { describe, expect, it } from 'vitest';
import { buildInMemory } from '../../core/testing/index.ts';

const WHEELS = [
  { name: 'alpha', version: '1' },
  { name: 'beta', version: '2' },
];

type Tap = (value: never, context: never) => unknown;

/** A plugin with one tap. */
function tapping(hook: keyof BuildHooks, tap: Tap, name = 'faulty'): Plugin {
  return {
    name,
    apply: (hooks) => (hooks[hook] as unknown as { tap(name: string, tap: Tap): void }).tap(name, tap),
  };
}

/** JavaScriptCore says that something frozen was changed, and neither which object nor which key. */
const namesKeys = process.versions.bun === undefined;
const changed = (path: string): string => (namesKeys ? path : 'something of it');

/** The error of a build with a plugin. */
async function errorOf(
  plugin: Plugin,
  config: Parameters<typeof buildInMemory>[1] = {},
  signal?: AbortSignal,
): Promise<BuildReport['error']> {
  const options = signal === undefined ? {} : { signal };
  const { report } = await buildInMemory({ wheels: WHEELS }, { ...config, plugins: [plugin] }, options);
  return report.error;
}

/** `CODE plugin hook` of those errors that do not name them. */
async function unnamed(
  mistakes: readonly (readonly [hook: keyof BuildHooks, tap: Tap, said: string])[],
  config: Parameters<typeof buildInMemory>[1] = {},
): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const [hook, tap, said] of mistakes) {
    const error = await errorOf(tapping(hook, tap), config);
    const words = ['`faulty`', `\`${hook}\``, said];
    if (error?.code === 'PYC_PLUGIN_FAILED' && words.every((word) => error.message.includes(word))) continue;
    wrong.push([hook, said, error]);
  }
  return wrong;
}

interface Changeable {
  readonly [key: string]: unknown;
}
const change =
  (alter: (value: Changeable, context: Changeable) => void): Tap =>
  (value, context) => {
    alter(value, context);
    return value;
  };

describe('a tap that changes what it was given', () => {
  it('is named together with the path', async () => {
    const set = (target: unknown, key: string, value: unknown): void => {
      (target as Record<string, unknown>)[key] = value;
    };
    const first = (list: unknown): unknown => (list as readonly unknown[])[0];
    expect(
      await unnamed(
        [
          [
            'resolve',
            change((value) => set(value, 'distributions', [])),
            changed('`resolution.distributions`'),
          ],
          [
            'resolve',
            change((value) => set(first(value.distributions), 'version', '3')),
            changed(' or `resolution.distributions[…].version`'),
          ],
          [
            'resolve',
            change((value) => (value.distributions as unknown[]).push({})),
            changed('`resolution.distributions[2]`'),
          ],
          [
            'resolved',
            change((value) => (value.distributions as unknown[]).reverse()),
            changed('`resolution.distributions[0]` or '),
          ],
          ['collect', change((value) => set(value, 'tree', {})), changed('`collected.tree`')],
          ['layer', change((value) => (value.groups as unknown[]).pop()), changed('`plan.groups[3]`')],
          ['label', change((value) => set(value.labels, 'team', 'x')), changed('`team`')],
          ['label', change((value) => set(value.env, 'PATH', '/')), changed('`image.env.PATH`')],
          ['label', change((value) => delete (value as { user?: unknown }).user), changed('`image.user`')],
          [
            'sbom',
            change((value) => (value.attachments as unknown[]).push({})),
            changed('`input.attachments[0]`'),
          ],
          ['project', change((value) => set(value, 'directory', '/')), changed('`request.directory`')],
          [
            'label',
            change((_value, context) => set(context.config, 'user', 'root')),
            changed('`image.user` or `context.config.user`'),
          ],
          ['done', change((value) => set(value, 'ok', false)), changed('`report.ok`')],
        ],
        { user: '1' },
      ),
    ).toEqual([]);
  });

  it('is told apart from one that changes something frozen of its own', async () => {
    const own = Object.freeze({ count: 0 });
    const error = await errorOf(
      tapping(
        'label',
        change(() => Object.assign(own, { count: 1 })),
      ),
    );
    expect(error?.message).toContain(namesKeys ? 'failed in `label`' : 'changes what it is given in `label`');
  });

  it('cannot change lists of parts either', async () => {
    const error = await errorOf(
      tapping(
        'collect',
        change((value) => ((value.tree as { parts: unknown[] }).parts.length = 0)),
      ),
    );
    expect([error?.code, error?.message.includes('`faulty`')]).toEqual(['PYC_PLUGIN_FAILED', true]);
  });

  it('may keep a state of its own, and change what it made itself', async () => {
    const counter = { name: 'counter', seen: [] as string[], count: 0, apply(): void {} };
    counter.apply = function apply(this: typeof counter, hooks?: BuildHooks) {
      hooks!.label.tap('counter', (image) => {
        this.count += 1;
        this.seen.push(image.user);
        const labels: Record<string, string> = { ...image.labels };
        labels.team = 'x';
        return { ...image, labels };
      });
    };
    expect(await errorOf(counter)).toBeNull();
    expect([counter.count, counter.seen]).toEqual([1, ['65532:65532']]);
  });
});

describe('a tap that gives what the hook cannot take', () => {
  it('is named together with what is wrong', async () => {
    const give =
      (more: object): Tap =>
      (value) => ({ ...(value as object), ...more });
    const shaped =
      (alter: (value: never) => object): Tap =>
      (value) => ({ ...(value as object), ...alter(value) });
    expect(
      await unnamed([
        ['project', () => ({ name: 3 }), '`directory` is missing'],
        ['lock', () => 'uv.lock', 'the text `uv.lock`'],
        ['lock', () => null, 'null'],
        [
          'python',
          () => ({ interpreter: '/python', target: { implementation: 'cpython' } }),
          '`target.version`',
        ],
        ['resolve', give({ distributions: [{ name: 'alpha' }] }), '`distributions[0].version`'],
        [
          'resolve',
          shaped(({ distributions }: { distributions: object[] }) => ({
            distributions: [{ ...distributions[0], name: 'Alpha_One' }],
          })),
          '`alpha-one`',
        ],
        [
          'resolve',
          shaped(({ distributions }: { distributions: object[] }) => ({
            distributions: [distributions[0], distributions[0]],
          })),
          '`alpha` is there twice',
        ],
        ['wheel', () => ({ name: 'a', file: '/a', digest: 'sha256:1', size: 1 }), '`digest`'],
        ['collect', () => [], 'a list'],
        ['collect', give({ tree: { parts: [{ name: 'x' }], entries() {} } }), '`tree.parts[0].key`'],
        [
          'collect',
          shaped(({ tree }: { tree: { parts: object[] } }) => ({
            tree: { ...tree, parts: [...tree.parts, tree.parts[0]] },
          })),
          'two parts are called `environment`',
        ],
        ['layer', give({ groups: [] }), 'in no group'],
        [
          'layer',
          shaped(({ groups }: { groups: object[] }) => ({ groups: [...groups, groups[0]] })),
          'is in `environment` and in `environment`',
        ],
        ['layer', give({ groups: [{ name: 'x', role: 'project', parts: ['gone'] }] }), '`gone`'],
        ['layer', give({ groups: [{ name: 'x', role: 'mine', parts: [] }] }), '`groups[0].role`'],
        ['layer', give({ groups: [{ name: 'x', role: 'project', parts: [] }] }), 'has no part'],
        ['label', () => 1, '1'],
        ['label', give({ env: { PORT: 8000 } }), '`env.PORT` is 8000'],
        ['label', give({ labels: { a: undefined } }), '`labels.a`'],
        ['label', give({ ports: ['8000'] }), '`ports[0]`'],
        ['label', give({ cmd: 'run' }), '`cmd`'],
        ['label', give({ history: [] }), '`history`'],
        [
          'sbom',
          give({ attachments: [{ artifactType: 'a/b', mediaType: 'a/b', bytes: 'x' }] }),
          '`attachments[0].bytes`',
        ],
        [
          'sbom',
          give({
            attachments: [
              { artifactType: 'a/b', mediaType: 'a/b', bytes: Buffer.from('x'), subject: 'linux' },
            ],
          }),
          '`linux/amd64`',
        ],
        ['destination', () => ({ name: 'x' }), '`publish` is missing'],
        ['publish', give({ destinations: [{ name: 'x' }] }), '`destinations[0].publish`'],
      ]),
    ).toEqual([]);
  });
});

describe('an answer whose methods fail', () => {
  const answers: readonly (readonly [keyof BuildHooks, object, string])[] = [
    ['lock', { path: 'x', format: 'x', select: () => Reflect.get(undefined as never, 'x') }, '`select`'],
    ['lock', { path: 'x', format: 'x', select: () => [] }, 'a list'],
    ['base', { reference: 'x', open: async () => Promise.reject(new Error('no base')) }, 'no base'],
    ['base', { reference: 'x', open: async () => ({ platform: {} }) }, '`platform.os`'],
    ['destination', { name: 'x', publish: async () => Promise.reject(new Error('no room')) }, 'no room'],
    ['destination', { name: 'x', publish: async () => undefined }, '`publish`'],
    [
      'destination',
      { name: 'x', publish: async (build: { tags: string[] }) => void build.tags.push('x') },
      changed('`build.tags[0]`'),
    ],
    [
      'destination',
      new (class {
        readonly name = 'x';
        readonly #reason = 'of a class';
        async publish(): Promise<never> {
          throw new Error(this.#reason);
        }
      })(),
      'of a class',
    ],
  ];

  it('is named with its plugin', async () => {
    expect(await unnamed(answers.map(([hook, answer, said]) => [hook, () => answer, said]))).toEqual([]);
  });

  it('does not keep an interrupted build alive', async () => {
    const ends: unknown[] = [];
    for (const [hook, tap] of [
      ['collect', () => new Promise(() => {})],
      ['destination', () => ({ name: 'x', publish: () => new Promise(() => {}) })],
    ] as const) {
      const controller = new AbortController();
      const hanging = tapping(hook, tap);
      const ended = errorOf(
        {
          name: 'faulty',
          apply: (hooks, api) => {
            hanging.apply(hooks, api);
            hooks.collected.tap('faulty', () => controller.abort());
            if (hook === 'collect') setTimeout(() => controller.abort(), 50);
          },
        },
        {},
        controller.signal,
      );
      const error = await ended;
      ends.push([error?.code, error?.exitCode]);
    }
    expect(ends).toEqual([
      ['PYC_INTERRUPTED', 130],
      ['PYC_INTERRUPTED', 130],
    ]);
  });
});

describe('`apply`', () => {
  it("that gives a promise is refused, and what that ends with is nobody else's", async () => {
    const late = { name: 'faulty', apply: async () => Promise.reject(new Error('late')) };
    const error = await errorOf(late as unknown as Plugin);
    expect([error?.code, error?.message.includes('`faulty`')]).toEqual(['PYC_PLUGIN_FAILED', true]);
  });
});

describe('a preset', () => {
  it('that hangs does not keep an interrupted build alive', async () => {
    const controller = new AbortController();
    const preset: Preset = {
      name: 'faulty',
      detect: () => {
        setTimeout(() => controller.abort(), 10);
        return new Promise(() => {});
      },
    };
    const { report } = await buildInMemory({}, { preset }, { signal: controller.signal });
    expect([report.error?.code, report.error?.exitCode]).toEqual(['PYC_INTERRUPTED', 130]);
  });

  it('is named when it throws, changes what it is shown, or answers what is no detection', async () => {
    const detections: readonly (readonly [detect: (input: never) => unknown, said: string])[] = [
      [() => Reflect.get(undefined as never, 'x'), 'failed'],
      [({ files }: { files: string[] }) => files.push('x'), changed('`input.files[')],
      [() => 3, 'an object'],
      [() => ({ config: {} }), '`reasons`'],
      [() => ({ config: { entrypoint: 'python' }, reasons: [] }), '`config.entrypoint`'],
      [() => ({ config: { env: { PORT: 8000 } }, reasons: [] }), '`config.env.PORT`'],
      [() => ({ config: {}, reasons: ['saw it'] }), '`reasons[0]`'],
    ];
    const wrong: unknown[] = [];
    for (const [detect, said] of detections) {
      const preset = { name: 'faulty', detect: async (input: never) => detect(input) } as unknown as Preset;
      const { report } = await buildInMemory({}, { preset });
      const message = report.error?.message ?? '';
      if (
        report.error?.code !== 'PYC_PLUGIN_FAILED' ||
        !message.includes('`faulty`') ||
        !message.includes(said)
      )
        wrong.push([said, report.error]);
    }
    expect(wrong).toEqual([]);
  });
});

describe('the taps of one hook', () => {
  /** The order in which plugins are asked; `pycontainer` stands where the core itself is. */
  async function orderOf(
    hook: 'label' | 'destination',
    options: Readonly<Record<string, object>>,
  ): Promise<string[]> {
    const asked: string[] = [];
    const plugins = Object.entries(options).map(
      ([name, more]): Plugin => ({
        name,
        apply(hooks) {
          const tap = async () => {
            asked.push(name);
            return undefined as never;
          };
          if (hook === 'label') hooks.label.tapPromise({ name: 'any', ...more }, tap);
          else hooks.destination.tapPromise({ name: 'any', ...more }, tap);
        },
      }),
    );
    const { report } = await buildInMemory({}, { plugins });
    expect(report.error).toBeNull();
    return asked;
  }

  it('run in the order of the configuration, then by `stage` and `before`, which knows plugins by their names', async () => {
    expect(await orderOf('label', { a: {}, b: {}, c: {} })).toEqual(['a', 'b', 'c']);
    expect(await orderOf('label', { a: { stage: 1 }, b: {}, c: { stage: -1 } })).toEqual(['c', 'b', 'a']);
    expect(await orderOf('label', { a: {}, b: {}, c: { before: 'b' } })).toEqual(['a', 'c', 'b']);
    expect(await orderOf('label', { a: {}, b: {}, c: { before: ['a', 'b'] } })).toEqual(['c', 'a', 'b']);
    // Who taps later, as the core does, is not there to be stepped in front of: the tap comes first of all.
    expect(await orderOf('label', { a: {}, b: { before: 'pycontainer' } })).toEqual(['b', 'a']);
  });

  it('come before what pycontainer answers itself, unless they have a later stage', async () => {
    expect(await orderOf('destination', { a: {}, b: { before: 'pycontainer' } })).toEqual(['b', 'a']);
    // The core knows the destination, so nobody behind it is asked.
    expect(await orderOf('destination', { a: { stage: 1 }, b: {} })).toEqual(['b']);
  });

  it('are made in `apply`, and not later', async () => {
    const late: Plugin = {
      name: 'late',
      apply: (hooks) => hooks.collected.tap('late', () => hooks.label.tap('late', (image) => image)),
    };
    const error = await errorOf(late);
    expect([error?.code, error?.message.includes('`late`')]).toEqual(['PYC_PLUGIN_FAILED', true]);
  });
});
