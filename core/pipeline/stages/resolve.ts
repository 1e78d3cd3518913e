/** The resolve stage: base, Python and distributions of one platform. Nothing of a distribution is fetched. */
import type { Image } from '../../oci/image.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { PycError } from '../../primitives/errors.ts';
import { LockStaleError } from '../../python/lock/lock-error.ts';
import { normalizeName } from '../../python/name.ts';
import { SpecifierSet } from '../../python/specifier.ts';
import { markerEnvironment, type PythonTarget } from '../../python/target.ts';
import { Version } from '../../python/version.ts';
import { locateFiles } from '../defaults/index-files.ts';
import { lockCommand } from '../defaults/lock.ts';
import { openWheelhouse } from '../defaults/wheelhouse.ts';
import { warnOfTools } from '../development-tools.ts';
import { applyRules, type DistributionRules, isRuled, warnOfMissing } from '../distribution-rules.ts';
import type { Graph } from '../graph.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type {
  BaseContext,
  BaseSource,
  Distribution,
  LockChoice,
  LockFile,
  Project,
  PythonInBase,
  Rejection,
  Resolution,
  Selection,
} from '../values.ts';
import { chooseSources, plannedBuild, thisHost } from './source-choice.ts';

/**
 * Locked distributions have no wheel that fits the base's Python, C library and platform. The message and
 * `details` list, for all of them at once, which wheels exist and why each was refused.
 */
export class NoWheelError extends PycError {
  readonly code = 'PYC_NO_WHEEL';
}

/**
 * Distributions are locked as revisions of Mercurial, Subversion or Bazaar, of which nothing is fetched. `details` lists them
 * all. Put wheels of them into a `wheelhouse`, or lock an archive of the sources.
 */
export class SourceUnsupportedError extends PycError {
  readonly code = 'PYC_SOURCE_UNSUPPORTED';
}

/** The base's Python is outside of what the project's `requires-python` allows. */
export class PythonRequirementError extends PycError {
  readonly code = 'PYC_PYTHON_TOO_OLD_OR_NEW';
}

/** Nobody could say which Python the base has: its files hold none, and none is stated. */
export class NoPythonError extends PycError {
  readonly code = 'PYC_BASE_WITHOUT_PYTHON';
}

/** What is the same for all platforms of a build. */
export interface ResolveInput {
  readonly project: Project;
  readonly lock: LockFile | undefined;
  readonly source: BaseSource;
  readonly want: Selection;
}

/**
 * The resolution of one platform, shaped by the plugins.
 *
 * @throws NoWheelError naming every distribution without a fitting file, with each file's reason
 */
export async function resolvePlatform(
  graph: Graph,
  input: ResolveInput,
  platform: Platform,
  context: BaseContext,
  session: Session,
): Promise<Resolution> {
  const { hooks } = graph;
  const { image, python } = await findTarget(graph, input, platform, context);
  const { distributions: rules, groups } = graph.context.config;
  const { locked, ruled, chosen, rejected } = await chooseDistributions(
    input,
    python.target,
    graph.context.config,
    session,
  );
  const places = { lock: input.lock, user: graph.context.config, session };
  const sources = await chooseSources(rejected, python.target, thisHost(), places);
  if (sources.rejected.length > 0) throw noWheels(sources.rejected, python, platform, input);
  const distributions = [...chosen, ...sources.chosen].sort((a, b) => (a.name < b.name ? -1 : 1));
  checkCoverage(input, python, distributions, rules);
  warnOfMissing(distributions, locked, ruled, session.log);
  warnOfTools(distributions, groups, session.log);
  const resolution = await hooks.resolve.promise(
    {
      platform,
      project: input.project,
      lock: input.lock,
      base: { source: input.source, image },
      python,
      distributions,
      excluded: ruled.excluded,
    },
    graph.context,
  );
  announceSources(resolution.distributions, session);
  await hooks.resolved.promise(resolution, graph.context);
  return resolution;
}

/**
 * Opens the base for a platform and finds its Python.
 *
 * @throws NoPythonError, PythonRequirementError, and what opening and reading the base throws
 */
export async function findTarget(
  graph: Graph,
  { source, project }: Pick<ResolveInput, 'source' | 'project'>,
  platform: Platform,
  context: BaseContext,
): Promise<{ readonly image: Image; readonly python: PythonInBase }> {
  const image = await source.open(platform, graph.context.signal, context);
  const known = source.python?.(image);
  const request = { platform, base: image, reference: source.reference, known };
  const python = await graph.hooks.python.promise(request, graph.context);
  if (python === undefined) {
    throw new NoPythonError(
      `no Python was found in the base \`${source.reference}\` for ${formatPlatform(platform)}`,
      {
        hint: 'use a base that has Python, or state it by `--python 3.12.7 --libc glibc-2.36`',
      },
    );
  }
  checkRequiresPython(project, python, source.reference);
  return { image, python };
}

/** What a lock gives for a target. */
export interface PlatformChoice {
  /** As the lock has it. */
  readonly locked: LockChoice;
  /** The same under the rules of the configuration. */
  readonly ruled: Awaited<ReturnType<typeof applyRules>>;
  /** With what the wheelhouse and the index had of the rest; in the order of names. */
  readonly chosen: readonly Distribution[];
  /** What no wheel was found of; some of it may be built. */
  readonly rejected: readonly Rejection[];
}

/** Has the lock choose, and asks the wheelhouse and the index for what it leaves open. @throws what the lock's `select` throws */
export async function chooseDistributions(
  { lock, want }: Pick<ResolveInput, 'lock' | 'want'>,
  target: PythonTarget,
  config: ResolvedConfig,
  session: Session,
): Promise<PlatformChoice> {
  const locked = lock?.select(target, want) ?? { chosen: [], rejected: [] };
  const ruled = await applyRules(locked, config.distributions, target, session.signal);
  const house = await openWheelhouse(config.wheelhouse, target, session);
  const supplied = await house.supply(ruled.chosen);
  const located = await locateFiles(supplied, target, { lock, user: config, session });
  const { chosen: replaced, rejected } = await house.replace([...ruled.rejected, ...located.rejected]);
  const refused = new Set(located.rejected.map(({ name }) => name));
  const chosen = [...located.chosen.filter(({ name }) => !refused.has(name)), ...replaced];
  return { locked, ruled, chosen: chosen.sort((a, b) => (a.name < b.name ? -1 : 1)), rejected };
}

/** Revisions of what is no git repository are refused; of the others a plan says that they are to be built. */
function announceSources(distributions: readonly Distribution[], { dryRun, log }: Session): void {
  const sources = distributions.filter(({ source }) => source !== 'wheel');
  const foreign = sources.filter(({ source, directUrl }) => source === 'vcs' && !isOfGit(directUrl));
  if (foreign.length > 0) {
    const names = foreign
      .map(({ name, version }) => `\`${name}${version === '' ? '' : ` ${version}`}\``)
      .join(', ');
    throw new SourceUnsupportedError(
      `these distributions are locked as revisions of repositories that are not git's: ${names}`,
      {
        hint: 'build wheels of them into a folder and name it in `wheelhouse`, as `uv build --wheel --out-dir wheels PATH` does',
        details: foreign.map(({ name, version, source }) => ({ name, version, source })),
      },
    );
  }
  if (dryRun) for (const distribution of sources) log.info(plannedBuild(distribution));
}

function isOfGit(directUrl: Distribution['directUrl']): boolean {
  return (directUrl?.vcs_info as { readonly vcs?: unknown } | undefined)?.vcs === 'git';
}

function checkRequiresPython(project: Project, { target }: PythonInBase, reference: string): void {
  if (project.requiresPython === undefined) return;
  if (
    SpecifierSet.parse(project.requiresPython).contains(Version.parse(target.version), { prereleases: true })
  )
    return;
  throw new PythonRequirementError(
    `\`${project.name}\` requires Python ${project.requiresPython}, and the base \`${reference}\` has ${target.version}`,
    { hint: 'choose another base with `--base`, or change `requires-python`' },
  );
}

/**
 * A lock that does not hold what the project asks for was made for another pyproject.toml. uv.lock says so itself; the other
 * formats state only what is installed, so that each requirement of the project is looked for there.
 */
function checkCoverage(
  { lock, project }: ResolveInput,
  python: PythonInBase,
  chosen: readonly Distribution[],
  rules: DistributionRules | undefined,
): void {
  const metadata = project.pyproject?.project;
  if (lock === undefined || lock.format === 'uv' || metadata === undefined) return;
  const environment = { ...markerEnvironment(python.target), extra: '' };
  const versions = new Map(chosen.map((distribution) => [distribution.name, distribution.version]));
  for (const requirement of metadata.dependencies) {
    if (requirement.marker?.evaluate(environment) === false) continue;
    if (isRuled(normalizeName(requirement.name), rules)) continue;
    const found = versions.get(normalizeName(requirement.name));
    const version = found === undefined ? undefined : Version.tryParse(found);
    if (found !== undefined && version === undefined) continue;
    if (version !== undefined && (requirement.specifier?.contains(version, { prereleases: true }) ?? true))
      continue;
    const reason = `it has ${found === undefined ? `no \`${requirement.name}\`` : `\`${requirement.name} ${found}\``}, and the project asks for \`${requirement}\``;
    throw new LockStaleError(lock.path, reason, lockCommand(lock.format));
  }
}

function noWheels(
  rejected: readonly Rejection[],
  python: PythonInBase,
  platform: Platform,
  input: ResolveInput,
): NoWheelError {
  const { target } = python;
  const what = `Python ${target.version} (${target.abi}, ${target.libc.family} ${target.libc.version}) on ${formatPlatform(platform)}`;
  const lines = rejected.map((one) =>
    [
      `${one.name}${one.version === undefined ? '' : ` ${one.version}`}: ${one.reason}`,
      ...byReason(one.files).map((line) => `    ${line}`),
    ].join('\n'),
  );
  const subject = rejected.length === 1 ? '1 distribution has' : `${rejected.length} distributions have`;
  return new NoWheelError(`${subject} no wheel for ${what}\n\n  ${lines.join('\n  ')}`, {
    hint:
      input.lock?.format === 'uv'
        ? 'lock again with `required-environments` for this platform, choose another base, or put a wheel into a `wheelhouse`'
        : 'choose another base, or put a wheel into a `wheelhouse`',
    // Not whole: where a distribution would be fetched from can hold a password.
    details: rejected.map(({ name, version, reason, files }) => ({ name, version, reason, files })),
  });
}

/** Files that were refused for one reason share a line: a release has a hundred wheels. */
function byReason(files: Rejection['files']): readonly string[] {
  const names = new Map<string, string[]>();
  for (const { name, reason } of files) names.set(reason, [...(names.get(reason) ?? []), name]);
  return [...names].map(([reason, [first, ...others]]) =>
    others.length === 0 ? `${first}: ${reason}` : `${first} and ${others.length} more: ${reason}`,
  );
}
