/**
 * Finds the Python of a base image by its files, executing nothing. It knows neither layers nor registries:
 * the files come through an interface.
 */
import { PycError } from '../primitives/errors.ts';
import type { BaseFacts, BaseFiles } from './detection/base-files.ts';
import { type BuildDetails, readBuildDetails, readSysconfigAbi } from './detection/build-details.ts';
import { chooseInterpreter, type Interpreter } from './detection/interpreter.ts';
import { detectLibc } from './detection/libc.ts';
import { packageVersion } from './detection/package-database.ts';
import { type Elf, readElf } from './elf.ts';
import type { PythonTarget } from './target.ts';
import { Version } from './version.ts';

export { type BaseFacts, type BaseFiles, isTargetFile, TARGET_FILES } from './detection/base-files.ts';

/**
 * The base has no interpreter that a project could run with: none at all, one that is no program, or one for
 * another machine.
 */
export class PythonNotFoundError extends PycError {
  readonly code = 'PYC_PYTHON_NOT_FOUND';
}

/** The base has an interpreter, and its files do not say its version or its C library. */
export class PythonUnknownError extends PycError {
  readonly code = 'PYC_PYTHON_UNKNOWN';
}

/** A Python as it was found. */
export interface DetectedPython {
  readonly target: PythonTarget;
  /** Absolute path in the image. */
  readonly interpreter: string;
}

/**
 * The Python of a base image. Its version comes from `build-details.json` (PEP 739), else from the variable
 * PYTHON_VERSION where that agrees with the interpreter's name, else from the text in the interpreter or its
 * library, else from a package database; its ABI from the first of these or sysconfig's data; its C library
 * from the interpreter's loader.
 *
 * @throws PythonNotFoundError where there is none, or one for another machine
 * @throws PythonUnknownError where version or C library remain unknown
 */
export async function detectPython(files: BaseFiles, facts: BaseFacts): Promise<DetectedPython> {
  const paths = [...(await files.list(''))].sort();
  const stated = Version.tryParse(facts.environment.PYTHON_VERSION ?? '');
  const wanted = stated === undefined ? undefined : `${stated.major}.${stated.minor}`;
  const interpreter = chooseInterpreter(paths, facts.environment, wanted, facts.executable);
  if (interpreter === undefined) {
    throw new PythonNotFoundError('the base image has no Python', {
      hint: 'choose a base with a Python, such as `python:3.13-slim`, or state one with `--python` and `--libc`',
    });
  }
  const program = await readProgram(files, interpreter, facts);
  const details = await readDetails(files, paths, interpreter);
  const version =
    details?.version ??
    statedVersion(stated, interpreter) ??
    (await findVersion(files, paths, interpreter, program.bytes));
  const libc = await detectLibc(files, paths, program.elf.loader, facts.architecture);
  if (version === undefined) throw unknown(interpreter, 'the version of', '--python');
  if (libc === undefined) throw unknown(interpreter, 'the C library under', '--libc');
  const implementationVersion = details?.implementationVersion ?? pypyVersion(interpreter, facts);
  const target: PythonTarget = {
    implementation: details?.implementation ?? interpreter.implementation,
    version,
    abi: details?.abi ?? (await readAbi(files, paths, interpreter)) ?? defaultAbi(interpreter),
    os: 'linux',
    architecture: facts.architecture,
    ...(facts.variant === undefined ? {} : { variant: facts.variant }),
    libc,
    ...(implementationVersion === undefined ? {} : { implementationVersion }),
  };
  return { target, interpreter: `/${interpreter.path}` };
}

async function readProgram(
  files: BaseFiles,
  { path }: Interpreter,
  { architecture }: BaseFacts,
): Promise<{ readonly bytes: Uint8Array; readonly elf: Elf }> {
  const bytes = await files.read(path);
  const elf = bytes === undefined ? undefined : readElf(bytes);
  if (bytes === undefined || elf === undefined) {
    throw new PythonNotFoundError(`\`/${path}\` in the base image is no program`, {
      hint: 'choose a base whose Python is whole, or state one with `--python` and `--libc`',
    });
  }
  if (elf.architecture === architecture) return { bytes, elf };
  throw new PythonNotFoundError(
    `\`/${path}\` in the base image is built for \`${elf.architecture ?? 'an unknown machine'}\`, not for \`${architecture}\``,
    { hint: 'choose a base that exists for the platform asked for' },
  );
}

async function readDetails(
  files: BaseFiles,
  paths: readonly string[],
  interpreter: Interpreter,
): Promise<BuildDetails | undefined> {
  for (const path of libraryFiles(paths, interpreter, /\/build-details[^/]*\.json$/)) {
    const bytes = await files.read(path);
    const details = bytes === undefined ? undefined : readBuildDetails(bytes);
    // A document of another Python is passed over.
    const other =
      details?.version !== undefined && Version.parse(details.version).minor !== interpreter.minor;
    if (details !== undefined && !other) return details;
  }
  return undefined;
}

async function readAbi(
  files: BaseFiles,
  paths: readonly string[],
  interpreter: Interpreter,
): Promise<string | undefined> {
  // A debug build's lies beside that of the ordinary one, and names it.
  const pattern = interpreter.flags.endsWith('d')
    ? /\/_sysconfigdata_t?d_[^/]*\.py$/
    : /\/_sysconfigdata[^/]*\.py$/;
  for (const path of libraryFiles(paths, interpreter, pattern)) {
    const bytes = await files.read(path);
    const abi = bytes === undefined ? undefined : readSysconfigAbi(bytes, interpreter.minor);
    if (abi !== undefined) return abi;
  }
  return undefined;
}

/** Files of the interpreter's standard library; a name without `t` can still be a free-threaded build's. */
function libraryFiles(
  paths: readonly string[],
  interpreter: Interpreter,
  pattern: RegExp,
): readonly string[] {
  const { implementation, minor, flags } = interpreter;
  const word = implementation === 'pypy' ? 'pypy' : 'python';
  const suffixes = flags.startsWith('t') ? ['t'] : flags === 'd' ? [''] : ['', 't'];
  const folders = suffixes.flatMap((suffix) =>
    ['lib', 'lib64'].map((lib) => within(interpreter, `${lib}/${word}3.${minor}${suffix}/`)),
  );
  return folders.flatMap((folder) => paths.filter((path) => path.startsWith(folder) && pattern.test(path)));
}

function statedVersion(stated: Version | undefined, interpreter: Interpreter): string | undefined {
  if (stated === undefined || stated.release.length < 3) return undefined;
  return stated.major === 3 && stated.minor === interpreter.minor ? stated.toString() : undefined;
}

async function findVersion(
  files: BaseFiles,
  paths: readonly string[],
  interpreter: Interpreter,
  program: Uint8Array,
): Promise<string | undefined> {
  const own = versionIn(program, interpreter.minor);
  if (own !== undefined) return own;
  for (const path of paths.filter((candidate) => isLibraryOf(candidate, interpreter))) {
    const bytes = await files.read(path);
    const version = bytes === undefined ? undefined : versionIn(bytes, interpreter.minor);
    if (version !== undefined) return version;
  }
  const dotted = `3.${interpreter.minor}`;
  const packages = [`python${dotted}-minimal`, `libpython${dotted}-minimal`, `python-${dotted}`, 'python3'];
  const version = /^3\.\d+\.\d+(?:(?:a|b|rc)\d+)?/.exec(
    ((await packageVersion(files, paths, packages)) ?? '').replace(/[~_](?=a|b|rc)/, ''),
  )?.[0];
  return version?.startsWith(`${dotted}.`) ? version : undefined;
}

function isLibraryOf(path: string, { prefix, minor, implementation }: Interpreter): boolean {
  if (!path.startsWith(prefix === '' ? '' : `${prefix}/`)) return false;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (implementation === 'pypy') return name === `libpypy3.${minor}-c.so` || name === 'libpypy3-c.so';
  return ['', 't', 'd', 'td'].some((flags) => name === `libpython3.${minor}${flags}.so.1.0`);
}

/** CPython holds its version as a text of its own: a NUL follows, and no part of a number goes before. */
function versionIn(bytes: Uint8Array, minor: number): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = `3.${minor}.`;
  for (let at = buffer.indexOf(start); at >= 0; at = buffer.indexOf(start, at + 1)) {
    const text = buffer.subarray(Math.max(0, at - 1), at + 24).toString('latin1');
    const version = /^[^\d.]?(3\.\d+\.\d{1,3}(?:(?:a|b|rc)\d{1,2})?)\+?\0/.exec(text)?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

/** PyPy's images state it; its own version is not the language's. */
function pypyVersion({ implementation }: Interpreter, { environment }: BaseFacts): string | undefined {
  return implementation === 'pypy' ? Version.tryParse(environment.PYPY_VERSION ?? '')?.toString() : undefined;
}

function defaultAbi({ implementation, minor, flags }: Interpreter): string {
  return implementation === 'pypy' ? `pypy3${minor}_pp73` : `cp3${minor}${flags}`;
}

function within({ prefix }: Interpreter, path: string): string {
  return prefix === '' ? path : `${prefix}/${path}`;
}

function unknown({ path }: Interpreter, what: string, option: string): PythonUnknownError {
  return new PythonUnknownError(`the files of the base image do not say ${what} \`/${path}\``, {
    hint: `state it with \`${option}\``,
  });
}
