/**
 * Wheels of distributions that are locked as sources: laid out by the rules of their build backends where those tell, else built
 * by this host's builder. Each is kept in the store under its source and under what built it.
 */
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLimiter } from '../../primitives/concurrency.ts';
import { type Digest, digestOfJson, isDigest, stableJson } from '../../primitives/digest.ts';
import { PycError } from '../../primitives/errors.ts';
import { FIXED_MTIME } from '../../primitives/file-tree.ts';
import { makeFolder } from '../../primitives/folder.ts';
import { visible } from '../../primitives/path.ts';
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
import { lastLines, runProgram } from '../host-program.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Distribution, Project, WheelFile } from '../values.ts';
import { buildRequirements, constraintsFor } from './build-constraints.ts';
import { checkIdentity } from './built-wheel.ts';
import { NoBuilderError, storeWheel } from './host-build.ts';
import { findHostBuilder, type HostBuilder, pythonRequest } from './host-builder.ts';
import { type LockedSource, lockedSource, type SourceFolder, sourceRoom } from './locked-source.ts';

/**
 * The host's builder (`uv build` or `python -m build`) could not make a wheel of a dependency's sources. The message ends with
 * what it printed: mostly a compiler or a library that this host lacks. Install that, or put a wheel into a `wheelhouse`.
 */
export class SourceBuildError extends PycError {
  readonly code = 'PYC_SOURCE_BUILD_FAILED';
}

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
/** Milliseconds for one build. */
const TIMEOUT = 60 * 60_000;
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
    const keys = keysOf(identity);
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
}

function keysOf(source: unknown): Keys {
  return {
    planned: digestOfJson({ what: 'wheel laid out of sources', version: VERSION, source }),
    built: ({ identity }) =>
      digestOfJson({ what: 'wheel built of sources', rules: RULES, source, builder: identity }),
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
        await store.writeAction(keysOf(await source.identity()).planned, kept(wheel));
      return wheel;
    }
    const builder = await builderFor(distribution, plan.reason, build);
    const requires = await buildRequirements(folder.directory);
    const constraints = constraintsFor(requires, build.pins);
    const prepared = { source, folder, reason: plan.reason, temporary, constraints };
    const wheel = await runBuilder(builder, distribution, prepared, build);
    checkIdentity(wheel, distribution);
    // Builders leave files in a folder: the next build finds it with these.
    const keys = keysOf(await source.identity());
    const built: Built = { ...kept(wheel), requires, constraints };
    await store.writeAction(keys.planned, NOT_PLANNED);
    await store.writeAction(keys.built(builder), built);
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

interface Prepared {
  readonly source: LockedSource;
  readonly folder: SourceFolder;
  readonly reason: string;
  readonly temporary: string;
  /** Lines of a constraints file for what the build needs. */
  readonly constraints: readonly string[];
}

async function runBuilder(
  builder: HostBuilder,
  { name, version }: Distribution,
  { source, folder, reason, temporary, constraints }: Prepared,
  { project, session }: SourceBuild,
): Promise<WheelFile> {
  const { log, signal, offline } = session;
  const what = `${name}${version === '' ? '' : ` ${visible(version)}`}`;
  const out = join(temporary, 'wheel');
  await makeFolder(out);
  const constraintsFile = await writeConstraints(builder, constraints, temporary);
  log.info(`\`${what}\` is built on this host from ${source.what}: ${reason}`);
  const id = `build ${name}`;
  log.progress({ id, label: `build ${what} with \`${builder.name}\``, state: 'start' });
  try {
    const args = builder.arguments({
      source: folder.directory,
      out,
      constraints: constraintsFile,
      isUnpublished: source.isUnpublished,
      offline,
    });
    // uv looks for its settings where it is started, Python for modules.
    const cwd = builder.name.startsWith('uv') ? project.directory : out;
    const env = buildEnvironment(session, constraintsFile);
    const onOutput = (text: string): void => log.debug(text);
    const ended = await runProgram(builder.program, args, { cwd, env, signal, timeout: TIMEOUT, onOutput });
    if (ended.code !== 0) {
      throw new SourceBuildError(
        `\`${builder.name}\` failed for \`${what}\` with exit code ${ended.code}\n\n${lastLines(ended.output)}`,
        {
          hint: 'install what it misses on this host, or put a wheel of it into a folder that `wheelhouse` names',
        },
      );
    }
    const wheels = (await readdir(out)).filter((file) => file.endsWith('.whl'));
    if (wheels.length !== 1)
      throw new SourceBuildError(
        `\`${builder.name}\` made ${wheels.length} wheels of \`${what}\` instead of one`,
      );
    return await storeWheel(join(out, wheels[0]!), session);
  } finally {
    log.progress({ id, label: '', state: 'end' });
  }
}

async function writeConstraints(
  { takesHashes }: HostBuilder,
  constraints: readonly string[],
  temporary: string,
): Promise<string | undefined> {
  if (constraints.length === 0) return undefined;
  const file = join(temporary, 'constraints.txt');
  const lines = takesHashes ? constraints : constraints.map((line) => line.replace(/ .*/, ''));
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** What is meant for this program is nothing for code that others wrote. A fixed epoch lets backends write the same twice. */
function buildEnvironment(
  { env, offline }: Session,
  constraints: string | undefined,
): Readonly<Record<string, string | undefined>> {
  const passed = Object.entries(env).filter(([name]) => !name.startsWith('PYC_'));
  return {
    ...Object.fromEntries(passed),
    SOURCE_DATE_EPOCH: String(FIXED_MTIME),
    GIT_TERMINAL_PROMPT: '0',
    // pip, which `build` starts, takes constraints and the network from its environment.
    ...(constraints === undefined ? {} : { PIP_CONSTRAINT: constraints }),
    ...(offline ? { PIP_NO_INDEX: '1' } : {}),
  };
}
