/**
 * Builds a project's wheel with what the host has: `uv build`, else `python -m build`. The wheel is moved into
 * the store; which file of it goes where is not this module's business.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PycError } from '../../primitives/errors.ts';
import { FIXED_MTIME } from '../../primitives/file-tree.ts';
import { TaskAbortedError } from '../aborted.ts';
import { type EndedProgram, lastLines, runProgram } from '../host-program.ts';
import type { Session } from '../session.ts';
import type { Project, WheelFile } from '../values.ts';

/**
 * The project's wheel does not follow from its sources alone, for the reason that the message gives, and this host has no
 * program that could build it. Install uv, do without what is dynamic, or put the wheel into a `wheelhouse`.
 */
export class NoBuilderError extends PycError {
  readonly code = 'PYC_NO_BUILDER';
}

/**
 * The host's builder (`uv build` or `python3 -m build`) could not make the project's wheel, or did not make
 * exactly one. The message ends with what it printed.
 */
export class ProjectBuildError extends PycError {
  readonly code = 'PYC_PROJECT_BUILD_FAILED';
}

/** A program and its arguments up to the options. */
type Builder = readonly [program: string, ...args: string[]];

/** The module that `-m build` runs: a folder `build`, as our own output makes one, can be imported as well. */
const HAS_BUILD = ['-c', 'import build.__main__'] as const;

const BUILDERS: readonly { readonly probe: Builder; readonly run: Builder }[] = [
  { probe: ['uv', '--version'], run: ['uv', 'build', '--wheel', '--no-progress'] },
  { probe: ['python3', ...HAS_BUILD], run: ['python3', '-m', 'build', '--wheel'] },
  { probe: ['python', ...HAS_BUILD], run: ['python', '-m', 'build', '--wheel'] },
];

/** Milliseconds for one build. */
const TIMEOUT = 60 * 60_000;

/**
 * @param reason why the wheel must be built, as half a sentence
 * @throws NoBuilderError where the host has no builder, ProjectBuildError with the end of what it printed
 */
export async function buildProjectWheel(
  project: Project,
  reason: string,
  session: Session,
): Promise<WheelFile> {
  const builder = await findBuilder(session);
  if (builder === undefined) {
    throw new NoBuilderError(
      `the wheel of \`${project.name}\` must be built, and this host has neither \`uv\` nor \`python3 -m build\`: ${reason}`,
      { hint: 'install uv, or put the wheel into a folder that `wheelhouse` names' },
    );
  }
  const out = await mkdtemp(join(tmpdir(), 'pycontainer-wheel-'));
  const id = 'build project';
  session.log.progress({ id, label: `build ${project.name} with ${builder[0]}`, state: 'start' });
  try {
    const outFlag = builder[0] === 'uv' ? '--out-dir' : '--outdir';
    const [program, ...args] = [...builder, outFlag, out, project.directory] as [string, ...string[]];
    // Python looks for modules where it is started; uv looks for its settings there.
    const result = await run(program, args, session, program === 'uv' ? project.directory : out);
    if (result.code !== 0) {
      throw new ProjectBuildError(
        `\`${builder.join(' ')}\` failed for \`${project.name}\` with exit code ${result.code}\n\n${lastLines(result.output)}`,
        { hint: `run \`${builder.join(' ')}\` in \`${project.directory}\` and mend what it reports` },
      );
    }
    const wheels = (await readdir(out)).filter((name) => name.endsWith('.whl'));
    if (wheels.length !== 1) {
      throw new ProjectBuildError(
        `\`${builder.join(' ')}\` made ${wheels.length} wheels for \`${project.name}\` instead of one`,
        {
          hint: 'check the build backend of the project',
        },
      );
    }
    return await storeWheel(join(out, wheels[0]!), session);
  } finally {
    session.log.progress({ id, label: '', state: 'end' });
    await rm(out, { recursive: true, force: true });
  }
}

/** Moves a wheel of this host into the store. */
export async function storeWheel(path: string, session: Session): Promise<WheelFile> {
  const name = basename(path);
  const blob = await session.store.write(readLazily(path), { what: `\`${name}\`` }, session.signal);
  return { name, file: session.store.fileOf(blob.digest), ...blob };
}

/** A stream that nobody reads would stay open. */
async function* readLazily(file: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file) as AsyncIterable<Uint8Array>;
}

async function findBuilder(session: Session): Promise<Builder | undefined> {
  for (const { probe, run: builder } of BUILDERS) {
    const [program, ...args] = probe;
    const result = await run(program, args, session, session.cwd).catch((thrown: unknown) => {
      if (thrown instanceof TaskAbortedError) throw thrown;
      return undefined;
    });
    if (result?.code === 0) return builder;
  }
  return undefined;
}

/** A fixed epoch makes backends that know it write the same wheel twice. */
function run(program: string, args: readonly string[], session: Session, cwd: string): Promise<EndedProgram> {
  const env = { ...session.env, SOURCE_DATE_EPOCH: String(session.sourceDateEpoch ?? FIXED_MTIME) };
  const onOutput = (text: string): void => session.log.debug(text);
  return runProgram(program, args, { cwd, env, signal: session.signal, timeout: TIMEOUT, onOutput });
}
