/**
 * Walks a project's folder and decides what belongs to it: defaults < VCS ignores < .dockerignore <
 * .pycignore < `exclude` < `include`. Links are never followed, and no file's content is read.
 */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { messageOf } from '../../primitives/errors.ts';
import { type Log, silentLog } from '../../primitives/log.ts';
import { comparePaths, visible } from '../../primitives/path.ts';
import { holdsPassword } from './address-passwords.ts';
import { DEFAULT_EXCLUDES, PRODUCT_MARKERS, SECRET_PATTERNS } from './default-excludes.ts';
import { SourceFileError } from './errors.ts';
import { dockerRules, gitRules, type RuleSet, takingRules, type Verdict } from './ignore-rules.ts';
import { judgeInTurn, outerVcsRules, readIfThere } from './vcs-rules.ts';

export interface WalkOptions {
  /** Patterns in gitignore's syntax that take in what other rules leave out; a secret needs its exact path. */
  readonly include?: readonly string[];
  /** Patterns in gitignore's syntax; `!` takes back in. */
  readonly exclude?: readonly string[];
  /** Absolute paths that are no sources whatever the rules say: the build's own outputs. */
  readonly never?: readonly string[];
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/** A file or link of the project. */
export interface FoundSource {
  /** Relative to the project's folder, `/`-separated. */
  readonly path: string;
  readonly type: 'file' | 'symlink';
}

/** The layers of rules, the weakest first. */
const LAYERS = ['defaults', 'vcs', 'docker', 'pyc', 'exclude', 'include'] as const;
const DEFAULTS = 0;
const VCS = 1;

/**
 * Everything that belongs to a project, sorted by path. Devices, sockets and pipes are passed over with a
 * warning (`PYC_SOURCE_SPECIAL_FILE`), and so are files with a password of an index (`PYC_SOURCE_PASSWORD`).
 *
 * @param directory absolute
 * @throws SourceFileError for a folder that cannot be read
 */
export async function walkSources(
  directory: string,
  options: WalkOptions = {},
): Promise<readonly FoundSource[]> {
  const walk = await prepare(directory, options);
  const found: FoundSource[] = [];
  await visit(walk, '', { verdicts: [], vcs: walk.outer }, found);
  const shown = await withoutPasswords(walk, found);
  return shown.sort((a, b) => comparePaths(a.path, b.path));
}

/** An image is read by more people than a repository; who states the exact path in `include` wants the file there. */
async function withoutPasswords(walk: Walk, found: readonly FoundSource[]): Promise<FoundSource[]> {
  const shown: FoundSource[] = [];
  for (const source of found) {
    if (walk.exact.has(source.path) || !(await holdsPassword(walk.directory, source.path))) {
      shown.push(source);
      continue;
    }
    walk.log.warn({
      /**
       * A file that says where packages are from has a password in an address, as in `https://me:secret@index.example/simple`.
       * Everybody who has the image could read it, so that the file is left out. Give the password by a variable such as
       * `UV_INDEX_NAME_PASSWORD`, netrc or keyring. The exact path in `include` takes the file in all the same.
       */
      code: 'PYC_SOURCE_PASSWORD',
      message: `\`${visible(source.path)}\` has a password in an address and is left out`,
      hint: 'give the password by `UV_INDEX_NAME_PASSWORD`, netrc or keyring',
    });
  }
  return shown;
}

interface Walk {
  readonly directory: string;
  readonly layers: readonly (RuleSet | undefined)[];
  readonly outer: readonly RuleSet[];
  readonly secrets: RuleSet;
  /** Paths that `include` states without a wildcard. */
  readonly exact: ReadonlySet<string>;
  readonly never: ReadonlySet<string>;
  readonly log: Log;
  readonly signal: AbortSignal | undefined;
}

/** What a folder passes on to what lies in it. */
interface Inherited {
  /** One verdict a layer. */
  readonly verdicts: readonly Verdict[];
  readonly vcs: readonly RuleSet[];
}

async function prepare(directory: string, options: WalkOptions): Promise<Walk> {
  const include = options.include ?? [];
  const docker = await readRules(directory, '.dockerignore');
  const own = await readRules(directory, '.pycignore');
  return {
    directory,
    layers: [
      gitRules(DEFAULT_EXCLUDES),
      undefined,
      docker === undefined ? undefined : dockerRules(docker),
      own === undefined ? undefined : gitRules(own),
      options.exclude === undefined ? undefined : gitRules(options.exclude),
      include.length === 0 ? undefined : takingRules(include),
    ],
    outer: await outerVcsRules(directory),
    secrets: gitRules(SECRET_PATTERNS, '', true),
    exact: new Set(include.map((pattern) => pattern.replace(/^(?:\.?\/)+/, ''))),
    never: new Set((options.never ?? []).flatMap((path) => inside(directory, path) ?? [])),
    log: options.log ?? silentLog,
    signal: options.signal,
  };
}

async function visit(walk: Walk, folder: string, above: Inherited, found: FoundSource[]): Promise<void> {
  walk.signal?.throwIfAborted();
  const entries = await list(walk, folder);
  const names = new Set(entries.map(({ name }) => name));
  const product = folder !== '' && PRODUCT_MARKERS.some((marker) => names.has(marker));
  const own = names.has('.gitignore')
    ? await readRules(walk.directory, join(folder, '.gitignore'))
    : undefined;
  const vcs = own === undefined ? above.vcs : [...above.vcs, gitRules(own, folder)];
  const inherited = product ? ['leave' as const, ...above.verdicts.slice(1)] : above.verdicts;
  const folders: Promise<void>[] = [];
  for (const entry of entries) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (walk.never.has(path)) continue;
    const isDirectory = entry.isDirectory();
    const verdicts = judge(walk, path, isDirectory, inherited, vcs);
    const taken = verdicts.findLast((verdict) => verdict !== undefined) !== 'leave';
    if (isDirectory) {
      if (isSecretFolder(walk, path)) continue;
      if (!taken && !mayTakeBelow(walk, path, verdicts, vcs)) continue;
      folders.push(visit(walk, path, { verdicts, vcs }, found));
    } else if (taken && isSecret(walk, path)) {
      walk.log.debug(`\`${visible(path)}\` looks like a secret and is left out`);
    } else if (taken) {
      take(walk, path, entry, found);
    }
  }
  await Promise.all(folders);
}

function take(walk: Walk, path: string, entry: Dirent, found: FoundSource[]): void {
  if (entry.isFile()) found.push({ path, type: 'file' });
  else if (entry.isSymbolicLink()) found.push({ path, type: 'symlink' });
  else {
    walk.log.warn({
      /**
       * A socket, a pipe or a device lies among the project's sources. No image has use for it, so it is left
       * out.
       */
      code: 'PYC_SOURCE_SPECIAL_FILE',
      message: `\`${visible(path)}\` is neither a file, a folder nor a link and is left out`,
      hint: 'add it to `.pycignore`',
    });
  }
}

/** One verdict a layer; where a layer says nothing of a path, it holds what it said of the folder. */
function judge(
  walk: Walk,
  path: string,
  isDirectory: boolean,
  inherited: readonly Verdict[],
  vcs: readonly RuleSet[],
): readonly Verdict[] {
  return LAYERS.map((_, layer) => {
    if (layer === VCS) {
      // Git looks at nothing below a folder that it ignores.
      return inherited[VCS] === 'leave' ? 'leave' : (judgeInTurn(vcs, path, isDirectory) ?? inherited[VCS]);
    }
    const own = walk.layers[layer]?.judge(path, isDirectory);
    return layer === DEFAULTS && inherited[DEFAULTS] === 'leave' ? 'leave' : (own ?? inherited[layer]);
  });
}

/** True where a stronger layer than those that leave a folder out could take in something below it. */
function mayTakeBelow(
  walk: Walk,
  path: string,
  verdicts: readonly Verdict[],
  vcs: readonly RuleSet[],
): boolean {
  const leaving = verdicts.lastIndexOf('leave');
  // `*.py` in an `include` is not meant for every virtual environment that lies about.
  const broadly = verdicts[DEFAULTS] !== 'leave' && verdicts[VCS] !== 'leave';
  return LAYERS.some((name, layer) => {
    const rules = layer === VCS ? vcs : [walk.layers[layer]];
    const stronger = layer > leaving || (layer === leaving && name === 'docker');
    return stronger && rules.some((rule) => rule?.mayTakeBelow(path, broadly) === true);
  });
}

function isSecret(walk: Walk, path: string): boolean {
  return !walk.exact.has(path) && walk.secrets.judge(path, false) === 'leave';
}

/** True for a folder that holds secrets alone, unless `include` states the exact path of something in it. */
function isSecretFolder(walk: Walk, path: string): boolean {
  if (walk.secrets.judge(path, true) !== 'leave') return false;
  return ![...walk.exact].some((exact) => exact.startsWith(`${path}/`));
}

async function list(walk: Walk, folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(join(walk.directory, folder), { withFileTypes: true });
    return entries.sort((a, b) => comparePaths(a.name, b.name));
  } catch (cause) {
    throw unreadable(folder === '' ? walk.directory : folder, cause);
  }
}

async function readRules(directory: string, name: string): Promise<string | undefined> {
  try {
    return await readIfThere(join(directory, name));
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

function unreadable(path: string, cause: unknown): SourceFileError {
  return new SourceFileError(`\`${visible(path)}\` cannot be read: ${messageOf(cause)}`, {
    hint: 'make it readable, or leave it out with `.pycignore`',
    cause,
  });
}

/** An absolute path as one relative to the project; undefined where it lies elsewhere. */
function inside(directory: string, path: string): string | undefined {
  const found = relative(directory, path);
  if (found === '' || isAbsolute(found) || found.split(sep)[0] === '..') return undefined;
  return found.split(sep).join('/');
}
