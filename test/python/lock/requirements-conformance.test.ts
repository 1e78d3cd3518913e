import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isPycError } from '../../../core/primitives/errors.ts';
import {
  parseRequirements,
  RequirementFault,
  readRequirement,
} from '../../../core/python/lock/requirements/index.ts';
import { SpecifierSet } from '../../../core/python/specifier.ts';
import { conformancePath, describeConformance, readConformance } from './conformance-data.ts';

interface ExpectedRequirement {
  requirement: string;
  editable: boolean;
  constraint: boolean;
  options: { hashes?: Record<string, string[]>; config_settings?: Record<string, string | string[]> };
  from: string;
  name?: string | null;
  extras?: string[];
  specifier?: string | null;
  marker?: string | null;
  link?: string | null;
  error?: string;
}

interface ExpectedFile {
  requirements?: ExpectedRequirement[];
  error?: string;
  index_urls: string[];
  find_links: string[];
  no_index: boolean;
  require_hashes: boolean;
}

const DEFAULT_INDEX = 'https://index.example.org/simple';

/** Where the data was made: paths are relative to that, and nothing is there. */
const WORKED_IN = '/tmp/research-python/data/requirements_txt/files';

describeConformance('requirements files against pip', () => {
  it('reads them as pip does', async () => {
    const { files } = JSON.parse(readConformance('requirements_txt/expected_pip.json')) as {
      files: Record<string, ExpectedFile>;
    };
    const folder = fileURLToPath(conformancePath('requirements_txt/files'));
    const mismatches: unknown[] = [];
    for (const [name, expected] of Object.entries(files)) {
      const actual = await readAsPip(folder, name);
      for (const [key, value] of Object.entries(actual)) {
        const wanted = comparable(key, expected);
        if (JSON.stringify(value) !== JSON.stringify(wanted)) mismatches.push({ name, key, value, wanted });
      }
    }
    expect(Object.keys(files).length).toBeGreaterThan(0);
    expect(mismatches).toEqual([]);
  });
});

/** Of an error it counts that there is one. */
function comparable(key: string, expected: ExpectedFile): unknown {
  if (key === 'error') return expected.error !== undefined;
  if (key !== 'requirements') return expected[key as 'index_urls'];
  return expected.requirements?.map((one) => {
    const { requirement, editable, constraint, options, from } = one;
    const base = { requirement, editable, constraint, hashes: hashesOf(options.hashes), from };
    if (one.error !== undefined) return { ...base, error: true };
    const { name, extras, specifier, marker, link } = one;
    return { ...base, name, extras, specifier: sorted(specifier ?? ''), marker, link };
  });
}

async function readAsPip(folder: string, name: string): Promise<Record<string, unknown>> {
  try {
    const file = await parseRequirements(name, readFileSync(resolve(folder, name)), {
      directory: folder,
      environment: { PKG_VER_FOR_TEST: '9.9', TOK_FOR_TEST: 'tok' },
      readFile: async (path) => (existsSync(path) ? readFileSync(path) : undefined),
    });
    const requirements = file.lines.map((line) => {
      const shown = line.file === name ? name : `<DIR>/${line.file}`;
      const base = {
        requirement: line.text,
        editable: line.editable,
        constraint: line.constraint,
        hashes: line.hashes,
        from: `${line.constraint ? '-c' : '-r'} ${shown} (line ${line.line})`,
      };
      try {
        if (line.constraint && line.editable) throw new RequirementFault('editable constraint');
        const read = readRequirement(line.text, line.editable, {
          directory: WORKED_IN,
          pathKind: () => undefined,
        });
        return {
          ...base,
          name: read.name ?? null,
          extras: [...read.extras].sort(),
          specifier: sorted(read.specifier.toString()),
          marker: read.marker?.toString() ?? null,
          link: read.link ?? null,
        };
      } catch (error) {
        if (error instanceof RequirementFault) return { ...base, error: true };
        throw error;
      }
    });
    return {
      error: false,
      requirements,
      index_urls: file.noIndex ? [] : [file.indexUrl ?? DEFAULT_INDEX, ...file.extraIndexUrls],
      find_links: file.findLinks,
      no_index: file.noIndex,
      require_hashes: file.requireHashes,
    };
  } catch (error) {
    if (isPycError(error)) return { error: true };
    throw error;
  }
}

function hashesOf(hashes: Record<string, string[]> = {}): string[] {
  return Object.entries(hashes).flatMap(([algorithm, list]) =>
    list.map((digits) => `${algorithm}:${digits}`),
  );
}

function sorted(specifier: string): string {
  return SpecifierSet.parse(specifier).toString();
}
