/** Projects for tests: written to a temporary folder, locked against an index on loopback, built by the public API. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type BuildOptions, type BuildReport, build, type Config, type Plugin } from 'pycontainer';
import { validateLayout } from 'pycontainer/oci';
import {
  type FakeFile,
  type FakeIndex,
  lockWheels,
  offerWheel,
  startFakeIndex,
  type WheelRecipe,
} from 'pycontainer/testing';
import { expect, onTestFinished } from 'vitest';

export interface SampleRecipe {
  /** Default: a small application without a build system. */
  readonly files?: Readonly<Record<string, string>>;
  readonly wheels?: readonly WheelRecipe[];
  /** What the lock says of a wheel's SHA-256 in place of the truth. */
  readonly lockedHash?: (name: string, truth: string) => string;
}

export interface Sample {
  /** The project's folder. */
  readonly directory: string;
  /** The store's folder. */
  readonly cache: string;
  readonly index: FakeIndex;
  build(config?: Config, options?: BuildOptions & { plugins?: readonly Plugin[] }): Promise<BuildReport>;
  /** Locks these wheels instead. */
  lock(wheels: readonly WheelRecipe[]): Promise<void>;
}

/** A Python that is stated, so that no base has to be read. */
export const PYTHON = { version: '3.12.7', libc: 'glibc-2.36', interpreter: '/usr/bin/python3.12' } as const;

const PYPROJECT = '[project]\nname = "shop"\nversion = "1.0"\ndependencies = []\n';

/** A sample that is gone when the test is. */
export async function makeSample(recipe: SampleRecipe = {}): Promise<Sample> {
  const root = await mkdtemp(join(tmpdir(), 'pyc-sample-'));
  const directory = join(root, 'project');
  const cache = join(root, 'cache');
  const files = { 'pyproject.toml': PYPROJECT, 'shop/__init__.py': 'print("hello")\n', ...recipe.files };
  await writeFiles(directory, files);
  const offered = new Map<string, FakeFile>();
  const index = await startFakeIndex({
    get files() {
      return [...offered.values()];
    },
  });
  onTestFinished(async () => {
    await index.close();
    await rm(root, { recursive: true, force: true });
  });
  const sample: Sample = {
    directory,
    cache,
    index,
    async lock(wheels) {
      for (const file of await Promise.all(wheels.map(offerWheel))) offered.set(file.name, file);
      const text = await lockWheels(wheels, index, recipe.lockedHash);
      await writeFile(join(directory, 'pylock.toml'), text);
    },
    async build(config = {}, { plugins, ...options } = {}) {
      const report = await build({
        cwd: root,
        directory: 'project',
        env: {
          PYC_CACHE_DIR: cache,
          PATH: process.env.PATH,
          HOME: root,
          // The host's own settings of pip and uv are none of a test's.
          PIP_CONFIG_FILE: '/dev/null',
          XDG_CONFIG_DIRS: root,
        },
        commandLine: {
          values: {
            base: 'scratch',
            python: PYTHON,
            platforms: ['linux/amd64'],
            ...config,
            ...(plugins === undefined ? {} : { plugins }),
          },
          flags: {},
          set: [],
        },
        ...options,
      });
      // Whatever a test is about, the image that it made is valid.
      const layout = join(directory, 'build/image');
      if (report.ok && existsSync(layout)) expect(await validateLayout(layout)).toEqual([]);
      return report;
    },
  };
  if (recipe.wheels !== undefined) await sample.lock(recipe.wheels);
  return sample;
}

/** Writes texts below a folder. */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/** Every file below a folder, sorted; none where there is no such folder. */
export async function filesBelow(directory: string): Promise<string[]> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}
