/**
 * What of this host builds wheels: `uv build`, else `python -m build`, with the interpreter that fits a target best.
 * Nothing is built here.
 */
import { digestOfJson } from '../../primitives/digest.ts';
import type { PythonTarget } from '../../python/target.ts';
import type { Session } from '../session.ts';
import { answerOf, findProgram, type HostProgram } from './host-answer.ts';

/** What builds wheels here, and with which Python. */
export interface HostBuilder {
  /** As messages name it: `uv build`. */
  readonly name: string;
  /** Its version and its Python's: what a wheel that it makes depends on besides the sources. */
  readonly identity: readonly string[];
  /** Absolute path of the program. */
  readonly program: string;
  /** Whether constraints may have hashes where not all that is installed has: pip demands them of all. */
  readonly takesHashes: boolean;
  arguments(request: BuildRequest): readonly string[];
}

export interface BuildRequest {
  /** Absolute: the folder with the sources. */
  readonly source: string;
  /** Absolute: where the wheel goes. */
  readonly out: string;
  /** Absolute: a file with constraints on what the build needs. */
  readonly constraints?: string | undefined;
  /** Whether `tool.uv.sources` of the sources counts: they were not published, but are taken as they lie in a repository. */
  readonly isUnpublished: boolean;
  readonly offline: boolean;
}

/** Says what it is: its path, then what wheels depend on. */
const SELF = [
  'import platform, sys, sysconfig',
  'print(sys.executable)',
  'print(platform.python_implementation(), platform.python_version(), sysconfig.get_platform(), sysconfig.get_config_var("SOABI"))',
].join('; ');

/** The same of a Python that has the module `build`. */
const SELF_WITH_BUILD = `import build, build.__main__; ${SELF}; print("build", build.__version__)`;

/** Variables that decide which Python uv finds. */
const OF_UV = /^(?:UV_|VIRTUAL_ENV$|CONDA_|PATH$|HOME$|XDG_|PYENV_)/;

/** The builder for a target's Python; undefined where this host has none. */
export async function findHostBuilder(
  target: PythonTarget,
  session: Session,
): Promise<HostBuilder | undefined> {
  const request = pythonRequest(target);
  const key = `host builder ${digestOfJson({ request, env: Object.entries(session.env) })}`;
  return session.memory.get(
    key,
    async () => (await uvBuilder(request, session)) ?? (await pythonBuilder(request, session)),
  );
}

/** What uv says of itself: where it builds, that is known without a Python. Undefined where this host has none. */
export async function versionOfUv(session: Session): Promise<string | undefined> {
  const uv = findProgram('uv', session);
  return uv === undefined ? undefined : answerOf(uv, ['--version'], undefined, session);
}

/** As `uv --python` takes it, and as executables are called: `3.12`, `3.13t`, `pypy3.11`. */
export function pythonRequest({ implementation, version, abi }: PythonTarget): string {
  const minor = version.split('.').slice(0, 2).join('.');
  const suffix = /^cp\d+t/.test(abi) ? 't' : '';
  return `${implementation === 'cpython' ? '' : implementation}${minor}${suffix}`;
}

async function uvBuilder(request: string, session: Session): Promise<HostBuilder | undefined> {
  const uv = findProgram('uv', session);
  const version = await versionOfUv(session);
  if (uv === undefined || version === undefined) return undefined;
  const python = await pythonOfUv(uv, request, session);
  return {
    name: 'uv build',
    identity: [version, python?.description ?? `some Python for ${request}`],
    program: uv.path,
    takesHashes: true,
    arguments: ({ source, out, constraints, isUnpublished, offline }) => [
      'build',
      '--wheel',
      '--no-progress',
      ...(python === undefined ? [] : ['--python', python.path]),
      ...(constraints === undefined ? [] : ['--build-constraints', constraints]),
      ...(isUnpublished ? [] : ['--no-sources']),
      ...(offline ? ['--offline'] : []),
      '--out-dir',
      out,
      source,
    ],
  };
}

interface Interpreter {
  readonly path: string;
  readonly description: string;
}

/** Of the target's version, else any: what is pure can be built by each. uv is not made to download one. */
async function pythonOfUv(
  uv: HostProgram,
  request: string,
  session: Session,
): Promise<Interpreter | undefined> {
  const env = Object.entries(session.env).filter(([name]) => OF_UV.test(name));
  for (const wanted of [[request], []]) {
    const path = await answerOf(
      uv,
      ['python', 'find', '--no-python-downloads', '--no-project', ...wanted],
      env,
      session,
    );
    const program = path === undefined ? undefined : findProgram(path, session);
    const said =
      program === undefined ? undefined : await answerOf(program, ['-I', '-c', SELF], undefined, session);
    if (said !== undefined) return interpreterOf(said);
  }
  return undefined;
}

async function pythonBuilder(request: string, session: Session): Promise<HostBuilder | undefined> {
  const named = /^\d/.test(request) ? `python${request}` : request;
  for (const name of [named, 'python3', 'python']) {
    const program = findProgram(name, session);
    // Packages are added to an interpreter without a trace in its file: only what has the module is remembered.
    const said =
      program === undefined
        ? undefined
        : await answerOf(program, ['-c', SELF_WITH_BUILD], undefined, session);
    if (program === undefined || said === undefined) continue;
    return {
      name: `${name} -m build`,
      identity: [interpreterOf(said).description],
      program: program.path,
      takesHashes: false,
      arguments: ({ source, out }) => ['-m', 'build', '--wheel', '--outdir', out, source],
    };
  }
  return undefined;
}

function interpreterOf(said: string): Interpreter {
  const [path = '', ...description] = said.split(/\r?\n/);
  return { path, description: description.join(' ').slice(0, 200) };
}
