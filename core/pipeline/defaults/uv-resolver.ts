/** Has uv of this host choose versions for a project without a lock, for every platform at once. Nothing is written into the project. */
import { pathToFileURL } from 'node:url';
import { DEFAULT_INDEX, PYTHON_VERSIONS } from '../../primitives/defaults.ts';
import { SpecifierSet } from '../../python/specifier.ts';
import type { Session } from '../session.ts';
import type { Project, Selection } from '../values.ts';
import type { IndexAccess } from './index-access.ts';
import type { HostResolver, UnlockedProject } from './lock-by-host.ts';
import { askProgram, notMade, type ResolverAnswer, withoutPasswords } from './resolver-program.ts';

/** Undefined where this host has no uv. */
export async function uvResolver(
  unlocked: UnlockedProject,
  session: Session,
): Promise<HostResolver | undefined> {
  const { directory } = unlocked.project;
  const answer = await askProgram('uv', ['--version'], directory, session.env, session);
  const [, version] = /^uv (\S+)/.exec(answer?.stdout ?? '') ?? [];
  if (answer?.code !== 0 || version === undefined) return undefined;
  return {
    madeBy: `uv ${version}`,
    question: questionOf(unlocked, session),
    mayBuild: true,
    isForThisHost: false,
    resolve: () => resolveByUv(unlocked, session),
  };
}

async function resolveByUv(
  { project, want, access, neighbours }: UnlockedProject,
  session: Session,
): Promise<string> {
  const constraints = await constraintsOf(neighbours, session);
  const args = ['pip', 'compile', 'pyproject.toml', ...flagsOf(project, want), ...constraints];
  const env = {
    ...session.env,
    ...indexVariables(access),
    ...(session.offline ? { UV_OFFLINE: '1' } : {}),
  };
  const ask = (more: Readonly<Record<string, string>> = {}) =>
    askProgram('uv', args, project.directory, { ...env, ...more }, session);
  const isStated = session.env.UV_PYTHON_DOWNLOADS !== undefined;
  let answer = await ask(isStated ? {} : NO_DOWNLOADS);
  if (!isStated && answer?.code !== 0 && /No interpreter found/i.test(answer?.stderr ?? ''))
    answer = await ask();
  if (answer?.code !== 0) throw notMade(project.name, 'uv pip compile', answer ?? GONE);
  return withoutPasswords(answer.stdout);
}

/** A flag with a file in the store: whatever asks for a neighbour gets its folder. What the user constrains holds as well. */
async function constraintsOf(
  neighbours: ReadonlyMap<string, string>,
  { store, signal, env }: Session,
): Promise<readonly string[]> {
  if (neighbours.size === 0) return [];
  const lines = [...neighbours].map(([name, folder]) => `${name} @ ${pathToFileURL(folder).href}\n`);
  const bytes = (async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(lines.sort().join(''));
  })();
  const { digest } = await store.write(bytes, { what: 'the list of projects beside it' }, signal);
  const stated = (env.UV_CONSTRAINT ?? '').split(/\s+/).filter((file) => file !== '');
  return [...stated, store.fileOf(digest)].flatMap((file) => ['--constraint', file]);
}

/** For the lowest version that the project allows uv would fetch a Python which the host does not need: any builds what has to be built. */
const NO_DOWNLOADS = { UV_PYTHON_DOWNLOADS: 'never' };

const GONE: ResolverAnswer = { code: null, stdout: '', stderr: 'it cannot be started' };

function questionOf({ project, want, access, neighbours }: UnlockedProject, { env }: Session): unknown {
  const { indexes, links } = access.settings;
  const steering = Object.entries(env)
    .filter(([name, value]) => STEERING.test(name) && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    flags: flagsOf(project, want),
    indexes: [...links, ...indexes].map(withoutPasswords),
    mirror: access.mirrorOf(DEFAULT_INDEX) ?? null,
    steering,
    neighbours: [...neighbours],
  };
}

/** Variables that change what uv chooses. Indexes are told apart without their passwords. */
const STEERING =
  /^UV_(?:RESOLUTION|PRERELEASE|FORK_STRATEGY|INDEX_STRATEGY|EXCLUDE_NEWER|CONSTRAINT|OVERRIDE|EXCLUDE|NO_BINARY|NO_BUILD|NO_SOURCES)/;

function flagsOf(project: Project, { extras, groups }: Selection): readonly string[] {
  return [
    ...['--universal', '--generate-hashes', '--format', 'pylock.toml', '--no-header', '--no-progress'],
    ...['--python-version', lowestPython(project)],
    ...extras.flatMap((extra) => ['--extra', extra]),
    ...groups.flatMap((group) => ['--group', group]),
  ];
}

/** The X.Y from which on the choice must hold: uv would take that of the host's own Python. */
function lowestPython({ requiresPython }: Project): string {
  const fallback = PYTHON_VERSIONS.at(-1)!;
  if (requiresPython === undefined) return fallback;
  const allowed = SpecifierSet.parse(requiresPython);
  const minors = Array.from({ length: 40 }, (_, minor) => `3.${minor}`);
  return minors.find((minor) => allowed.contains(`${minor}.99`) || allowed.contains(minor)) ?? fallback;
}

/** Where uv's own settings name no index, pip's hold, and mirrors do. By variables: arguments can be seen by everybody on the host. */
function indexVariables({ settings, mirrorOf }: IndexAccess): Readonly<Record<string, string>> {
  const { tool, indexes, links } = settings;
  const [standard, ...extra] = [...indexes].reverse();
  if (tool === 'uv') return {};
  if (standard === undefined) return { UV_NO_INDEX: '1', UV_FIND_LINKS: links.join(',') };
  const asked = mirrorOf(standard) ?? standard;
  return {
    ...(asked === DEFAULT_INDEX ? {} : { UV_DEFAULT_INDEX: asked }),
    ...(extra.length === 0 ? {} : { UV_INDEX: extra.reverse().join(' ') }),
    ...(links.length === 0 ? {} : { UV_FIND_LINKS: links.join(',') }),
  };
}
