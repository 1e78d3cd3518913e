/** What to say where a project has no lock that can be read: which tool's files lie there, and what that tool writes. */
import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { PycError } from '../../primitives/errors.ts';
import { preferredLocks } from '../../python/lock/index.ts';
import { parsePyproject } from '../../python/pyproject.ts';
import type { Project, Selection } from '../values.ts';

/**
 * The project has dependencies and no lock file that is read: `uv.lock`, `pylock.toml`, `poetry.lock`, `pdm.lock`,
 * `Pipfile.lock` or `requirements.txt`. Lock it with the tool that manages it; where there is none, `uv lock` does. Where uv or
 * pip is on the host, a build without `--locked` has it choose versions for a project that no other tool manages.
 */
export class LockMissingError extends PycError {
  readonly code = 'PYC_LOCK_MISSING';
}

/** Files of other tools, the surest first, and the command that makes a lock of them which can be read. */
const OTHERS: readonly (readonly [file: string, what: string, hint: string])[] = [
  ['Pipfile', "Pipenv's list of requirements", 'run `pipenv lock`'],
  ['conda-lock.yml', "conda's lock", 'write a `requirements.txt` in which everything is pinned by `==`'],
  [
    'environment.yml',
    "conda's list of requirements",
    'write a `requirements.txt` in which everything is pinned by `==`',
  ],
  [
    'requirements.in',
    'a list of requirements',
    'run `uv pip compile --universal --generate-hashes requirements.in -o requirements.txt`',
  ],
  [
    'setup.py',
    "setuptools' script",
    'run `uv pip compile --universal --generate-hashes setup.py -o requirements.txt`',
  ],
];

/** A project without a lock. */
export interface MissingLock {
  readonly error: LockMissingError;
  /** True where nothing but pyproject.toml says what is needed, so that a program of this host can choose versions. */
  readonly canBeMade: boolean;
}

/** Files beside which `[project]` still says what is needed. */
const BESIDE: ReadonlySet<string> = new Set(['setup.py']);

/** What to say where a project has no lock, with the way out that its files suggest. */
export async function missingLock(project: Project, cwd: string): Promise<MissingLock> {
  const foreign = await foreignLock(project, cwd);
  if (foreign !== undefined) return { error: foreign, canBeMade: false };
  const error = new LockMissingError(noLock(project), {
    hint: 'run `uv lock`, or write a `requirements.txt` in which everything is pinned by `==`',
  });
  return { error, canBeMade: true };
}

/** Where another tool, or another folder, has the last word. */
async function foreignLock(project: Project, cwd: string): Promise<LockMissingError | undefined> {
  const { directory } = project;
  const isDeclared = project.pyproject?.project !== undefined;
  const names = new Set(await readdir(directory).catch(() => []));
  const other = OTHERS.find(([file]) => names.has(file) && !(isDeclared && BESIDE.has(file)));
  const subject = noLock(project);
  if (other !== undefined) {
    const [file, what, hint] = other;
    return new LockMissingError(`${subject} that can be read: \`${file}\` is ${what}`, { hint });
  }
  const belongsTo = (workspace: string, lock: string): LockMissingError => {
    const shown = relative(directory, join(workspace, lock));
    return new LockMissingError(`${subject}, and \`${shown}\` belongs to the folder above it`, {
      hint: `a workspace's member is built from there: \`pyc build ${relative(cwd, workspace) || '.'} --package ${project.name}\``,
    });
  };
  // PDM itself does nothing in a member's folder.
  const ofPdm = await folderAbove(directory, 'pdm.lock');
  if (ofPdm !== undefined && (await isPdmWorkspace(ofPdm))) return belongsTo(ofPdm, 'pdm.lock');
  const [tool] = preferredLocks(project.pyproject, names).filter(({ format }) => format !== 'uv');
  if (tool !== undefined) {
    return new LockMissingError(`${subject}, and \`${tool.mark}\` manages it`, {
      hint: `run \`${tool.format} lock\``,
    });
  }
  if (!isDeclared) {
    return new LockMissingError(subject, {
      hint: 'write a `requirements.txt` in which everything is pinned by `==`, an empty one where nothing is needed',
    });
  }
  const workspace = await folderAbove(directory, 'uv.lock');
  return workspace === undefined ? undefined : belongsTo(workspace, 'uv.lock');
}

/** What cannot be read is no workspace: whoever builds that folder hears of it. */
async function isPdmWorkspace(directory: string): Promise<boolean> {
  try {
    const { pdm } = parsePyproject(await readFile(join(directory, 'pyproject.toml'), 'utf8')).tool;
    return typeof pdm === 'object' && pdm !== null && 'workspace' in pdm;
  } catch {
    return false;
  }
}

function noLock({ directory }: Project): string {
  return `\`${directory}\` has no lock file`;
}

/** @throws LockMissingError where something is asked for that only a lock could answer */
export function refuseWithoutLock(project: Project, want: Selection): void {
  const asked = [
    ...want.extras.map((name) => `the extra \`${name}\``),
    ...want.groups.map((name) => `the group \`${name}\``),
    ...(want.package === undefined ? [] : [`the package \`${want.package}\``]),
  ];
  if (asked.length === 0) return;
  throw new LockMissingError(
    `\`${project.directory}\` has no lock file that says what ${asked.join(', ')} ${asked.length === 1 ? 'is' : 'are'}`,
    { hint: 'run `uv lock`' },
  );
}

/** The nearest folder above that has the file. */
async function folderAbove(directory: string, file: string): Promise<string | undefined> {
  for (let at = dirname(directory), below = directory; at !== below; below = at, at = dirname(at)) {
    const found = await access(join(at, file)).then(
      () => true,
      () => false,
    );
    if (found) return at;
  }
  return undefined;
}
