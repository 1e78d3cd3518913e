/**
 * The collect stage: the parts of a platform's tree. A distribution whose record the store has needs no wheel; the others are
 * asked of the `wheel` hook, several at once.
 */
import { availableParallelism } from 'node:os';
import { createLimiter, mapConcurrently } from '../../primitives/concurrency.ts';
import type { Part } from '../../primitives/file-tree.ts';
import { findConflicts, makeFileTree, type NamedRecord, TreeConflictError } from '../../primitives/tree.ts';
import { partOfWheel, type RecordCache } from '../../python/install/part.ts';
import type { InstallTarget } from '../../python/install/scheme.ts';
import { installSchemeOf, startupFilesOf } from '../../python/install.ts';
import { findCompiler } from '../bytecode/host-interpreter.ts';
import { findImageCompiler, runsHere } from '../bytecode/image-interpreter.ts';
import type { BytecodeCompiler } from '../bytecode/interpreter.ts';
import { withBytecode } from '../bytecode/part.ts';
import { environmentPart, installTarget } from '../collect/environment.ts';
import type { PartRecords } from '../collect/part-records.ts';
import { preferredParts } from '../collect/preferred-parts.ts';
import { projectParts } from '../collect/project-part.ts';
import { sourcePart } from '../collect/source-part.ts';
import { lockedDigest, WheelMissingError, wrongHash } from '../defaults/wheel.ts';
import type { Graph } from '../graph.ts';
import { imageKey } from '../image-key.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Collected, Distribution, Resolution, WheelFile } from '../values.ts';
import { thisHost } from './source-choice.ts';

/** Wheels that are looked for or fetched at once. */
const PARALLEL = 16;

/** The tree of one platform, before any plugin shapes it. @throws TreeConflictError naming all conflicts */
export async function collectTree(
  graph: Graph,
  resolution: Resolution,
  config: ResolvedConfig,
  records: PartRecords,
  session: Session,
): Promise<Collected> {
  const target = installTarget(resolution.python);
  const finder = wheelFinder(graph, resolution, records);
  // The first that fails ends the others: downloads and builds.
  const works: readonly ((signal: AbortSignal) => Promise<readonly Part[]>)[] = [
    (signal) =>
      projectParts(resolution, config, target, {
        name: freeName('project', resolution.distributions),
        records,
        session: { ...session, signal },
      }),
    ...resolution.distributions.map((distribution) => async (signal: AbortSignal) => [
      distribution.source === 'wheel'
        ? await dependencyPart(distribution, target, records, finder, signal)
        : await builtPart(distribution, graph, {
            ...{ resolution, config, target, records },
            session: { ...session, signal },
          }),
    ]),
  ];
  const [project = [], ...dependencies] = await mapConcurrently(
    works,
    PARALLEL,
    session.signal,
    (work, signal) => work(signal),
  );
  const environment = environmentPart(resolution.python, {
    name: freeName('environment', resolution.distributions),
    seesBase: config.dependencies === false,
  });
  const parts = [...dependencies.flat(), ...project];
  const preferences = config.distributions?.prefer ?? [];
  const kept = await preferredParts(parts, preferences, installSchemeOf(target), session);
  const installed = await compiledParts(kept, resolution, config, records, session);
  const tree = makeFileTree([environment, ...installed]);
  // What has no record yet is opened now, at most as many at once as are fetched, before the conflicts are looked for.
  const recorded = await mapConcurrently(tree.parts, PARALLEL, session.signal, async (part, signal) => ({
    name: part.name,
    record: await part.record(signal),
  }));
  const conflicts = findConflicts(recorded);
  if (conflicts.length > 0) throw new TreeConflictError(conflicts);
  warnOfStartupCode(recorded, target, session);
  return { platform: resolution.platform, tree };
}

/** The parts with their bytecode, where that is asked for. @throws BytecodePythonError, BytecodeImageError */
async function compiledParts(
  parts: readonly Part[],
  resolution: Resolution,
  { bytecode = false }: ResolvedConfig,
  records: RecordCache,
  session: Session,
): Promise<readonly Part[]> {
  if (bytecode === false) return parts;
  const { log, memory, signal, store } = session;
  const compiler = await compilerFor(resolution, bytecode, session);
  log.info(`bytecode is compiled by ${compiler.label}`);
  const limit = memory.get('compilers of bytecode', () => createLimiter(availableParallelism()));
  const options = { compiler, records, store, limit, signal };
  return mapConcurrently(parts, PARALLEL, signal, (part) => withBytecode(part, options));
}

/** The base's own Python runs where its platform is this host's; bytecode of the others is made by the host's. */
function compilerFor(
  { python, base }: Resolution,
  bytecode: true | 'image',
  { env, memory, noCache, signal, store }: Session,
): Promise<BytecodeCompiler> {
  const { implementation, version, abi } = python.target;
  if (bytecode === 'image' && runsHere(python, thisHost())) {
    return memory.get(`compiler of bytecode ${imageKey(base.image)} ${python.interpreter}`, () =>
      findImageCompiler(python, base.image, { store, signal, noCache }),
    );
  }
  return memory.get(`compiler of bytecode ${implementation} ${version} ${abi}`, () =>
    findCompiler(python.target, env, signal),
  );
}

/** A `.pth` file or a `sitecustomize` runs at every start of the interpreter, whoever imports what. */
function warnOfStartupCode(recorded: readonly NamedRecord[], target: InstallTarget, session: Session): void {
  const scheme = installSchemeOf(target);
  for (const { name, record } of recorded) {
    for (const path of startupFilesOf(record, scheme)) {
      session.log.warn({
        /**
         * A distribution brings a `.pth` file, which may hold code, or a `sitecustomize`: it runs at every start of
         * Python, whatever the program imports. Look whether you expect that of it.
         */
        code: 'PYC_STARTUP_CODE',
        message: `\`${name}\` puts code into every start of Python: \`/${path}\``,
      });
    }
  }
}

type FindWheel = (distribution: Distribution, signal: AbortSignal) => Promise<WheelFile>;

function wheelFinder(graph: Graph, { platform }: Resolution, records: PartRecords): FindWheel {
  const found = new Map<string, Promise<WheelFile>>();
  const limit = createLimiter(PARALLEL);
  const ask: FindWheel = async (distribution, signal) => {
    const context = { ...graph.context, signal };
    const wheel = await limit(() => graph.hooks.wheel.promise({ platform, distribution }, context));
    if (wheel === undefined) {
      throw new WheelMissingError(`no wheel was found for \`${distribution.name} ${distribution.version}\``, {
        hint: 'lock again against an index, or put the wheel into a `wheelhouse`',
      });
    }
    // Parts are known by what the lock states: a plugin's answer is held to it as well.
    const stated = lockedDigest(distribution.file?.hashes ?? []);
    if (stated !== undefined && wheel.digest !== stated) throw wrongHash(wheel.name, [stated], wheel.digest);
    if (distribution.file?.size === undefined) await records.setSize(wheel.digest, wheel.size);
    return wheel;
  };
  return (distribution, signal) => {
    const known = found.get(distribution.name) ?? ask(distribution, signal);
    found.set(distribution.name, known);
    return known;
  };
}

async function dependencyPart(
  distribution: Distribution,
  target: InstallTarget,
  records: PartRecords,
  find: FindWheel,
  signal: AbortSignal,
): Promise<Part> {
  const { name, file, directUrl } = distribution;
  const stated = file === undefined ? undefined : lockedDigest(file.hashes);
  const size = stated === undefined ? undefined : (file?.size ?? (await records.sizeOf(stated)));
  const wheel =
    stated === undefined || size === undefined
      ? await find(distribution, signal)
      : { name: file!.name, digest: stated, size };
  return partOfWheel({
    name,
    fileName: wheel.name,
    digest: wheel.digest,
    size: wheel.size,
    target,
    directUrl,
    openWheel: async (opened) => (await find(distribution, opened ?? signal)).file,
    records,
  });
}

interface BuiltPartContext {
  readonly resolution: Resolution;
  readonly config: ResolvedConfig;
  readonly target: InstallTarget;
  readonly records: RecordCache;
  readonly session: Session;
}

/** Of sources: a plugin may have a wheel of them. */
async function builtPart(
  distribution: Distribution,
  { hooks, context }: Graph,
  { resolution, config, target: install, records, session }: BuiltPartContext,
): Promise<Part> {
  const { platform, project, lock, python } = resolution;
  const supplied = await hooks.wheel.promise(
    { platform, distribution },
    { ...context, signal: session.signal },
  );
  const build = { project, config, target: python.target, install, pins: lock?.pins?.() ?? [], session };
  return sourcePart(distribution, { supplied, build, records });
}

/** A distribution may be called `project` or `environment`; no distribution's normalised name holds a blank. */
function freeName(name: string, distributions: readonly Distribution[]): string {
  return distributions.some((distribution) => distribution.name === name) ? `the ${name}` : name;
}
