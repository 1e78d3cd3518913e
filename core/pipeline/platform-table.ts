/**
 * What each platform would lack of a project: every distribution that is locked without a wheel for it, why none fits, and
 * which release has one. Asks the lock, the base's manifest and index pages; nothing of a distribution is fetched.
 */
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { mapConcurrently } from '../primitives/concurrency.ts';
import { isPycError, PycError } from '../primitives/errors.ts';
import { wheelSupport } from '../python/lock/wheel-choice.ts';
import { nearestRelease } from '../python/package-index/nearest-release.ts';
import type { PythonTarget } from '../python/target.ts';
import { createBaseContext } from './base-context.ts';
import { indexAccess, placesOf } from './defaults/index-access.ts';
import type { Graph } from './graph.ts';
import { type ReportedLack, type ReportedPlatform, reportError } from './report.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import { chooseDistributions, findTarget, type ResolveInput } from './stages/resolve.ts';
import { chooseSources, thisHost } from './stages/source-choice.ts';
import type { Distribution, Rejection } from './values.ts';

/**
 * A platform that the configuration names, or the host's where it names none, lacks wheels. The table says which
 * distributions have none and which release has one: lock that, put a wheel into a `wheelhouse`, choose another base, or
 * leave the platform out.
 */
export class PlatformLacksError extends PycError {
  readonly code = 'PYC_PLATFORM_LACKS_WHEELS';
}

/** The platforms that are looked at where the configuration names none: those that Python's official images are made for. */
export const USUAL_PLATFORMS = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v7',
  'linux/ppc64le',
  'linux/s390x',
  'linux/386',
  'linux/riscv64',
] as const;

/** Index pages that are asked for at once. */
const PARALLEL = 16;

/** One platform of the table. */
interface Row {
  readonly platform: Platform;
  /** What a build would be made for, if nothing else is said. */
  readonly isConfigured: boolean;
}

/** @param rows - the first one that is configured says which Python the others are taken for, where their base does not */
export async function tablePlatforms(
  graph: Graph,
  input: ResolveInput,
  rows: readonly Row[],
  image: string,
  session: Session,
): Promise<readonly ReportedPlatform[]> {
  const table: ReportedPlatform[] = [];
  let known: PythonTarget | undefined;
  for (const row of [...rows].sort((a, b) => Number(b.isConfigured) - Number(a.isConfigured))) {
    const { platform, isConfigured } = row;
    const base = {
      image,
      platform: formatPlatform(platform),
      configured: isConfigured,
      base: input.source.reference,
    };
    try {
      const target = await targetFor(graph, input, platform, known, session);
      known ??= target;
      const { chosen, rejected } = await chooseDistributions(input, target, graph.context.config, session);
      const sources = chosen.filter(({ source }) => source !== 'wheel').map(asRejection);
      const { config } = graph.context;
      const places = { lock: input.lock, user: config, session };
      const buildable = await chooseSources(rejected, target, thisHost(), places);
      const built = new Set([...buildable.chosen, ...sources].map(({ name }) => name));
      const all = [...rejected, ...sources];
      const lacks = await mapConcurrently(all, PARALLEL, session.signal, async (one, signal) => ({
        ...(await lackOf(one, target, input, config, session, signal)),
        builds: built.has(one.name),
      }));
      table.push({
        ...base,
        python: {
          version: target.version,
          tag: target.abi,
          libc: `${target.libc.family}-${target.libc.version}`,
        },
        distributions: chosen.length + rejected.length,
        lacks: lacks.sort((a, b) => (a.name < b.name ? -1 : 1)),
        error: null,
      });
    } catch (thrown) {
      if (!isPycError(thrown) || session.signal.aborted) throw thrown;
      table.push({ ...base, python: null, distributions: null, lacks: [], error: reportError(thrown) });
    }
  }
  const order = rows.map(({ platform }) => formatPlatform(platform));
  return table.sort((a, b) => order.indexOf(a.platform) - order.indexOf(b.platform));
}

/** The error where a platform that is built for lacks something; undefined where none does. */
export function lackingPlatforms(table: readonly ReportedPlatform[]): PlatformLacksError | undefined {
  const lacking = table.filter(
    ({ configured, error, lacks }) => configured && (error !== null || lacks.some(({ builds }) => !builds)),
  );
  if (lacking.length === 0) return undefined;
  const names = lacking.map(({ platform }) => platform).join(', ');
  return new PlatformLacksError(`not everything that is locked has a wheel for ${names}`, {
    hint: 'lock a release that has one, put a wheel into a `wheelhouse`, or choose another base',
    details: lacking.map(({ platform, lacks, error }) => ({
      name: platform,
      reason:
        error?.message ??
        lacks
          .flatMap(({ builds, name, version }) => (builds ? [] : [[name, version].filter(Boolean).join(' ')]))
          .join(', '),
    })),
  });
}

/** A base has one Python for all platforms: it is read for the first one, and the others need to have the base alone. */
async function targetFor(
  graph: Graph,
  input: ResolveInput,
  platform: Platform,
  known: PythonTarget | undefined,
  session: Session,
): Promise<PythonTarget> {
  const context = createBaseContext(input.source.reference, platform, graph.context.config, session);
  if (known === undefined) return (await findTarget(graph, input, platform, context)).python.target;
  await input.source.open(platform, session.signal, context);
  const { variant: _, ...rest } = known;
  const { architecture, variant } = platform;
  return { ...rest, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** What is locked as sources alone. */
function asRejection(distribution: Distribution): Rejection {
  const { name, version, source } = distribution;
  return { name, version, reason: `it is locked as ${SOURCES[source]}`, files: [], buildable: distribution };
}

const SOURCES: Readonly<Record<Distribution['source'], string>> = {
  wheel: 'a wheel',
  sdist: 'an sdist',
  directory: 'a folder',
  vcs: 'a commit of a repository',
  archive: 'an archive with sources',
};

async function lackOf(
  rejection: Rejection,
  target: PythonTarget,
  input: ResolveInput,
  config: ResolvedConfig,
  session: Session,
  signal: AbortSignal,
): Promise<Omit<ReportedLack, 'builds'>> {
  const { name, version = null, reason, files, buildable } = rejection;
  return {
    name,
    version,
    reason,
    files: files.map((file) => ({ name: file.name, kind: file.kind ?? null, reason: file.reason })),
    source: buildable?.source ?? null,
    ...(await nearestOf(rejection, target, input, config, session, signal)),
  };
}

async function nearestOf(
  { name, version, buildable, index, indexes }: Rejection,
  target: PythonTarget,
  { lock }: ResolveInput,
  config: ResolvedConfig,
  session: Session,
  signal: AbortSignal,
): Promise<Pick<ReportedLack, 'asked' | 'nearest'>> {
  const isOfIndex = buildable === undefined || buildable.source === 'sdist';
  if (!isOfIndex || session.offline) return { asked: false, nearest: null };
  const access = await indexAccess(config, session);
  const distribution: Distribution = {
    name,
    version: version ?? '',
    source: 'sdist',
    requestedBy: [],
    ...(index === undefined ? {} : { index }),
    ...(indexes === undefined ? {} : { indexes }),
    ...buildable,
  };
  for (const root of placesOf(distribution, lock, access).indexes) {
    try {
      const page = await access.index.project(name, root, signal);
      if (page === undefined) continue;
      const found = nearestRelease(page.files, name, version, wheelSupport(target));
      return { asked: true, nearest: found ?? null };
    } catch (thrown) {
      if (!isPycError(thrown) || signal.aborted) throw thrown;
      session.log.warn({
        /**
         * An index did not answer when it was asked which release has a wheel. The table is right in all else: it says for this
         * distribution that nobody was asked.
         */
        code: 'PYC_INDEX_NOT_ANSWERING',
        message: `the index could not be asked for \`${name}\`: ${thrown.message}`,
      });
      return { asked: false, nearest: null };
    }
  }
  return { asked: true, nearest: null };
}
