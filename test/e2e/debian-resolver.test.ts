/** The resolver against apt's own simulation, from an empty system, on Debian's archive of today. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../core/http/undici-client.ts';
import type { BaseContext } from '../../core/pipeline/values.ts';
import { silentLog } from '../../core/primitives/log.ts';
import { createDiskStore } from '../../core/store/disk-store.ts';
import { findIndexes, readIndexes } from '../../plugins/debian/archive-indexes.ts';
import { archivesOf } from '../../plugins/debian/mirrors.ts';
import { BASE_PACKAGES, readOptions } from '../../plugins/debian/options.ts';
import { indexPackages, type PackageIndex } from '../../plugins/debian/package-index.ts';
import { resolvePackages } from '../../plugins/debian/resolver.ts';
import { type Command, run } from './harness/processes.ts';
import { newFolder } from './harness/workspace.ts';

const LISTS: readonly (readonly string[])[] = [
  ['python3'],
  [...BASE_PACKAGES, 'python3'],
  ['git', 'curl', 'openssh-client'],
  ['ffmpeg'],
  ['libpq5', 'postgresql-client'],
  ['libgl1', 'libglib2.0-0'],
  ['libblas3', 'libopenblas0', 'liblapack3', 'mawk'],
  ['gdal-bin'],
  ['imagemagick', 'poppler-utils', 'tesseract-ocr'],
  ['build-essential'],
  ['default-jre-headless'],
  ['default-mysql-client', 'unixodbc'],
];

const SUITES = [
  ['bookworm', 'amd64'],
  ['bookworm', 'arm64'],
  ['trixie', 'amd64'],
  ['trixie', 'arm64'],
] as const;

describe.each(SUITES)('on %s %s', (suite, architecture) => {
  const settings = readOptions(suite);
  let index: PackageIndex;
  let apt: readonly [string, ...string[]];

  beforeAll(async () => {
    index = await fetchIndex();
    const root = newFolder(`apt-${suite}-${architecture}`);
    for (const folder of [
      'state/lists/partial',
      'cache/archives/partial',
      'etc/preferences.d',
      'etc/apt.conf.d',
    ]) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    const signed = '[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]';
    const lines = archivesOf(settings).map(
      (archive) => `deb ${signed} ${archive.mirror} ${archive.suite} main\n`,
    );
    writeFileSync(join(root, 'etc/sources.list'), lines.join(''));
    const options = {
      'Dir::State': join(root, 'state'),
      'Dir::Cache': join(root, 'cache'),
      'Dir::Etc': join(root, 'etc'),
      'Dir::State::status': '/dev/null',
      'APT::Architecture': architecture,
      'APT::Architectures': architecture,
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
    };
    apt = ['apt-get', ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
    await run([...apt, 'update'] as unknown as Command);
  });

  test('chooses the packages and versions that apt would install', async () => {
    const differences: unknown[] = [];
    for (const packages of LISTS) {
      const chosen = resolvePackages(index, { packages, exclude: [], architecture });
      const own = chosen.map(({ record }) => `${record.name} ${record.version}`);
      const args = ['--simulate', '--no-install-recommends', 'install', ...packages];
      const output = await run([...apt, ...args] as unknown as Command);
      const theirs = [...output.matchAll(/^Inst (\S+) \((\S+) /gm)].map(
        ([, name, version]) => `${name} ${version}`,
      );
      const [onlyOwn, onlyTheirs] = [without(own, theirs), without(theirs, own)];
      if (onlyOwn.length + onlyTheirs.length > 0) differences.push({ packages, onlyOwn, onlyTheirs });
    }
    expect(differences).toEqual([]);
  });

  async function fetchIndex(): Promise<PackageIndex> {
    const store = createDiskStore({ directory: newFolder(`indexes-${suite}-${architecture}`), limit: 1e9 });
    const http = createHttpClient({ env: process.env });
    const context = { store, http, log: silentLog, offline: false } as unknown as BaseContext;
    const { signal } = new AbortController();
    try {
      const request = { architecture, checkValidUntil: true, now: new Date() };
      const files = await findIndexes(archivesOf(settings), request, context, signal);
      return indexPackages(await readIndexes(files, context, signal), architecture);
    } finally {
      await http.close();
      await store.close();
    }
  }
});

function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}
