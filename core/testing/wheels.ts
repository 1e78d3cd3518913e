/**
 * Makes wheels in memory: a good one from a name and a version, and any other by overriding what it would say.
 * For tests of this program and of plugins.
 */
import { createHash } from 'node:crypto';
import { makeZip, type ZipOptions, type ZipRecipe } from './zip.ts';

/** A file of a wheel: its content, or all of an entry's recipe but the name. */
export type WheelFileRecipe = string | Uint8Array | Omit<ZipRecipe, 'name'>;

export interface WheelRecipe {
  readonly name: string;
  readonly version: string;
  /** `py3-none-any` where not given. */
  readonly tag?: string;
  readonly build?: string;
  /** By path in the wheel; `<name>/__init__.py` where not given. `{data}` and `{distInfo}` stand for those folders. */
  readonly files?: Readonly<Record<string, WheelFileRecipe>>;
  /** Groups of `entry_points.txt`, or its text. */
  readonly entryPoints?: Readonly<Record<string, Readonly<Record<string, string>>>> | string;
  /** Further headers of METADATA, as in `{ 'Requires-Dist': ['anyio>=4'] }`; they replace those that it would have. */
  readonly metadata?: Readonly<Record<string, string | readonly string[]>>;
  /** Headers of WHEEL, the same way. */
  readonly wheel?: Readonly<Record<string, string | readonly string[]>>;
  /** The folder's name without `.dist-info`. */
  readonly stem?: string;
  /** RECORD's text, made of the honest one; `undefined` leaves the file out. */
  readonly record?: (honest: string) => string | undefined;
  readonly zip?: ZipOptions;
}

/** The wheel's file name. */
export function wheelFileName({ name, version, build, tag = 'py3-none-any' }: WheelRecipe): string {
  return [escaped(name), version, ...(build === undefined ? [] : [build]), tag].join('-').concat('.whl');
}

/** The wheel's bytes. */
export async function makeWheel(recipe: WheelRecipe): Promise<Uint8Array> {
  const { name, version, tag = 'py3-none-any', build } = recipe;
  const stem = recipe.stem ?? `${escaped(name)}-${version}`;
  const distInfo = `${stem}.dist-info`;
  const files = new Map<string, WheelFileRecipe>();
  for (const [path, file] of Object.entries(recipe.files ?? { [`${escaped(name)}/__init__.py`]: '' })) {
    files.set(path.replace('{data}', `${stem}.data`).replace('{distInfo}', distInfo), file);
  }
  const metadata = { 'Metadata-Version': '2.1', Name: name, Version: version, ...recipe.metadata };
  const wheel = {
    'Wheel-Version': '1.0',
    Generator: 'pycontainer-testing',
    'Root-Is-Purelib': 'true',
    Tag: expandTag(tag),
    ...(build === undefined ? {} : { Build: build }),
    ...recipe.wheel,
  };
  addDefault(files, `${distInfo}/METADATA`, headers(metadata));
  addDefault(files, `${distInfo}/WHEEL`, headers(wheel));
  if (recipe.entryPoints !== undefined)
    addDefault(files, `${distInfo}/entry_points.txt`, entryPoints(recipe.entryPoints));
  const entries = [...files].map(([path, file]) => recipeOf(path, file));
  const record = (recipe.record ?? ((honest) => honest))(recordOf(entries, `${distInfo}/RECORD`));
  if (record !== undefined && !files.has(`${distInfo}/RECORD`))
    entries.push({ name: `${distInfo}/RECORD`, content: record });
  return makeZip(entries, recipe.zip);
}

function addDefault(files: Map<string, WheelFileRecipe>, path: string, text: string): void {
  if (!files.has(path)) files.set(path, text);
}

function recipeOf(name: string, file: WheelFileRecipe): ZipRecipe {
  return typeof file === 'string' || file instanceof Uint8Array ? { name, content: file } : { ...file, name };
}

/** A row for each file, in the entries' order. */
function recordOf(entries: readonly ZipRecipe[], own: string): string {
  const rows = entries
    .filter(({ name }) => !name.endsWith('/'))
    .map(({ name, content = '' }) => {
      const bytes = Buffer.from(content as string);
      const hash = createHash('sha256').update(bytes).digest('base64url');
      const path = /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
      return `${path},sha256=${hash},${bytes.length}\n`;
    });
  return `${rows.join('')}${own},,\n`;
}

function headers(values: Readonly<Record<string, string | readonly string[]>>): string {
  return Object.entries(values)
    .flatMap(([key, value]) => [value].flat().map((one) => `${key}: ${one}\n`))
    .join('');
}

function entryPoints(groups: NonNullable<WheelRecipe['entryPoints']>): string {
  if (typeof groups === 'string') return groups;
  return Object.entries(groups)
    .map(([group, entries]) => {
      const lines = Object.entries(entries).map(([name, reference]) => `${name} = ${reference}\n`);
      return `[${group}]\n${lines.join('')}\n`;
    })
    .join('');
}

function expandTag(tag: string): string[] {
  const [interpreters = '', abis = '', platforms = ''] = tag.split('-');
  return interpreters
    .split('.')
    .flatMap((interpreter) => abis.split('.').map((abi) => `${interpreter}-${abi}`))
    .flatMap((start) => platforms.split('.').map((platform) => `${start}-${platform}`));
}

function escaped(name: string): string {
  return name.replace(/[-_.]+/g, '_').toLowerCase();
}
