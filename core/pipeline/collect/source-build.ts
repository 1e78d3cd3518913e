/**
 * Wheels of distributions that are locked as sources: laid out by the rules of their build backends where those tell, else built
 * by this host's builder. Each is kept in the store under its source and under what built it.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLimiter } from '../../primitives/concurrency.ts';
import { type Digest, digestOfJson, isDigest, stableJson } from '../../primitives/digest.ts';
import { VERSION } from '../../primitives/version.ts';
import type { InstallTarget } from '../../python/install/scheme.ts';
import {
  type PlannedWheel,
  partOfPlannedWheel,
  planLocalProject,
  projectFilesIn,
} from '../../python/local-project/index.ts';
import type { LockedPin } from '../../python/lock/lock-file.ts';
import type { PythonTarget } from '../../python/target.ts';
import { BlobDamagedError, BlobMissingError } from '../../store/errors.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Distribution, Project, WheelFile } from '../values.ts';
import { buildRequirements, constraintsFor } from './build-constraints.ts';
import { runBuilder } from './builder-run.ts';
import { checkIdentity } from './built-wheel.ts';
import { NoBuilderError } from './host-build.ts';
import { findHostBuilder, type HostBuilder, pythonRequest, versionOfUv } from './host-builder.ts';
import { type LockedSource, lockedSource, sourceRoom } from './locked-source.ts';

export interface SourceBuild {
  /** Whose settings of uv count. */
  readonly project: Project;
  readonly config: ResolvedConfig;
  readonly target: PythonTarget;
  readonly install: InstallTarget;
  /** What the lock pins, for what the build needs. */
  readonly pins: readonly LockedPin[];
  readonly session: Session;
}

/** To be counted up whenever the same sources would be built in another way. */
const RULES = 1;
/** Builds at once: each may start as many compilers as there are processors. */
const PARALLEL = 2;

/**
 * The wheel of a distribution that is locked as sources, in the store.
 *
 * @throws NoBuilderError, SourceBuildError, SourceWheelError; what fetching and unpacking throw
 */
export async function buildSource(distribution: Distribution, build: SourceBuild): Promise<WheelFile> {
  const { session, config, target } = build;
  const source = lockedSource(distribution, config, session);
  const identity = await source.identity();
  const key = digestOfJson({ what: 'wheel of sources', source: identity, name: distribution.name });
  const limit = session.memory.get('limit of builds', () => createLimiter(PARALLEL));
  return session.memory.get(`wheel of sources ${key} for ${pythonRequest(target)}`, async () => {
    const keys = keysOf(identity, target);
    const known = await knownWheel(keys, build);
    if (known !== undefined) return known;
    return limit(() =>
      session.store.exclusive(
        `wheel of sources ${key}`,
        // Another process may have made it meanwhile.
        async () => (await knownWheel(keys, build)) ?? (await makeWheel(distribution, source, build)),
        session.signal,
      ),
    );
  });
}

interface Keys {
  /** Of the wheel that was laid out, or of why it could not be. */
  readonly planned: Digest;
  /** Of the wheel that a builder made. */
  built(builder: HostBuilder): Digest;
  /** Of one that is pure, whichever Python of this host uv took for the target's version. */
  pure(uv: string): Digest;
}

function keysOf(source: unknown, target: PythonTarget): Keys {
  return {
    planned: digestOfJson({ what: 'wheel laid out of sources', version: VERSION, source }),
    built: ({ identity }) =>
      digestOfJson({ what: 'wheel built of sources', rules: RULES, source, builder: identity }),
    pure: (uv) =>
      digestOfJson({
        what: 'pure wheel built of sources',
        rules: RULES,
        source,
        uv,
        python: pythonRequest(target),
      }),
  };
}

async function knownWheel(
  keys: Keys,
  { session, target, pins }: SourceBuild,
): Promise<WheelFile | undefined> {
  const { store, noCache } = session;
  if (noCache) return undefined;
  const planned = await store.readAction(keys.planned);
  const laidOut = await keptWheel(planned, session);
  if (laidOut !== undefined || planned !== NOT_PLANNED) return laidOut;
  const uv = await versionOfUv(session);
  const pure = uv === undefined ? undefined : await store.readAction(keys.pure(uv));
  const found = isBuiltUnder(pure, pins) ? await keptWheel(pure, session) : undefined;
  if (found !== undefined) return found;
  const builder = await findHostBuilder(target, session);
  const value = builder === undefined ? undefined : await store.readAction(keys.built(builder));
  return isBuiltUnder(value, pins) ? keptWheel(value, session) : undefined;
}

/** What is kept of a wheel that was built. */
interface Built {
  readonly name: string;
  readonly digest: Digest;
  /** What its build asked for, and what the lock said of that. */
  readonly requires: readonly string[];
  readonly constraints: readonly string[];
}

/** Whether the lock still says the same of what the build needs. */
function isBuiltUnder(value: unknown, pins: readonly LockedPin[]): boolean {
  const { requires, constraints } = (value ?? {}) as Partial<Record<keyof Built, unknown>>;
  const isList = Array.isArray(requires) && requires.every((one) => typeof one === 'string');
  return isList && stableJson(constraintsFor(requires as string[], pins)) === stableJson(constraints);
}

/** Kept in place of a wheel where the rules of the backend do not tell it. */
const NOT_PLANNED = 'not planned';

/** What was kept, where the store still has the very bytes. */
async function keptWheel(value: unknown, { store, signal }: Session): Promise<WheelFile | undefined> {
  const { name, digest } = (value ?? {}) as { readonly name?: unknown; readonly digest?: unknown };
  if (typeof name !== 'string' || !/^[\w.+-]+\.whl$/.test(name) || !isDigest(digest)) return undefined;
  try {
    for await (const _ of store.open(digest)) signal.throwIfAborted();
  } catch (thrown) {
    if (thrown instanceof BlobMissingError || thrown instanceof BlobDamagedError) return undefined;
    throw thrown;
  }
  const blob = await store.find(digest);
  return blob === undefined ? undefined : { name, file: store.fileOf(digest), ...blob };
}

async function makeWheel(
  distribution: Distribution,
  source: LockedSource,
  build: SourceBuild,
): Promise<WheelFile> {
  const { store } = build.session;
  const temporary = await realpath(await mkdtemp(join(tmpdir(), 'pycontainer-source-')));
  try {
    const folder = await source.prepare(await sourceRoom(temporary));
    const plan = await planLocalProject(projectFilesIn(folder.directory), folder.surroundings);
    if (plan.static) {
      const wheel = await writePlanned(plan.wheel, folder.directory, build);
      checkIdentity(wheel, distribution);
      // What lies around a folder counts as well, and is no part of what it is known by.
      if (distribution.source !== 'directory')
        await store.writeAction(keysOf(await source.identity(), build.target).planned, kept(wheel));
      return wheel;
    }
    const builder = await builderFor(distribution, plan.reason, build);
    const requires = await buildRequirements(folder.directory);
    const constraints = constraintsFor(requires, build.pins);
    const prepared = { source, folder, reason: plan.reason, temporary, constraints };
    const wheel = await runBuilder(builder, distribution, prepared, build.project, build.session);
    checkIdentity(wheel, distribution);
    // Builders leave files in a folder: the next build finds it with these.
    const keys = keysOf(await source.identity(), build.target);
    const built: Built = { ...kept(wheel), requires, constraints };
    await store.writeAction(keys.planned, NOT_PLANNED);
    await store.writeAction(keys.built(builder), built);
    const uv = wheel.name.endsWith('-none-any.whl') ? await versionOfUv(build.session) : undefined;
    if (uv !== undefined) await store.writeAction(keys.pure(uv), built);
    return wheel;
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

function kept({ name, digest }: WheelFile): { readonly name: string; readonly digest: Digest } {
  return { name, digest };
}

async function writePlanned(
  wheel: PlannedWheel,
  directory: string,
  { install, session }: SourceBuild,
): Promise<WheelFile> {
  const { signal, store } = session;
  const part = await partOfPlannedWheel(wheel, directory, {
    name: wheel.fileName,
    role: 'dependency',
    target: install,
    signal,
    async keep(file, bytes) {
      const blob = await store.write(bytes, { what: `\`${file}\`` }, signal);
      return { file: store.fileOf(blob.digest), ...blob };
    },
  });
  return { name: wheel.fileName, ...(await part.wheel!.open(signal)) };
}

async function builderFor(
  { name, version }: Distribution,
  reason: string,
  { target, session }: SourceBuild,
): Promise<HostBuilder> {
  const builder = await findHostBuilder(target, session);
  if (builder !== undefined) return builder;
  throw new NoBuilderError(
    `\`${name}${version === '' ? '' : ` ${version}`}\` must be built from its sources, and this host has neither \`uv\` nor \`python3 -m build\`: ${reason}`,
    { hint: 'install uv, or put a wheel of it into a folder that `wheelhouse` names' },
  );
}
