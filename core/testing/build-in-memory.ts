/**
 * Builds a project that a test states, with plugins and presets as they are, by the way that `pyc build` goes; gives
 * all that came of it as values. It asserts nothing and knows no framework of tests.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { BuildOptions } from '../build.ts';
import { assertValidLayout } from '../oci/validate/validate-layout.ts';
import type { BuildReport } from '../pipeline/report.ts';
import type { Config } from '../pipeline/settings.ts';
import { comparePaths } from '../primitives/path.ts';
import { type BuiltAttachment, type BuiltImage, readAttachments, readBuiltImage } from './built-image.ts';
import { type FakeIndex, startFakeIndex } from './fake-index.ts';
import type { LoggedRequest } from './fake-server.ts';
import { DEFAULT_PYTHON } from './images.ts';
import { lockWheels, offerWheel, type ProjectRecipe, projectFiles, writeProject } from './project.ts';

/** What {@link buildInMemory} takes besides project and configuration. */
export interface InMemoryOptions
  extends Pick<
    BuildOptions,
    'credentials' | 'dryRun' | 'locked' | 'log' | 'noCache' | 'offline' | 'only' | 'profile' | 'signal'
  > {
  /** Seen beside `PATH` and a `HOME` that is empty; of the process's environment the build sees nothing more. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute: a store that is kept, for a second build to find what the first one made. Default: one that is removed. */
  readonly cacheDirectory?: string;
}

/** What came of a build. */
export interface InMemoryBuild {
  readonly report: BuildReport;
  /** In the report's order; none of a dry run, and none that was not written because the build failed. */
  readonly images: readonly BuiltImage[];
  /** The only image. @throws RangeError where there is none, or more than one; it says why */
  readonly image: BuiltImage;
  /** Of all images. */
  readonly attachments: readonly BuiltAttachment[];
  /** Files that the build wrote or changed below the project's folder, as destinations do; by path, sorted. */
  readonly written: ReadonlyMap<string, Buffer>;
  /** What the index of `wheels` was asked. */
  readonly requests: readonly LoggedRequest[];
}

/**
 * Builds a project and gives its images whole.
 *
 * The configuration is what a `pycontainer.config.ts` holds, and is stronger than one among the project's files. What
 * neither states differs from `pyc build` so that a test is small and gives the same on every host: the base is
 * `scratch` with Python 3.12.7 and glibc 2.36, the platform `linux/amd64`, and there is no SBOM.
 *
 * Project and store lie in a temporary folder, which is removed before the answer is given. Nothing past loopback is
 * asked unless the configuration names it. Every image is validated.
 *
 * @returns also for a build that failed: its report says why
 * @throws ImageInvalidError where what was built is no valid image, which only a plugin can cause; RangeError for
 * `wheels` beside a `pylock.toml`; TreePathError for a file outside the project
 */
export async function buildInMemory(
  project: ProjectRecipe = {},
  config: Config = {},
  options: InMemoryOptions = {},
): Promise<InMemoryBuild> {
  const files = projectFiles(project);
  const { wheels = [] } = project;
  if (wheels.length > 0 && files['pylock.toml'] !== undefined) {
    throw new RangeError('`wheels` are locked in a `pylock.toml`: state one of the two');
  }
  // Who only wants a fake registry does not load the pipeline.
  const { buildAdjusted } = await import('../build.ts');
  const root = await mkdtemp(join(tmpdir(), 'pycontainer-testing-'));
  const directory = join(root, 'project');
  let index: FakeIndex | undefined;
  try {
    await writeProject(directory, files);
    if (wheels.length > 0) {
      index = await startFakeIndex({ files: await Promise.all(wheels.map(offerWheel)) });
      await writeProject(directory, { 'pylock.toml': await lockWheels(wheels, index) });
    }
    const before = await filesBelow(directory);
    const layouts: ImageLayout[] = [];
    const report = await buildAdjusted(
      {
        ...options,
        cwd: directory,
        env: { PATH: process.env.PATH, HOME: join(root, 'home'), ...options.env },
        cacheDirectory: options.cacheDirectory ?? join(root, 'store'),
        commandLine: { values: config, flags: {}, set: [] },
      },
      (values) => {
        const layout = join(root, 'images', String(layouts.length));
        layouts.push({ name: values.name, layout });
        return withDefaults(values, layout);
      },
    );
    const built = await readImages(report, layouts);
    const written = changed(before, await filesBelow(directory));
    return outcome({ report, ...built, written, requests: index?.requests ?? [] });
  } finally {
    await index?.close();
    await rm(root, { recursive: true, force: true });
  }
}

function withDefaults(values: Config, layout: string): Config {
  const { base = 'scratch', python, platforms = ['linux/amd64'], sbom = false, outputs = [] } = values;
  const stated = base === 'scratch' ? { ...DEFAULT_PYTHON, ...python } : python;
  return {
    ...values,
    base,
    ...(stated === undefined ? {} : { python: stated }),
    platforms,
    sbom,
    outputs: [...outputs, `layout:${layout}`],
  };
}

/** Where an image of the configuration is written. */
interface ImageLayout {
  /** Undefined where it has the project's. */
  readonly name: string | undefined;
  readonly layout: string;
}

/** @param layouts - in the configuration's order */
async function readImages(
  report: BuildReport,
  layouts: readonly ImageLayout[],
): Promise<Pick<InMemoryBuild, 'images' | 'attachments'>> {
  const attachments = new Map<string, readonly BuiltAttachment[]>();
  for (const { layout } of layouts) {
    if (!existsSync(layout)) continue;
    await assertValidLayout(layout);
    attachments.set(layout, await readAttachments(layout));
  }
  const images: BuiltImage[] = [];
  const read = new Set<string>();
  for (const image of report.images) {
    // Several without a name have the project's, and come in order.
    const own = layouts.find(
      ({ name = image.name, layout }) => name === image.name && !read.has(`${layout} ${image.platform}`),
    );
    const attached = attachments.get(own?.layout ?? '');
    if (own === undefined || attached === undefined) continue;
    read.add(`${own.layout} ${image.platform}`);
    images.push(await readBuiltImage(own.layout, image, attached));
  }
  return { images, attachments: [...attachments.values()].flat() };
}

/** `image` is not enumerable: what prints or compares a build must not stumble over it. */
function outcome(build: Omit<InMemoryBuild, 'image'>): InMemoryBuild {
  const get = (): BuiltImage => {
    const { images, report } = build;
    const [image, ...others] = images;
    if (image !== undefined && others.length === 0) return image;
    const { error } = report;
    const why = error === null ? '' : `: the build failed with ${error.code}: ${error.message}`;
    const count = image === undefined ? 'is no image' : `are ${images.length} images`;
    throw new RangeError(`there ${count} to look at${why}`);
  };
  return Object.defineProperty(build, 'image', { get }) as InMemoryBuild;
}

async function filesBelow(directory: string): Promise<ReadonlyMap<string, Buffer>> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .sort(comparePaths);
  return new Map(
    await Promise.all(
      files.map(async (file) => [file, await readFile(join(directory, file))] as [string, Buffer]),
    ),
  );
}

function changed(
  before: ReadonlyMap<string, Buffer>,
  after: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, Buffer> {
  return new Map([...after].filter(([path, bytes]) => before.get(path)?.equals(bytes) !== true));
}
