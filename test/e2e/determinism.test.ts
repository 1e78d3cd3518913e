/** The same project gives the same bytes, whatever differs between two machines or two days. */
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { blobsOf } from './harness/layout.ts';
import { build, type PycOptions } from './harness/pyc.ts';
import { copyExample, newFolder } from './harness/workspace.ts';

/** Digest of the image and names of all blobs, the SBOM's among them. */
interface Outcome {
  readonly digest: string;
  readonly blobs: readonly string[];
}

let expected: Outcome;

beforeAll(async () => {
  expected = await outcome(copyExample('fastapi'));
});

async function outcome(
  project: string,
  options: PycOptions = {},
  flags: readonly string[] = [],
): Promise<Outcome> {
  const layout = newFolder('image');
  const { digest } = await build(
    [project, '--base', 'apt:trixie', '--output', `layout:${layout}`, ...flags],
    options,
  );
  return { digest, blobs: blobsOf(layout) };
}

/** The same files, made in the opposite order, an hour apart, for the eyes of one user. */
function copyBackwards(from: string, to: string, hours = 0): void {
  mkdirSync(to, { mode: 0o700 });
  for (const [index, name] of readdirSync(from).sort().reverse().entries()) {
    const target = join(to, name);
    if (statSync(join(from, name)).isDirectory()) copyBackwards(join(from, name), target, hours + index);
    else writeFileSync(target, readFileSync(join(from, name)), { mode: 0o600 });
    const time = new Date(Date.UTC(2001, 1, 3, hours + index, 4, 5));
    utimesSync(target, time, time);
  }
  chmodSync(to, 0o700);
}

describe('an image has the same digest', () => {
  test('from a folder of another name, with other modes, times and order of files', async () => {
    const project = join(newFolder('elsewhere'), 'Ärger mit Namen');
    copyBackwards(copyExample('fastapi'), project);
    expect(await outcome(project)).toEqual(expected);
  });

  test('under another umask, time zone and locale', async () => {
    const options: PycOptions = {
      under: ['sh', '-c', 'umask 077 && exec "$@"', 'sh'],
      store: newFolder('store'),
      env: { TZ: 'Pacific/Kiritimati', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', LANGUAGE: 'tr' },
    };
    expect(await outcome(copyExample('fastapi'), options)).toEqual(expected);
  });

  test('from an empty store on one processor, and again from what that build left', async () => {
    const options: PycOptions = {
      under: ['taskset', '--cpu-list', '0'],
      store: newFolder('store'),
      env: { UV_THREADPOOL_SIZE: '1' },
    };
    expect(await outcome(copyExample('fastapi'), options)).toEqual(expected);
    const { store } = options;
    expect(await outcome(copyExample('fastapi'), { ...(store === undefined ? {} : { store }) })).toEqual(
      expected,
    );
  });

  test('when all is done again, and on many threads', async () => {
    const options: PycOptions = { env: { UV_THREADPOOL_SIZE: '16' } };
    expect(await outcome(copyExample('fastapi'), options, ['--no-cache'])).toEqual(expected);
  });

  test('with leftovers of other tools around', async () => {
    const project = copyExample('fastapi');
    for (const folder of ['.venv/bin', 'shop/__pycache__', '.pytest_cache', '.git/objects', 'build/image']) {
      mkdirSync(join(project, folder), { recursive: true });
      writeFileSync(join(project, folder, 'leftover.pyc'), 'leftover');
    }
    writeFileSync(join(project, '.env'), 'PASSWORD=secret');
    writeFileSync(join(project, 'id_rsa'), 'secret');
    expect(await outcome(project)).toEqual(expected);
  });
});

describe('an image has another digest', () => {
  test('when a line changed, which changes the last layer alone', async () => {
    const project = copyExample('fastapi');
    cpSync(join(project, 'shop/catalogue.py'), join(project, 'shop/copy.py'));
    const changed = await outcome(project);
    expect(changed.digest).not.toBe(expected.digest);
    const added = changed.blobs.filter((blob) => !expected.blobs.includes(blob));
    // The layer, the configuration, the manifest; the SBOM's manifest names its subject.
    expect(added.length).toBeLessThanOrEqual(5);
  });

  test('when SOURCE_DATE_EPOCH is set, but not the layers of dependencies', async () => {
    const dated = await build(
      [copyExample('fastapi'), '--base', 'apt:trixie', '--output', `layout:${newFolder('image')}`],
      { env: { SOURCE_DATE_EPOCH: '1700000000' } },
    );
    const plain = await build([
      ...[copyExample('fastapi'), '--base', 'apt:trixie', '--output', `layout:${newFolder('image')}`],
    ]);
    expect(dated.digest).not.toBe(plain.digest);
    const layers = (one: typeof plain) =>
      one.image.layers.filter(({ role }) => role !== 'project').map(({ digest }) => digest);
    expect(layers(dated)).toEqual(layers(plain));
  });
});
