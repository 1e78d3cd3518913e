/** Runs a program of this host that chooses versions, uv or pip. What it prints may name indexes: passwords are taken out of it. */
import { spawn } from 'node:child_process';
import { PycError } from '../../primitives/errors.ts';
import { visible } from '../../primitives/path.ts';
import { TaskAbortedError } from '../aborted.ts';
import type { Session } from '../session.ts';

/**
 * The project has no lock, and uv or pip of this host could not choose versions for it. The message ends with what the program
 * said: two requirements that exclude each other, say, or an index that cannot be reached.
 */
export class LockNotMadeError extends PycError {
  readonly code = 'PYC_LOCK_NOT_MADE';
}

/** What a program said. */
export interface ResolverAnswer {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  /** The end of it. */
  readonly stderr: string;
}

/** Milliseconds; metadata of large sdists takes minutes. */
const PATIENCE = 30 * 60_000;
const LONGEST_ANSWER = 256 * 1024 * 1024;
const SHOWN_LINES = 20;

/** Undefined where there is no such program. @throws TaskAbortedError */
export function askProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  { signal, log }: Session,
): Promise<ResolverAnswer | undefined> {
  return new Promise((done, refuse) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= LONGEST_ANSWER) chunks.push(chunk);
      else child.kill();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      const text = chunk.toString();
      stderr = (stderr + text).slice(-65_536);
      log.debug(withoutPasswords(text.trimEnd()));
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      if (signal.aborted) refuse(new TaskAbortedError(cause));
      else if (cause.code === 'ENOENT' || cause.code === 'EACCES') done(undefined);
      else done({ code: null, stdout: '', stderr: cause.message });
    });
    child.on('close', (code) =>
      done({ code, stdout: Buffer.concat(chunks).toString('utf8'), stderr: withoutPasswords(stderr) }),
    );
  });
}

/** As uv and pip say it. */
const UNREACHABLE =
  /dns error|error sending request|network was disabled|offline|connection (?:refused|reset|timed out)|Failed to establish a new connection|Temporary failure in name resolution/i;

/** The error for a program that gave no answer. @param what as a user would type it */
export function notMade(project: string, what: string, { code, stderr }: ResolverAnswer): LockNotMadeError {
  const tail = stderr
    .trimEnd()
    .split('\n')
    .slice(-SHOWN_LINES)
    .map((line) => `  ${visible(line)}`)
    .join('\n');
  return new LockNotMadeError(
    `\`${project}\` has no lock, and \`${what}\` could not choose versions for it (it ended with ${code ?? 'a signal'})\n\n${tail}`,
    {
      hint: UNREACHABLE.test(stderr)
        ? 'let this host reach the index, or commit a lock that was made where it can be reached'
        : 'mend what it reports, or commit a lock that the project was tested with',
    },
  );
}

/** Takes user and password out of every address. */
export function withoutPasswords(text: string): string {
  return text.replace(/(\bhttps?:\/\/)[^/\s"'@]*@/gi, '$1');
}
