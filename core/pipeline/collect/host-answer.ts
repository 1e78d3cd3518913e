/**
 * Programs of this host told apart by what lies where they are found: what one says of itself when it is asked is kept in the
 * store, so that a build that has everything starts none. Which programs there are is not known here.
 */
import { closeSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { digestOfJson } from '../../primitives/digest.ts';
import { makeFolder } from '../../primitives/folder.ts';
import { runProgram } from '../host-program.ts';
import type { Session } from '../session.ts';

/** A program that was found. */
export interface HostProgram {
  /** Absolute. */
  readonly path: string;
  /** Changes with the file; undefined for a script, which may start anything. */
  readonly mark: string | undefined;
}

/** Milliseconds for a program that only has to say what it is. */
const SHORT = 60_000;

/** A program on the `PATH` of the build's environment, or of an absolute path. */
export function findProgram(name: string, { env }: Pick<Session, 'env'>): HostProgram | undefined {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const folders = isAbsolute(name)
    ? ['']
    : (env.PATH ?? '').split(delimiter).filter((one) => isAbsolute(one));
  for (const folder of folders) {
    const path = folder === '' ? name : join(folder, `${name}${suffix}`);
    const mark = markOf(path);
    if (mark !== undefined) return { path, mark: mark === '' ? undefined : mark };
  }
  return undefined;
}

/** Empty for a script; undefined where there is no such file, or one that cannot be started. */
function markOf(path: string): string | undefined {
  try {
    const file = realpathSync(path);
    const { size, mtimeMs, mode } = statSync(file);
    if (process.platform !== 'win32' && (mode & 0o111) === 0) return undefined;
    return isScript(file) ? '' : `${file} ${size} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}

function isScript(file: string): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const start = Buffer.alloc(2);
    return readSync(descriptor, start, 0, 2, 0) < 2 || start.toString('latin1') === '#!';
  } finally {
    closeSync(descriptor);
  }
}

/**
 * What a program prints when it is started, without white space around it; undefined where it fails. An answer is kept for
 * as long as the program, and what `besides` says, stay the same.
 */
export async function answerOf(
  program: HostProgram,
  args: readonly string[],
  besides: unknown,
  session: Session,
): Promise<string | undefined> {
  const { mark, path } = program;
  const { memory, store, noCache } = session;
  const key = digestOfJson({ what: 'answer of a program', path, mark, args, besides });
  return memory.get(`answer of a program ${key}`, async () => {
    const known = mark === undefined || noCache ? undefined : await store.readAction(key);
    if (typeof known === 'string') return known;
    const answer = await ask(path, args, session);
    if (answer !== undefined && mark !== undefined) await store.writeAction(key, answer);
    return answer;
  });
}

async function ask(path: string, args: readonly string[], session: Session): Promise<string | undefined> {
  const { env, signal } = session;
  // Python looks for modules where it is started: nobody else puts any there.
  const cwd = session.store.directory;
  await makeFolder(cwd);
  const ended = await runProgram(path, args, { cwd, env, signal, timeout: SHORT }).catch(
    (thrown: unknown) => {
      signal.throwIfAborted();
      session.log.debug(String(thrown));
      return undefined;
    },
  );
  return ended?.code === 0 ? ended.output.trim() : undefined;
}
