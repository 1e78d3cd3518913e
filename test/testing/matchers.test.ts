import { AssertionError } from 'node:assert';
import { definePlugin } from 'pycontainer';
import { buildInMemory, expectBuild, type InMemoryBuild } from 'pycontainer/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import '../build-matchers.ts';

const greeting = definePlugin({
  name: 'greeting',
  apply(hooks, api) {
    hooks.collect.tapPromise('greeting', async (collected) => {
      api.log.warn({ code: 'PYC_GREETING', message: 'it is late' });
      const motd = { bytes: 'good night\n', mode: 0o755 };
      return api.addPart(collected, api.filesPart('greeting', { 'etc/motd': motd, 'etc/issue': 'linux\n' }));
    });
    hooks.label.tapPromise('greeting', async (image) => ({
      ...image,
      labels: { ...image.labels, 'com.example.mood': 'tired' },
      annotations: { ...image.annotations, 'com.example.hour': '23' },
    }));
    hooks.sbom.tapPromise('greeting', async (input) => ({
      ...input,
      attachments: [
        ...input.attachments,
        {
          artifactType: 'text/x-notes',
          mediaType: 'text/plain',
          bytes: Buffer.from('zzz'),
          subject: 'linux/amd64',
        },
      ],
    }));
  },
});

const CONFIG = { plugins: [greeting], entrypoint: ['python', '-m'], cmd: ['shop'], env: { COLOUR: 'blue' } };

let built: InMemoryBuild;
let failed: InMemoryBuild;

beforeAll(async () => {
  built = await buildInMemory({ wheels: [{ name: 'Alpha.Two', version: '1.0' }] }, CONFIG);
  failed = await buildInMemory({}, { outputs: ['nowhere:x'] });
});

/** What a check says when it fails; undefined where it passes. */
function sayingOf(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

describe('matchers', () => {
  it('pass for what is there, of a build as of its image', () => {
    for (const received of [built, built.image]) {
      expect(received).toHaveFile('etc/motd');
      expect(received).toHaveFile('/etc/motd', 'good night\n', 0o755);
      expect(received).toHaveFile('etc/motd', /night/);
      expect(received).toHaveFile('etc/motd', expect.stringContaining('good'));
      expect(received).toHaveFile('etc/motd', Buffer.from('good night\n'));
      expect(received).toHaveFile('etc/motd', undefined, 0o755);
      expect(received).toHaveLabel('com.example.mood', 'tired');
      expect(received).toHaveAnnotation('com.example.hour', /^\d+$/);
      expect(received).toHaveEnv('COLOUR', 'blue');
      expect(received).toHaveCommand(['python', '-m', 'shop']);
      expect(received).toHaveDistribution('alpha_two', '1.0');
      expect(received).toHaveLayer('greeting');
      expect(received).toHaveAttachment('text/x-notes', 'zzz');
      expect(received).toBeSameImageAs(built);
    }
    for (const received of [built, built.report]) {
      expect(received).toBeBuilt();
      expect(received).toWarnWith('PYC_GREETING', /late/);
    }
    for (const received of [failed, failed.report]) {
      expect(received).toFailWith('PYC_OUTPUT_UNKNOWN');
      expect(received).toFailWith('PYC_OUTPUT_UNKNOWN', /nowhere:x/);
    }
  });

  it('pass with `not` for what is not there', () => {
    expect(built).not.toFailWith('PYC_OUTPUT_UNKNOWN');
    expect(built).not.toWarnWith('PYC_OTHER');
    expect(failed).not.toBeBuilt();
    expect(failed).not.toFailWith('PYC_OTHER');
    expect(failed).not.toFailWith('PYC_OUTPUT_UNKNOWN', 'in other words');
    expect(built).not.toHaveFile('etc/passwd');
    expect(built).not.toHaveFile('etc');
    expect(built).not.toHaveFile('opt/venv/bin/python');
    expect(built).not.toHaveFile('etc/motd', 'good morning\n');
    expect(built).not.toHaveFile('etc/motd', Buffer.from('good morning\n'));
    expect(built).not.toHaveFile('etc/motd', 'good night\n', 0o644);
    expect(built).not.toHaveLabel('toString');
    expect(built).not.toHaveLabel('com.example.mood', 'awake');
    expect(built).not.toHaveCommand(['python']);
    expect(built).not.toHaveCommand(['python -m', 'shop']);
    expect(built).not.toHaveDistribution('alpha-two', '1');
    expect(built).not.toHaveLayer('motd');
    expect(built).not.toHaveAttachment('text/x-notes', 'z');
  });

  it('say what is there instead', () => {
    const sayings: readonly [check: () => void, ...words: readonly string[]][] = [
      [() => expect(failed).toBeBuilt(), 'PYC_OUTPUT_UNKNOWN', 'nowhere:x', 'hint: write'],
      [() => expect(built).not.toBeBuilt(), 'succeeded'],
      [() => expect(built).toFailWith('PYC_X'), 'succeeded', 'PYC_X'],
      [() => expect(failed).toFailWith('PYC_X'), 'PYC_OUTPUT_UNKNOWN', 'PYC_X'],
      [() => expect(built).toWarnWith('PYC_X'), 'PYC_X', 'PYC_GREETING: it is late'],
      [() => expect(failed).toWarnWith('PYC_X'), 'nothing'],
      [() => expect(built).toHaveFile('etc/mtod'), '`etc/mtod`', 'did you mean `motd`'],
      [() => expect(built).toHaveFile('etc/cron/daily'), 'in `etc/` there is `issue`, `motd`'],
      [
        () => expect(built).toHaveFile('motd'),
        'at its root',
        '`app`, `etc`, `opt`',
        'of that name: `etc/motd`',
      ],
      [() => expect(built).toHaveFile('opt/venv/bin/python'), 'symlink to `/usr/local/bin/python3.12`'],
      [() => expect(built).toHaveFile('opt/venv'), 'a directory'],
      [() => expect(built).toHaveFile('etc/motd', 'bye'), '"bye"', '"good night\\n"'],
      [() => expect(built).toHaveFile('etc/motd', /bye/), '/bye/', '"good night\\n"'],
      [() => expect(built).toHaveFile('etc/motd', Buffer.from('a')), '11 bytes', 'the 1 expected'],
      [() => expect(built).toHaveFile('etc/motd', undefined, 0o600), '0o755', '0o600'],
      [() => expect(built).not.toHaveFile('etc/motd'), 'should not'],
      [() => expect(built).toHaveLabel('com.example.mod'), 'did you mean `com.example.mood`'],
      [() => expect(built).toHaveLabel('com.example.mood', 'x'), '"tired"', '"x"'],
      [() => expect(built).toHaveEnv('COLOR', 'x'), 'environment variable', '`COLOUR`', '`PATH`'],
      [() => expect(built).toHaveCommand(['shop']), '["python","-m","shop"]', '["shop"]'],
      [() => expect(built).toHaveDistribution('alpha'), '`alpha-two`'],
      [() => expect(built).toHaveDistribution('alpha-two', '2'), '"1.0"', '"2"'],
      [() => expect(built).toHaveLayer('greetings'), 'did you mean `greeting`'],
      [() => expect(built).toHaveAttachment('text/x-note'), '`text/x-notes`'],
      [() => expect(built).toHaveAttachment('text/x-notes', 'awake'), '"zzz"', '"awake"'],
    ];
    const silent = sayings.filter(([check, ...words]) => {
      const said = sayingOf(check);
      return said === undefined || !words.every((word) => said.includes(word));
    });
    expect(silent.map(([check]) => [String(check), sayingOf(check)])).toEqual([]);
  });

  it('say where two images differ', async () => {
    const clock = (hour: string) =>
      definePlugin({
        name: 'clock',
        apply(hooks, api) {
          hooks.collect.tapPromise('clock', async (collected) =>
            api.addPart(collected, api.filesPart('clock', { 'etc/hour': hour, [`etc/at-${hour}`]: '' })),
          );
          hooks.label.tapPromise('clock', async (image) => ({ ...image, env: { ...image.env, HOUR: hour } }));
        },
      });
    const builds = await Promise.all(['1', '2'].map((hour) => buildInMemory({}, { plugins: [clock(hour)] })));
    const said = sayingOf(() => expect(builds[0]).toBeSameImageAs(builds[1]?.image)) ?? '';
    for (const line of [
      'layer `clock` has other bytes',
      '`etc/hour`: "1", "2"',
      '`etc/at-1` is only in the first',
      '`etc/at-2` is only in the second',
      'configuration, Env: ',
    ]) {
      expect(said).toContain(line);
    }
    expect(said).not.toContain('`project`');
    expect(builds[0]).not.toBeSameImageAs(builds[1]);
  });

  it('refuse what is no build, and what has no image, whatever `not` says', () => {
    expect(() => expect(7).not.toHaveFile('x')).toThrow(TypeError);
    expect(() => expect(built.image).not.toBeBuilt()).toThrow(TypeError);
    expect(() => expect(failed).not.toHaveFile('x')).toThrow(/PYC_OUTPUT_UNKNOWN/);
    expect(() => expect(built).not.toBeSameImageAs(failed)).toThrow(RangeError);
  });

  it('serve those who have no `expect`', () => {
    expectBuild(built).toHaveFile('etc/motd', 'good night\n');
    expectBuild(built).not.toHaveFile('etc/passwd');
    expect(() => expectBuild(built).toHaveFile('etc/passwd')).toThrow(AssertionError);
    expect(() => expectBuild(built).not.toHaveFile('etc/motd')).toThrow(AssertionError);
  });
});
