import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import type { PartRecord } from '../../../core/primitives/file-tree.ts';
import { findConflicts } from '../../../core/primitives/tree.ts';
import { layOut } from '../../../core/python/install.ts';
import { openWheel } from '../../../core/python/wheel.ts';
import { CONFORMANCE, Mismatches, withConformance } from '../conformance.ts';
import { type Files, readFiles } from './laid-out.ts';

interface Expected {
  readonly wheels: readonly string[];
  readonly error?: string;
  readonly files?: readonly { readonly path: string; readonly mode: string; readonly sha256: string }[];
}
type Table = Readonly<Record<string, Expected>>;

const TARGET = {
  prefix: 'opt/venv',
  implementation: 'cpython',
  pythonVersion: '3.11',
  abi: 'cp311',
} as const;
const SITE = 'opt/venv/lib/python3.11/site-packages';

/** Where we follow pip's tree and not installer's error, and why. */
const AS_PIP: Readonly<Record<string, string>> = {
  'wrapdup-1.0-py3-none-any.whl':
    'wrappers of entry points in `.data/scripts` are left out, as the specification of pip has it',
  'same:a,c': 'the same bytes from two distributions are no conflict',
};

/** Where no oracle's mode is ours, and why. */
const OTHER_MODES: Readonly<Record<string, string>> = {
  'bin/keepme': 'a script in `.data/scripts` is executable whatever the archive says, as uv has it',
};

/** What each oracle writes in its own words: the installer's name, scripts, and RECORD, which has the hashes of both. */
function isOwnWords(path: string): boolean {
  return /dist-info\/(?:INSTALLER|RECORD|REQUESTED)$/.test(path) || path.startsWith('bin/');
}

interface Outcome {
  readonly code?: string;
  readonly files?: Files;
}

async function install(wheels: readonly string[]): Promise<Outcome> {
  const files = new Map();
  const records: { name: string; record: PartRecord }[] = [];
  try {
    for (const fileName of wheels) {
      const wheel = openWheel(join(CONFORMANCE, 'wheel_install', 'wheels', fileName), fileName);
      const { items, record } = layOut(wheel, { target: TARGET });
      wheel.close();
      records.push({ name: fileName, record });
      for (const [path, file] of await readFiles(items)) files.set(path.replace('opt/venv/', ''), file);
    }
  } catch (error) {
    if (isPycError(error)) return { code: error.code };
    throw error;
  }
  return findConflicts(records).length > 0 ? { code: 'PYC_TREE_CONFLICT' } : { files };
}

withConformance<Table>('wheel_install/expected_installer-validate.json', (strict) => {
  withConformance<Table>('wheel_install/expected_pip.json', (pip) => {
    describe('laying wheels out as installer and pip do', () => {
      it('gives the same files, modes and bytes, and refuses the same wheels', async () => {
        const mismatches = new Mismatches();
        for (const [name, ours] of Object.entries(strict)) {
          const expected = name in AS_PIP ? pip[name]! : ours;
          const outcome = await install(expected.wheels);
          mismatches.compare(name, outcome.code === undefined, expected.error === undefined);
          if (outcome.files === undefined || expected.files === undefined) continue;
          const [got, want] = [outcome.files, new Map(expected.files.map((file) => [file.path, file]))];
          const wanted = [...want.keys()].filter((path) => !path.endsWith('/REQUESTED')).sort();
          mismatches.compare(name, [...got.keys()].sort(), wanted);
          for (const path of wanted) {
            const [file, other] = [got.get(path), want.get(path)];
            if (!(path in OTHER_MODES)) mismatches.compare(path, `0o${file?.mode.toString(8)}`, other?.mode);
            if (!isOwnWords(path)) mismatches.compare(path, file?.sha256, other?.sha256);
          }
        }
        expect(mismatches.list).toEqual([]);
      });

      it('names what is wrong with the refused ones', async () => {
        const codes: Record<string, string | undefined> = {};
        for (const [name, { wheels }] of Object.entries(strict)) {
          const { code } = await install(wheels);
          if (code !== undefined) codes[name.replace('-1.0-py3-none-any.whl', '')] = code;
        }
        expect(codes).toEqual({
          badhash: 'PYC_ARCHIVE_ENTRY_CORRUPT',
          datadup: 'PYC_WHEEL_LAYOUT_REFUSED',
          datafile: 'PYC_WHEEL_LAYOUT_REFUSED',
          ep_nofunc: 'PYC_ENTRY_POINTS_INVALID',
          eptraversal: 'PYC_ENTRY_POINTS_INVALID',
          traversal: 'PYC_ZIP_INVALID',
          wheelv2: 'PYC_WHEEL_UNSUPPORTED',
          wronginfo: 'PYC_WHEEL_INVALID',
        });
      });

      it('writes a RECORD that has every file with its hash', async () => {
        const mismatches = new Mismatches();
        for (const { wheels } of Object.values(strict)) {
          const { files } = await install(wheels);
          if (files === undefined || wheels.length > 1) continue;
          const record = [...files].find(([path]) => path.endsWith('.dist-info/RECORD'));
          const rows = record?.[1].text.split('\n').slice(0, -1) ?? [];
          mismatches.compare([wheels, 'sorted'], rows, [...rows].sort());
          const stated = rows.map((row) => row.split(','));
          const want = [...files].map(([path, { sha256, size }]) => {
            const relative = path.startsWith(SITE.slice('opt/venv/'.length))
              ? path.slice(SITE.length - 'opt/venv/'.length + 1)
              : `../../../${path}`;
            const hash = `sha256=${Buffer.from(sha256, 'hex').toString('base64url')}`;
            return relative.endsWith('dist-info/RECORD')
              ? [relative, '', '']
              : [relative, hash, String(size)];
          });
          mismatches.compare(
            wheels,
            stated,
            want.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
          );
        }
        expect(mismatches.list).toEqual([]);
      });
    });
  });
});
