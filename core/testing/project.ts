/** Projects for tests: their files, and a lock of wheels that an index on loopback offers. What builds them is not known here. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PluginFile } from '../pipeline/plugin.ts';
import { parseTreePath } from '../primitives/path.ts';
import { normalizeName } from '../python/name.ts';
import type { FakeFile, FakeIndex } from './fake-index.ts';
import { makeWheel, type WheelRecipe, wheelFileName } from './wheels.ts';

/** A project as a test states it. */
export interface ProjectRecipe {
  /**
   * By path, relative to the project's folder. A `pyproject.toml` (`shop` 1.0, without a build system) and a
   * `shop/__init__.py` are there unless they are stated.
   */
  readonly files?: Readonly<Record<string, PluginFile>>;
  /** What it depends on: locked in a `pylock.toml`, and offered by an index on loopback. */
  readonly wheels?: readonly WheelRecipe[];
}

const DEFAULT_FILES: Readonly<Record<string, PluginFile>> = {
  'pyproject.toml': '[project]\nname = "shop"\nversion = "1.0"\ndependencies = []\n',
  'shop/__init__.py': 'print("hello")\n',
};

/** The project's files without a lock. */
export function projectFiles({ files = {} }: ProjectRecipe): Readonly<Record<string, PluginFile>> {
  return { ...DEFAULT_FILES, ...files };
}

/** Writes files below a folder; it and the folders between are made. @throws TreePathError for a path that leads out of it */
export async function writeProject(
  directory: string,
  files: Readonly<Record<string, PluginFile>>,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [path, file] of Object.entries(files)) {
    const target = join(directory, parseTreePath(path));
    const { bytes, mode = 0o644 } =
      typeof file === 'string' || file instanceof Uint8Array ? { bytes: file } : file;
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes, { mode });
  }
}

/** A wheel as a {@link FakeIndex} offers it. */
export async function offerWheel(recipe: WheelRecipe): Promise<FakeFile> {
  return { project: recipe.name, name: wheelFileName(recipe), bytes: await makeWheel(recipe) };
}

/**
 * The text of a `pylock.toml` (PEP 751) that locks wheels of an index, each with its SHA-256.
 *
 * @param sha256 - what the lock says of a wheel's hash instead of the truth
 * @throws RangeError for a wheel that the index does not offer
 */
export async function lockWheels(
  wheels: readonly WheelRecipe[],
  index: Pick<FakeIndex, 'urlOf'>,
  sha256: (name: string, truth: string) => string = (_, truth) => truth,
): Promise<string> {
  const packages = await Promise.all(
    wheels.map(async (wheel) => {
      const { name, bytes } = await offerWheel(wheel);
      const hash = sha256(name, createHash('sha256').update(bytes).digest('hex'));
      return [
        '[[packages]]',
        `name = ${text(normalizeName(wheel.name))}`,
        `version = ${text(wheel.version)}`,
        `wheels = [{ name = ${text(name)}, url = ${text(index.urlOf(name))}, hashes = { sha256 = ${text(hash)} } }]`,
        '',
      ].join('\n');
    }),
  );
  return ['lock-version = "1.0"', 'created-by = "pycontainer/testing"', '', ...packages].join('\n');
}

/** A basic string of TOML, whose escapes are JSON's. */
function text(value: string): string {
  return JSON.stringify(value);
}
