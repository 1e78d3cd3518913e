import { describe, expect, it } from 'vitest';
import { formatError, formatWarning } from '../../core/cli/render/fault.ts';
import { finish } from '../../core/cli/render/finish.ts';
import { shellWord, shownReference } from '../../core/cli/render/location.ts';
import { formatBytes, formatDuration } from '../../core/cli/render/measure.ts';
import { nextCommands } from '../../core/cli/render/next-command.ts';
import { createDisplay } from '../../core/cli/render/progress.ts';
import { styleOf } from '../../core/cli/render/style.ts';
import { formatPlan, formatSummary } from '../../core/cli/render/summary.ts';
import { type BuildReport, emptyReport } from '../../core/pipeline/report.ts';
import { digestOf } from '../../core/primitives/digest.ts';
import { fakeIo } from './fake-io.ts';

const ESCAPE = '\u001b';
const plain = styleOf({ write: () => {} }, {});

/** A report of one image in one output. */
function reportOf(
  destination: string,
  reference: string,
  ports: readonly string[] = ['8000/tcp'],
): BuildReport {
  const layer = {
    digest: digestOf('l'),
    diffId: digestOf('d'),
    name: 'base',
    distributions: [],
    size: 1_000_000,
  };
  return {
    ...emptyReport('build'),
    project: { name: 'shop', version: '1.2', directory: '/home/me/shop' },
    preset: { name: 'fastapi', reasons: [{ message: 'found `app`', file: 'main.py', line: 3 }] },
    images: [
      {
        name: 'shop',
        tags: [],
        platform: 'linux/amd64',
        python: { version: '3.12.7', tag: 'cp312', libc: 'glibc-2.36' },
        base: { reference: 'python:3.12-slim', digest: digestOf('b') },
        digest: digestOf('m'),
        size: 4_200_000,
        processes: {},
        command: ['python', '-m', 'uvicorn', 'main:app'],
        user: '65532:65532',
        ports,
        distributions: [
          ...[9_000_000, 100].map((installedSize, at) => ({
            ...{ name: `d${at}`, version: '1', source: 'wheel' as const, file: null, hash: null, url: null },
            ...{ requestedBy: [], fileSize: null, installedSize, replaces: null },
          })),
        ],
        excluded: [],
        layers: [
          { ...layer, role: 'base', origin: 'base' },
          { ...layer, role: 'base', origin: 'base' },
          {
            ...layer,
            role: 'dependencies',
            name: 'dependencies 1',
            origin: 'cached',
            distributions: ['a', 'b'],
          },
          { ...layer, role: 'project', name: 'project', size: 900, origin: 'built' },
        ],
      },
    ],
    outputs: [
      {
        image: 'shop',
        destination,
        reference,
        digest: digestOf('m'),
        bytesUploaded: 900,
        blobsUploaded: 1,
        blobsMounted: 0,
        blobsPresent: 3,
      },
    ],
    timings: { resolve: 12.5, layer: 220, total: 310 },
  };
}

describe('the last screen', () => {
  it('has image, digest, size, layers, time and the next command', () => {
    const text = formatSummary(
      reportOf('layout:build/image', 'oci:/home/me/shop/build/image:latest'),
      '/home/me/shop',
      plain,
    );
    for (const part of [
      'shop 1.2 for linux/amd64 on Python 3.12.7',
      digestOf('m'),
      '4.2 MB in 4 layers',
      '2 distributions, 9.0 MB unpacked: d0 9.0 MB, …',
      'base, 2 layers',
      'dependencies: 2 distributions',
      '900 B  built',
      'done in 310 ms (layer 220 ms)',
      'preset    fastapi',
      'podman run --rm -p 8000:8000 oci:build/image:latest',
      'docker load --input image.tar',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('ends with a command that fits the output', () => {
    const first = (destination: string, reference: string, ports: readonly string[] = []) =>
      nextCommands(reportOf(destination, reference, ports), '/home/me')[0]?.lines;
    const digest = digestOf('m');
    expect(first('registry:ghcr.io/me/shop:1', `ghcr.io/me/shop@${digest}`, ['53/udp'])).toEqual([
      `podman run --rm -p 53:53/udp ghcr.io/me/shop@${digest}`,
    ]);
    expect(first('archive:a b.tar', 'oci-archive:/home/me/a b.tar')).toEqual([
      "podman run --rm 'oci-archive:a b.tar'",
    ]);
    expect(first('docker-archive:s.tar', 'docker-archive:/home/me/s.tar')).toEqual([
      'docker load --input s.tar',
      'docker run --rm shop:latest',
    ]);
    expect(first('load:docker', 'shop:1', ['80/tcp'])).toEqual(['docker run --rm -p 80:80 shop:1']);
    expect(first('load:podman', 'localhost/shop:1')).toEqual(['podman run --rm localhost/shop:1']);
    expect(first('load:kind', 'docker.io/library/shop:1')).toEqual([
      'kubectl run shop --image=docker.io/library/shop:1 --image-pull-policy=Never',
    ]);
    expect(first('wheelhouse:w', 'w')).toBeUndefined();
  });

  it('repeats for Docker what was typed, and never a password', () => {
    const report = reportOf('layout:build/image', 'oci:/home/me/build/image:latest', []);
    const [image] = report.images;
    const tagged = { ...report, images: [{ ...image!, tags: ['ghcr.io/me/shop:2'] }] };
    const docker = (words: readonly string[], of: BuildReport = tagged) =>
      nextCommands(of, '/home/me', words)[1]?.lines;
    expect(docker(['a b', '--base', 'apt:trixie', '--push'])).toEqual([
      "pyc build 'a b' --base apt:trixie --output docker-archive:image.tar && docker load --input image.tar",
      'docker run --rm ghcr.io/me/shop:2',
    ]);
    expect(nextCommands(tagged, '/home/me', [], 'npx pyc')[1]?.lines[0]).toMatch(/^npx pyc build --output /);
    expect(
      docker([], { ...tagged, images: [...tagged.images, { ...image!, name: 'other' }] })?.[0],
    ).toContain('--only shop');
    expect(docker(['--username', 'me', '--password=secret'])).toBeUndefined();
  });

  it('is coloured on a terminal and escapes what comes from outside', () => {
    const report = reportOf('layout:build/image', 'oci:/p/build/image:latest');
    const [image] = report.images;
    const hostile = { ...report, images: [{ ...image!, name: `a${ESCAPE}[2J` }] };
    const text = formatSummary(hostile, '/p', styleOf({ write: () => {}, isTTY: true }, {}));
    expect(text).toContain(`${ESCAPE}[1mwritten to${ESCAPE}[22m`);
    expect(text).toContain('a\\u001b[2J');
    expect(text).not.toContain(`${ESCAPE}[2J`);
  });

  it('says of a lock what it pinned', () => {
    const report = { ...reportOf('', ''), command: 'lock', dryRun: true };
    const local = { ...report.images[0]!, base: { reference: 'layout:base', digest: null } };
    expect(formatPlan(report, '/p', plain)).toContain('pinned in pycontainer.lock');
    expect(formatPlan({ ...report, images: [local] }, '/p', plain)).toContain('needs no pin');
  });

  it('gives the reference to standard output and the screen to standard error', () => {
    const report = reportOf('layout:build/image', 'oci:/p/build/image:latest');
    const io = fakeIo({ cwd: '/p' });
    expect(finish(report, { progress: 'auto' }, io)).toBe(0);
    expect(io.out()).toBe('oci:build/image:latest\n');
    const quiet = fakeIo({ cwd: '/p' });
    finish(report, { progress: 'none' }, quiet);
    expect([quiet.out(), quiet.err()]).toEqual(['oci:build/image:latest\n', '']);
    const json = fakeIo({ cwd: '/p' });
    finish(report, { json: true, progress: 'auto' }, json);
    expect([JSON.parse(json.out()), json.err()]).toEqual([report, '']);
  });
});

describe('errors', () => {
  it('list what is wrong with its place, then give one hint', () => {
    const text = formatError(
      {
        code: 'PYC_X',
        message: 'two things are wrong',
        hint: 'do this',
        exitCode: 1,
        details: [
          { path: 'tags.0', message: 'must be a text', origin: '--tag' },
          {
            name: 'numpy',
            version: '2.0',
            reason: 'no wheel fits',
            files: [{ name: 'numpy.whl', reason: 'for Windows' }],
          },
          { target: 'one:app', file: 'one.py', line: 3 },
          { target: null, file: 'two.py', line: 4 },
          { preset: 'flask', reasons: [{ message: 'it is Flask', file: 'web.py', line: 5 }], config: {} },
          'plain words',
          { odd: 1 },
        ],
      },
      plain,
    );
    expect(text).toBe(
      [
        'error: two things are wrong [PYC_X]',
        '',
        '  - tags.0 must be a text (--tag)',
        '  - numpy 2.0: no wheel fits',
        '    - numpy.whl: for Windows',
        '  - one:app (one.py:3)',
        '  - two.py:4',
        '  - flask',
        '    - it is Flask (web.py:5)',
        '  - plain words',
        '  - {"odd":1}',
        '',
        'hint: do this',
        '',
      ].join('\n'),
    );
  });

  it('say nothing twice, and put the code into the first line', () => {
    const error = { code: 'PYC_X', hint: null, exitCode: 1 } as const;
    const detail = {
      name: 'numpy',
      version: '2',
      reason: 'no wheel',
      files: [{ name: 'n.whl', reason: 'for Windows' }],
    };
    const whole = 'nothing fits\n\n  numpy 2: no wheel\n    n.whl: for Windows';
    expect(formatError({ ...error, message: whole, details: [detail] }, plain)).toBe(
      'error: nothing fits [PYC_X]\n\n  numpy 2: no wheel\n    n.whl: for Windows\n',
    );
    const open = { requirement: 'flask>=2', place: 'requirements.txt:3', reason: 'only `==` pins it' };
    expect(formatError({ ...error, message: '`flask>=2` is open', details: [open] }, plain)).toContain(
      '  - flask>=2: only `==` pins it (requirements.txt:3)',
    );
  });

  it('and warnings escape what comes from outside', () => {
    const hostile = `name ${ESCAPE}[2J\u202e`;
    const error = formatError(
      {
        code: 'PYC_X',
        message: hostile,
        hint: hostile,
        exitCode: 1,
        details: [hostile, { name: hostile, reason: hostile }],
      },
      plain,
    );
    const warning = formatWarning({ code: 'PYC_X', message: hostile, hint: hostile }, plain);
    for (const text of [error, warning]) {
      expect(text).not.toContain(ESCAPE);
      expect(text).not.toContain('\u202e');
      expect(text).toContain('\\u001b');
    }
  });
});

describe('colours', () => {
  it('follow the stream, NO_COLOR, FORCE_COLOR and TERM', () => {
    const terminal = { write: () => {}, isTTY: true };
    const pipe = { write: () => {} };
    const table: [stream: typeof pipe, env: Record<string, string>, colored: boolean][] = [
      [terminal, {}, true],
      [terminal, { NO_COLOR: '1' }, false],
      [terminal, { NO_COLOR: '' }, true],
      [terminal, { TERM: 'dumb' }, false],
      [pipe, {}, false],
      [pipe, { FORCE_COLOR: '1' }, true],
      [terminal, { FORCE_COLOR: '0' }, false],
    ];
    expect(table.map(([stream, env]) => styleOf(stream, env).red('x') !== 'x')).toEqual(
      table.map(([, , colored]) => colored),
    );
  });
});

describe('progress', () => {
  it('is lines of what took long where there is no terminal', () => {
    let clock = 0;
    const io = fakeIo({ now: () => clock });
    const { log, close } = createDisplay('auto', false, io);
    log.progress({ id: 'a', label: 'fetch a', state: 'start' });
    log.progress({ id: 'b', label: 'fetch b', state: 'start' });
    log.progress({ id: 'b', label: '', state: 'end' });
    clock = 2000;
    log.progress({ id: 'a', label: '', state: 'end', done: 1_500_000 });
    log.debug('hidden');
    log.info('shown');
    close();
    expect(io.err()).toBe('fetch a (2.0 s, 1.5 MB)\nshown\n');
  });

  it('moves on a terminal, under what stays, and leaves nothing behind', async () => {
    const io = fakeIo({ isTTY: true });
    const { log, close } = createDisplay('auto', true, io);
    for (let index = 0; index < 9; index++) {
      log.progress({ id: String(index), label: `fetch ${ESCAPE}${index}`, state: 'start', total: 10 });
    }
    log.progress({ id: '0', label: '', state: 'advance', done: 5 });
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(io.err()).toContain('and 3 more');
    expect(io.err()).toContain('5 B of 10 B');
    expect(io.err()).toContain('\\u001b0');
    log.debug('detail');
    close();
    expect(io.err().endsWith(`${ESCAPE}[7A${ESCAPE}[0J`)).toBe(true);
  });

  it('is nothing but warnings where none is wanted', () => {
    const io = fakeIo({ isTTY: true, env: { NO_COLOR: '1' } });
    const { log } = createDisplay('none', false, io);
    log.info('no');
    log.progress({ id: 'a', label: 'a', state: 'start' });
    log.warn({ code: 'PYC_X', message: 'careful' });
    expect(io.err()).toBe('warning: careful [PYC_X]\n');
  });
});

describe('measures and places', () => {
  it('are short', () => {
    expect([0, 999, 1000, 99_940, 123_456, 999_600, 4_200_000_000].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '99.9 kB',
      '123 kB',
      '1.0 MB',
      '4.2 GB',
    ]);
    expect([12.4, 999, 3100, 125_000].map(formatDuration)).toEqual(['12 ms', '999 ms', '3.1 s', '2 min 5 s']);
    expect(shownReference('oci:/a/b/c:latest', '/a')).toBe('oci:b/c:latest');
    expect(shownReference('ghcr.io/me/x@sha256:1', '/a')).toBe('ghcr.io/me/x@sha256:1');
    expect(["it's", 'plain', 'a b'].map(shellWord)).toEqual(["'it'\\''s'", 'plain', "'a b'"]);
  });
});
