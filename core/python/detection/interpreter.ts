/** Which of the interpreters in an image is the one that `python3` means there. */

/** An interpreter by its name: where it lies and what the name says. */
export interface Interpreter {
  /** Relative to the image's root. */
  readonly path: string;
  /** The folder above `bin`; empty at the root. */
  readonly prefix: string;
  readonly implementation: 'cpython' | 'pypy';
  readonly minor: number;
  /** The end of the name: `t` of free-threaded builds, `d` of debug builds, `td` of both; mostly empty. */
  readonly flags: string;
}

const NAME = /^(?:(?<prefix>.*)\/)?bin\/(?<kind>python|pypy)3\.(?<minor>\d{1,2})(?<flags>t?d?)$/;

/** What execvp searches where an image sets no PATH. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The image's interpreter: in the first folder of its PATH that has one, else anywhere. Those of virtual
 * environments are passed over, because theirs is another.
 *
 * @param wanted `3.12` prefers that version among those of one folder; without it the newest counts
 * @param executable a name that goes before all others
 */
export function chooseInterpreter(
  paths: readonly string[],
  environment: Readonly<Record<string, string>>,
  wanted: string | undefined,
  executable?: string,
): Interpreter | undefined {
  const virtual = new Set(paths.flatMap((path) => (/^(.*)\/pyvenv\.cfg$/.exec(path) ?? []).slice(1)));
  const found = paths
    .flatMap((path) => interpreterOf(path) ?? [])
    .filter(({ prefix }) => !virtual.has(prefix))
    .sort((a, b) => compareInterpreters(a, b, wanted));
  const asked = found.filter(({ path }) => path.slice(path.lastIndexOf('/') + 1) === executable);
  return firstOf(asked.length > 0 ? asked : found, environment);
}

/** The first in the order of PATH's folders, else the first. */
function firstOf(
  found: readonly Interpreter[],
  environment: Readonly<Record<string, string>>,
): Interpreter | undefined {
  for (const folder of (environment.PATH || DEFAULT_PATH).split(':')) {
    const bin = folder.replace(/^\/+|\/+$/g, '');
    const first = found.find(({ path }) => path.slice(0, path.lastIndexOf('/')) === bin);
    if (first !== undefined) return first;
  }
  return found[0];
}

function interpreterOf(path: string): Interpreter | undefined {
  const groups = NAME.exec(path)?.groups;
  if (groups === undefined) return undefined;
  return {
    path,
    prefix: groups.prefix ?? '',
    implementation: groups.kind === 'pypy' ? 'pypy' : 'cpython',
    minor: Number(groups.minor),
    flags: groups.flags ?? '',
  };
}

/** The wanted version first, then the newest; CPython before PyPy, ordinary builds before others. */
function compareInterpreters(a: Interpreter, b: Interpreter, wanted: string | undefined): number {
  const fits = (interpreter: Interpreter): number => (`3.${interpreter.minor}` === wanted ? 0 : 1);
  return (
    fits(a) - fits(b) ||
    Number(a.implementation === 'pypy') - Number(b.implementation === 'pypy') ||
    b.minor - a.minor ||
    a.flags.length - b.flags.length ||
    (a.path < b.path ? -1 : 1)
  );
}
