/**
 * Has pip of this host choose versions for a project without a lock, where there is no uv. pip evaluates markers for the Python that
 * runs it: its choice holds for that version and this machine alone, and the lock says so.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import { DEFAULT_INDEX } from '../../primitives/defaults.ts';
import { digestOfJson } from '../../primitives/digest.ts';
import { resolveDependencyGroups } from '../../python/dependency-groups.ts';
import { LockSelectionError } from '../../python/lock/lock-error.ts';
import { normalizeName } from '../../python/name.ts';
import type { Requirement } from '../../python/requirement.ts';
import type { Session } from '../session.ts';
import type { Project } from '../values.ts';
import type { HostResolver, UnlockedProject } from './lock-by-host.ts';
import {
  askProgram,
  LockNotMadeError,
  notMade,
  type ResolverAnswer,
  withoutPasswords,
} from './resolver-program.ts';

/** What is asked of a Python: its own X.Y and machine, and pip's version. */
const PROBE =
  'import json, sys, platform, pip; print(json.dumps([sys.platform, platform.machine(), "%d.%d" % sys.version_info[:2], pip.__version__, sys.implementation.name]))';
/** Their names on a PATH. */
const PYTHONS = ['python3', 'python'] as const;
/** The first pip with `--report`, as [major, minor]. */
const OLDEST = [22, 2] as const;

/** What says which extras there are. */
const DECLARED = 'pyproject.toml';

/** A Python of this host that has pip. */
interface HostPip {
  readonly program: string;
  readonly machine: string;
  /** X.Y. */
  readonly python: string;
  readonly version: string;
}

/**
 * Undefined where the host has no pip that can report, where the project's requirements are not plain (dynamic, or redirected by
 * `[tool.uv.sources]`), where it may need projects beside it, and where it has several indexes in uv's settings, whose order pip
 * does not know.
 */
export async function pipResolver(
  unlocked: UnlockedProject,
  session: Session,
): Promise<HostResolver | undefined> {
  const { project, access, neighbours } = unlocked;
  const { tool, indexes } = access.settings;
  const metadata = project.pyproject?.project;
  if (metadata === undefined || metadata.dynamic.has('dependencies') || hasSources(project)) return undefined;
  if (neighbours.size > 0) return undefined;
  if (tool === 'uv' && indexes.length > 1) return undefined;
  const pip = await findPip(session);
  if (pip === undefined) return undefined;
  const requirements = requirementsOf(unlocked).map(String);
  return {
    madeBy: `pip ${pip.version} (Python ${pip.python} on ${pip.machine})`,
    question: digestOfJson({
      requirements,
      indexes: [...access.settings.links, ...indexes].map(withoutPasswords),
    }),
    mayBuild: false,
    isForThisHost: true,
    resolve: () => resolveByPip(unlocked, pip, requirements, session),
  };
}

async function findPip(session: Session): Promise<HostPip | undefined> {
  for (const program of PYTHONS) {
    // Python would import a module of the project as well: it is started elsewhere.
    const answer = await askProgram(program, ['-c', PROBE], tmpdir(), session.env, session);
    if (answer?.code !== 0) continue;
    const [platform, machine, python, version, implementation] = JSON.parse(answer.stdout) as string[];
    const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
    const canReport = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    if (platform === 'linux' && implementation === 'cpython' && canReport)
      return { program, machine: machine ?? '', python: python ?? '', version: version ?? '' };
  }
  return undefined;
}

function hasSources({ pyproject }: Project): boolean {
  const { sources } = (pyproject?.tool.uv ?? {}) as { readonly sources?: unknown };
  return sources !== undefined;
}

/** What the project asks for, with extras and groups. Where it names itself with extras, those are meant, and no project of an index. */
function requirementsOf({ project, want }: UnlockedProject): readonly Requirement[] {
  const { project: metadata, dependencyGroups = {} } = project.pyproject ?? {};
  if (metadata === undefined) return [];
  const known = [...metadata.optionalDependencies.keys()];
  const found: Requirement[] = [];
  const seen = new Set<string>();
  const add = (requirements: readonly Requirement[]): void => {
    for (const requirement of requirements) {
      if (normalizeName(requirement.name) === metadata.normalizedName) requirement.extras.forEach(addExtra);
      else found.push(requirement);
    }
  };
  const addExtra = (extra: string): void => {
    const name = normalizeName(extra);
    if (seen.has(name)) return;
    seen.add(name);
    const requirements = metadata.optionalDependencies.get(name);
    if (requirements === undefined)
      throw new LockSelectionError(DECLARED, [{ kind: 'extra', name: extra, known }]);
    add(requirements);
  };
  add(metadata.dependencies);
  want.extras.forEach(addExtra);
  add(resolveDependencyGroups(dependencyGroups, want.groups));
  return found;
}

async function resolveByPip(
  { project, access }: UnlockedProject,
  pip: HostPip,
  requirements: readonly string[],
  session: Session,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pycontainer-pip-'));
  try {
    await writeFile(join(folder, 'requirements.txt'), `${requirements.join('\n')}\n`);
    const args = [
      ...['-m', 'pip', 'install', '--dry-run', '--ignore-installed', '--quiet', '--report', '-'],
      ...['--only-binary', ':all:', '--no-input', '--disable-pip-version-check', '-r', 'requirements.txt'],
    ];
    const env = { ...session.env, ...indexVariables(access) };
    const answer = await askProgram(pip.program, args, folder, env, session);
    if (answer?.code !== 0) throw notMade(project.name, 'pip install --dry-run', answer ?? GONE);
    return lockOf(project, pip, answer.stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const GONE: ResolverAnswer = { code: null, stdout: '', stderr: 'it cannot be started' };

/** pip reads its own settings by itself. */
function indexVariables({ settings, mirrorOf }: UnlockedProject['access']): Readonly<Record<string, string>> {
  const standard = settings.indexes.at(-1);
  const asked = standard === undefined ? undefined : (mirrorOf(standard) ?? standard);
  if (settings.tool === 'pip' || asked === undefined || asked === DEFAULT_INDEX) return {};
  return { PIP_INDEX_URL: asked };
}

interface ReportedFile {
  readonly download_info?: {
    readonly url?: string;
    readonly archive_info?: { readonly hashes?: Readonly<Record<string, string>> };
  };
  readonly metadata?: { readonly name?: string; readonly version?: string };
}

/** pip's installation report (version 1) as a pylock.toml. */
function lockOf(project: Project, { python, machine, version }: HostPip, report: string): string {
  const { install } = JSON.parse(report) as { readonly install?: readonly ReportedFile[] };
  const packages = (install ?? []).map(({ download_info: from, metadata }) => {
    const sha256 = from?.archive_info?.hashes?.sha256;
    if (
      metadata?.name === undefined ||
      metadata.version === undefined ||
      from?.url === undefined ||
      sha256 === undefined
    ) {
      throw new LockNotMadeError(
        `\`${project.name}\` has no lock, and pip reports no hash of \`${metadata?.name ?? 'a package'}\``,
        { hint: 'install uv, or commit a lock' },
      );
    }
    return {
      name: normalizeName(metadata.name),
      version: metadata.version,
      wheels: [{ url: withoutPasswords(from.url.replace(/#.*$/s, '')), hashes: { sha256 } }],
    };
  });
  return stringify({
    'lock-version': '1.0',
    'created-by': `pip ${version}`,
    'requires-python': `==${python}.*`,
    environments: [`sys_platform == 'linux' and platform_machine == '${machine}'`],
    packages,
  });
}
