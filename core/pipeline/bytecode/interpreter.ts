/**
 * Finds the host's interpreter that makes a target's bytecode, and has it compile. Which files are compiled, and where what it
 * gives is kept, is not known here.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { PycError } from '../../primitives/errors.ts';
import type { PythonTarget } from '../../python/target.ts';
import { TaskAbortedError } from '../aborted.ts';
import { COMPILER, PROBE } from './program.ts';

/**
 * `bytecode` is asked for, and this host has no interpreter whose bytecode the image's Python reads: of the same X.Y, and
 * free-threaded where that is. Install one, as by `uv python install 3.12`, or leave `bytecode` out: the modules are then
 * compiled where they run.
 */
export class BytecodePythonError extends PycError {
  readonly code = 'PYC_BYTECODE_NO_PYTHON';
}

/**
 * The host's interpreter did not compile all modules that it was given: it was ended, or it failed. Leave `bytecode` out, and
 * say which distribution it was.
 */
export class BytecodeError extends PycError {
  readonly code = 'PYC_BYTECODE_FAILED';
}

/** A module's source. */
export interface ModuleSource {
  /** Absolute in the image: tracebacks show it. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Who compiles. */
export interface BytecodeCompiler {
  /** As the build names it, as in `CPython 3.12.7 (/usr/bin/python3.12)`. */
  readonly label: string;
  /** All that the bytes depend on besides the sources. */
  readonly identity: readonly string[];
  /** As in `cpython-312`: files are called `module.cpython-312.pyc`. */
  readonly cacheTag: string;
  /**
   * In the order of the sources; undefined for what cannot be compiled, or not reproducibly.
   *
   * @throws BytecodeError, TaskAbortedError
   */
  compile(
    sources: readonly ModuleSource[],
    signal: AbortSignal,
  ): Promise<readonly (Uint8Array | undefined)[]>;
}

/** To be counted up whenever the program would give other bytes for the same source. */
const RULES = 'pyc/1';

/** Milliseconds that an interpreter has to say what it is. */
const PROBE_TIME = 20_000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The first that fits of what uv knows and what PATH has.
 *
 * @throws BytecodePythonError
 */
export async function findCompiler(
  target: PythonTarget,
  env: Environment,
  signal: AbortSignal,
): Promise<BytecodeCompiler> {
  const [, minor = ''] = target.version.split('.');
  const flags = /td?$/.test(target.abi) ? 't' : '';
  const wanted = `3.${minor}${flags}`;
  if (target.implementation === 'cpython') {
    for (const program of await candidates(wanted, env, signal)) {
      const found = await probe(program, env, signal);
      if (found?.implementation !== 'cpython' || !found.version.startsWith(`3.${minor}.`)) continue;
      if (found.flags.startsWith('t') !== (flags === 't')) continue;
      return {
        label: `CPython ${found.version} (${found.executable})`,
        identity: [RULES, found.implementation, found.version, found.magic, found.cacheTag],
        cacheTag: found.cacheTag,
        compile: (sources, signal) => compile(found.executable, sources, env, signal),
      };
    }
  }
  const what = target.implementation === 'cpython' ? 'CPython' : target.implementation;
  throw new BytecodePythonError(
    `\`bytecode\` needs ${what} ${wanted} on this host, as the image has it, and there is none`,
    {
      hint:
        target.implementation === 'cpython'
          ? `install it, as \`uv python install ${wanted}\` does, or leave \`bytecode\` out`
          : 'leave `bytecode` out: only that of CPython can be made',
    },
  );
}

async function candidates(wanted: string, env: Environment, signal: AbortSignal): Promise<readonly string[]> {
  const [uv] = await onPath('uv', env);
  const known =
    uv === undefined
      ? undefined
      : await output(uv, ['python', 'find', '--no-python-downloads', '--no-project', wanted], env, signal);
  return [
    ...(known === undefined || known.trim() === '' ? [] : [known.trim()]),
    ...(await onPath(`python${wanted}`, env)),
    ...(await onPath('python3', env)),
  ];
}

/** Absolute paths; relative folders of PATH are passed over. */
async function onPath(name: string, env: Environment): Promise<string[]> {
  const paths = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name));
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return paths.filter((_, index) => found[index]?.isFile() === true);
}

interface Probed {
  readonly executable: string;
  readonly implementation: string;
  readonly version: string;
  readonly magic: string;
  readonly cacheTag: string;
  readonly flags: string;
}

async function probe(program: string, env: Environment, signal: AbortSignal): Promise<Probed | undefined> {
  const said = await output(program, ['-S', '-s', '-c', PROBE], env, signal);
  try {
    const probed = JSON.parse(said ?? '') as Record<string, unknown>;
    const members = ['executable', 'implementation', 'version', 'magic', 'cacheTag', 'flags'];
    return members.every((member) => typeof probed[member] === 'string') ? (probed as never) : undefined;
  } catch {
    return undefined;
  }
}

/** What a program prints; undefined where it fails, such as a shim of a version that is not there. */
async function output(
  program: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<string | undefined> {
  const child = spawn(program, args, {
    env: withoutPython(env),
    cwd: '/',
    timeout: PROBE_TIME,
    signal,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
    return code === 0 ? said : undefined;
  } catch (error) {
    if (signal.aborted) throw new TaskAbortedError(signal.reason);
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Variables of the user's change what Python imports and how it hashes. */
function withoutPython(env: Environment): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PYTHON')));
}

async function compile(
  program: string,
  sources: readonly ModuleSource[],
  env: Environment,
  signal: AbortSignal,
): Promise<readonly (Uint8Array | undefined)[]> {
  if (signal.aborted) throw new TaskAbortedError(signal.reason);
  const child = spawn(program, ['-S', '-s', '-W', 'ignore', '-c', COMPILER], {
    env: { ...withoutPython(env), PYTHONHASHSEED: '0' },
    cwd: '/',
    signal,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const complaint = text(child.stderr);
  const frames = readFrames(child.stdout);
  const ended = once(child, 'close');
  try {
    const [, results, [code]] = await Promise.all([feed(child.stdin, sources), frames, ended]);
    if (code === 0 && results.length === sources.length) return results;
  } catch (error) {
    if (signal.aborted) throw new TaskAbortedError(signal.reason);
    throw failed(program, String(error));
  }
  throw failed(program, await complaint);
}

function failed(program: string, why: string): BytecodeError {
  const last = why.trim().split('\n').at(-1) ?? '';
  return new BytecodeError(
    `\`${program}\` did not compile all modules${last === '' ? '' : `: ${last.slice(0, 300)}`}`,
    {
      hint: 'leave `bytecode` out: the modules are then compiled where they run',
    },
  );
}

/** Where the compiler is gone, its exit code tells. */
async function feed(stdin: Writable, sources: readonly ModuleSource[]): Promise<void> {
  await pipeline(Readable.from(framesOf(sources)), stdin).catch(() => {});
}

function* framesOf(sources: readonly ModuleSource[]): Generator<Uint8Array> {
  for (const { path, bytes } of sources) {
    const name = Buffer.from(path);
    yield lengthOf(name);
    yield name;
    yield lengthOf(bytes);
    // An empty chunk would end the stream.
    if (bytes.length > 0) yield bytes;
  }
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return length;
}

async function readFrames(stdout: AsyncIterable<Buffer>): Promise<readonly (Uint8Array | undefined)[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdout) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  const frames: (Uint8Array | undefined)[] = [];
  for (let at = 0; at + 4 <= all.length; ) {
    const size = all.readUInt32LE(at);
    if (at + 4 + size > all.length) break;
    frames.push(size === 0 ? undefined : all.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return frames;
}
