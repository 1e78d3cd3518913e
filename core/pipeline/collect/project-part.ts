/**
 * The project's own part: its sources where it is no package; else its wheel, which the wheelhouse has, or which follows from
 * its sources by the rules of its build backend, or which the host's builder makes.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfJson } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import { FIXED_MTIME, type Part, type TreeItem } from '../../primitives/file-tree.ts';
import { parseTreePath } from '../../primitives/path.ts';
import { partOfWheel, type RecordCache } from '../../python/install/part.ts';
import type { InstallTarget } from '../../python/install/scheme.ts';
import {
  type LocalPlan,
  partOfPlannedWheel,
  planLocalProject,
  projectFilesIn,
} from '../../python/local-project/index.ts';
import { chooseWheel, wheelSupport } from '../../python/lock/wheel-choice.ts';
import { FilenameError, parseWheelFilename } from '../../python/wheel-filename.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import { collectSources, walkOptionsOf } from '../sources/index.ts';
import type { Project, Resolution, WheelFile } from '../values.ts';
import { buildProjectWheel, storeWheel } from './host-build.ts';
import { partOfItems } from './memory-part.ts';
import { surroundingsOf } from './surroundings.ts';

/**
 * The wheel that the host's builder made of the project holds code for this host, or for another Python, and does not run on
 * the image's. Build it where it fits and put it into a `wheelhouse`, or build for the platform of the host.
 */
export class ProjectWheelUnfitError extends PycError {
  readonly code = 'PYC_PROJECT_WHEEL_UNFIT';
}

/** What a project's part is made with. */
interface PartInputs {
  /** Of the part. */
  readonly name: string;
  readonly records: RecordCache;
  readonly session: Session;
}

/** The project's wheel and its working directory where it is a package; else its sources. */
export async function projectParts(
  resolution: Resolution,
  config: ResolvedConfig,
  target: InstallTarget,
  { name, records, session }: PartInputs,
): Promise<Part[]> {
  const { project } = resolution;
  const mtime = session.sourceDateEpoch ?? FIXED_MTIME;
  if (!project.isPackage) {
    const items = await collectSources(project.directory, { ...walkOptionsOf(config, session), mtime });
    return [partOfItems(items, { name, role: 'project', salt: 'sources/1' })];
  }
  const part = await packagePart(resolution, config, target, { name, records, session });
  return [session.sourceDateEpoch === undefined ? part : dated(part, mtime), workFolder(mtime)];
}

async function packagePart(
  resolution: Resolution,
  config: ResolvedConfig,
  target: InstallTarget,
  { name, records, session }: PartInputs,
): Promise<Part> {
  const { project } = resolution;
  const ofWheel = (wheel: WheelFile): Part => {
    const { digest, size, file } = wheel;
    return partOfWheel({
      name,
      fileName: wheel.name,
      digest,
      size,
      target,
      role: 'project',
      openWheel: async () => file,
      records,
    });
  };
  const supplied = await suppliedWheel(resolution, config.wheelhouse, session);
  if (supplied !== undefined) return ofWheel(supplied);
  const reason = config.builder === 'host' ? '`builder` asks for it' : undefined;
  const plan: LocalPlan = reason === undefined ? await planOf(project, session) : { static: false, reason };
  if (plan.static) {
    session.log.info(`\`${project.name}\` is laid out from its sources, by the rules of ${plan.backend}`);
    const { signal, store } = session;
    return partOfPlannedWheel(plan.wheel, project.directory, {
      name,
      role: 'project',
      target,
      signal,
      async keep(file, bytes) {
        const blob = await store.write(bytes, { what: `\`${file}\`` }, signal);
        return { file: store.fileOf(blob.digest), ...blob };
      },
    });
  }
  session.log.info(`\`${project.name}\` is built on this host: ${plan.reason}`);
  const wheel = await builtOnce(project, plan.reason, session);
  refuseUnfit(wheel.name, resolution);
  return ofWheel(wheel);
}

/** Platforms and images of one run have the same sources. */
export function planOf(project: Project, session: Session): Promise<LocalPlan> {
  return session.memory.get(`plan of the project ${project.directory}`, async () =>
    planLocalProject(projectFilesIn(project.directory), await surroundingsOf(project.directory, session.env)),
  );
}

function builtOnce(project: Project, reason: string, session: Session): Promise<WheelFile> {
  return session.memory.get(`wheel of the project ${project.directory}`, () =>
    buildProjectWheel(project, reason, session),
  );
}

/** A wheel of the project's name and version that lies in the wheelhouse. */
async function suppliedWheel(
  { project, python }: Resolution,
  wheelhouse: string | undefined,
  session: Session,
): Promise<WheelFile | undefined> {
  if (wheelhouse === undefined || project.version === undefined) return undefined;
  const names = (await readdir(wheelhouse)).filter((name) => isOf(project, name));
  const chosen = chooseWheel(
    names.map((name) => ({ name })),
    wheelSupport(python.target).ranks,
  );
  if (chosen === undefined) return undefined;
  session.log.info(`\`${chosen.name}\` is taken from the wheelhouse`);
  return storeWheel(join(wheelhouse, chosen.name), session);
}

function isOf(project: Project, fileName: string): boolean {
  try {
    const { name, version } = parseWheelFilename(fileName);
    return name === project.name && version.toString() === project.version;
  } catch (error) {
    if (error instanceof FilenameError) return false;
    throw error;
  }
}

/** @throws ProjectWheelUnfitError */
function refuseUnfit(name: string, { project, platform, python }: Resolution): void {
  if (chooseWheel([{ name }], wheelSupport(python.target).ranks) !== undefined) return;
  throw new ProjectWheelUnfitError(
    `the wheel that this host built of \`${project.name}\`, \`${name}\`, does not fit ${platform.os}/${platform.architecture} with Python ${python.target.version}`,
    {
      hint: 'build its wheel where it fits, and name the folder that holds it in `wheelhouse`',
    },
  );
}

/** The working directory, which an installed project puts nothing into: not every engine makes it when it is missing. */
function workFolder(mtime: number): Part {
  const folder: TreeItem = [parseTreePath('app'), { type: 'directory', mode: 0o755, uid: 0, gid: 0, mtime }];
  return partOfItems([folder], { name: 'working directory', role: 'project', salt: 'working directory/1' });
}

function dated(part: Part, mtime: number): Part {
  return {
    ...part,
    key: digestOfJson({ part: part.key, mtime }),
    async *entries(signal) {
      for await (const [path, entry] of part.entries(signal))
        yield [path, { ...entry, mtime }] satisfies TreeItem;
    },
  };
}
