/**
 * Asks an interpreter what it is, and has it compile. Where the interpreter comes from, which files are compiled, and where
 * what it gives is kept, is not known here.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { PycError } from '../../primitives/errors.ts';
import type { PythonTarget } from '../../python/target.ts';
import { TaskAbortedError } from '../aborted.ts';
import { COMPILER, PROBE } from './program.ts';

/**
 * The interpreter did not compile all modules that it was given: it was ended, or it failed. Leave `bytecode` out, and
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

/** A program and how it is started. */
export interface Interpreter {
  readonly program: string;
  /** Before its own options, as a loader wants them. */
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What an interpreter says of itself. */
export interface Probed {
  readonly executable: string;
  readonly implementation: string;
  readonly version: string;
  readonly magic: string;
  readonly cacheTag: string;
  readonly flags: string;
}

/** Undefined for what is no Python of the target's kind and X.Y, or does not start. */
export async function probe(
  interpreter: Interpreter,
  { version, implementation, abi }: PythonTarget,
  signal: AbortSignal,
): Promise<Probed | undefined> {
  const said = await output(interpreter, ['-S', '-s', '-B', '-c', PROBE], signal);
  const probed = parseProbed(said);
  if (probed === undefined || probed.implementation !== implementation) return undefined;
  if (!probed.version.startsWith(`${version.split('.').slice(0, 2).join('.')}.`)) return undefined;
  return probed.flags.startsWith('t') === isFreeThreaded(abi) ? probed : undefined;
}

/** @param said - JSON: what `PROBE` prints */
export function parseProbed(said: string | undefined): Probed | undefined {
  try {
    const probed = JSON.parse(said ?? '') as Record<string, unknown>;
    const members = ['executable', 'implementation', 'version', 'magic', 'cacheTag', 'flags'];
    return members.every((member) => typeof probed[member] === 'string') ? (probed as never) : undefined;
  } catch {
    return undefined;
  }
}

/** @param abi - of a target, as in `cp314t` */
export function isFreeThreaded(abi: string): boolean {
  return /td?$/.test(abi);
}

/** Of what the interpreter said; who it is besides makes no difference to the bytes. */
export function identityOf({
  implementation,
  version,
  magic,
  cacheTag,
}: Probed): Pick<BytecodeCompiler, 'identity' | 'cacheTag'> {
  return { identity: [RULES, implementation, version, magic, cacheTag], cacheTag };
}

/** What a program prints; undefined where it fails, such as a shim of a version that is not there. */
export async function output(
  { program, args: first = [], env }: Interpreter,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const child = spawn(program, [...first, ...args], {
    env: { ...env },
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

/**
 * What the compiler gives of each source.
 *
 * @throws BytecodeError, TaskAbortedError
 */
export async function compile(
  { program, args = [], env }: Interpreter,
  sources: readonly ModuleSource[],
  signal: AbortSignal,
): Promise<readonly (Uint8Array | undefined)[]> {
  if (signal.aborted) throw new TaskAbortedError(signal.reason);
  const child = spawn(program, [...args, '-S', '-s', '-B', '-W', 'ignore', '-c', COMPILER], {
    env: { ...env, PYTHONHASHSEED: '0' },
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
