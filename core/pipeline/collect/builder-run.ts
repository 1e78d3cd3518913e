/** Runs the host's builder over a folder of sources, in an environment that says nothing of this program. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PycError } from '../../primitives/errors.ts';
import { FIXED_MTIME } from '../../primitives/file-tree.ts';
import { makeFolder } from '../../primitives/folder.ts';
import { visible } from '../../primitives/path.ts';
import { lastLines, runProgram } from '../host-program.ts';
import type { Session } from '../session.ts';
import type { Distribution, Project, WheelFile } from '../values.ts';
import { storeWheel } from './host-build.ts';
import type { HostBuilder } from './host-builder.ts';
import type { LockedSource, SourceFolder } from './locked-source.ts';

/**
 * The host's builder (`uv build` or `python -m build`) could not make a wheel of a dependency's sources. The message ends with
 * what it printed: mostly a compiler or a library that this host lacks. Install that, or put a wheel into a `wheelhouse`.
 */
export class SourceBuildError extends PycError {
  readonly code = 'PYC_SOURCE_BUILD_FAILED';
}

/** Milliseconds for one build. */
const TIMEOUT = 60 * 60_000;

export interface Prepared {
  readonly source: LockedSource;
  readonly folder: SourceFolder;
  readonly reason: string;
  readonly temporary: string;
  /** Lines of a constraints file for what the build needs. */
  readonly constraints: readonly string[];
}

/**
 * The wheel, in the store.
 *
 * @throws SourceBuildError, ProgramTimeoutError, TaskAbortedError
 */
export async function runBuilder(
  builder: HostBuilder,
  { name, version }: Distribution,
  { source, folder, reason, temporary, constraints }: Prepared,
  project: Project,
  session: Session,
): Promise<WheelFile> {
  const { log, signal, offline } = session;
  const what = `${name}${version === '' ? '' : ` ${visible(version)}`}`;
  const out = join(temporary, 'wheel');
  await makeFolder(out);
  const constraintsFile = await writeConstraints(builder, constraints, temporary);
  log.info(`\`${what}\` is built on this host from ${source.what}: ${reason}`);
  const id = `build ${name}`;
  log.progress({ id, label: `build ${what} with \`${builder.name}\``, state: 'start' });
  try {
    const args = builder.arguments({
      source: folder.directory,
      out,
      constraints: constraintsFile,
      isUnpublished: source.isUnpublished,
      offline,
    });
    // uv looks for its settings where it is started, Python for modules.
    const cwd = builder.name.startsWith('uv') ? project.directory : out;
    const env = buildEnvironment(session, constraintsFile);
    const onOutput = (text: string): void => log.debug(text);
    const ended = await runProgram(builder.program, args, { cwd, env, signal, timeout: TIMEOUT, onOutput });
    if (ended.code !== 0) {
      throw new SourceBuildError(
        `\`${builder.name}\` failed for \`${what}\` with exit code ${ended.code}\n\n${lastLines(ended.output)}`,
        {
          hint: 'install what it misses on this host, or put a wheel of it into a folder that `wheelhouse` names',
        },
      );
    }
    const wheels = (await readdir(out)).filter((file) => file.endsWith('.whl'));
    if (wheels.length !== 1)
      throw new SourceBuildError(
        `\`${builder.name}\` made ${wheels.length} wheels of \`${what}\` instead of one`,
      );
    return await storeWheel(join(out, wheels[0]!), session);
  } finally {
    log.progress({ id, label: '', state: 'end' });
  }
}

async function writeConstraints(
  { takesHashes }: HostBuilder,
  constraints: readonly string[],
  temporary: string,
): Promise<string | undefined> {
  if (constraints.length === 0) return undefined;
  const file = join(temporary, 'constraints.txt');
  const lines = takesHashes ? constraints : constraints.map((line) => line.replace(/ .*/, ''));
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** What is meant for this program is nothing for code that others wrote. A fixed epoch lets backends write the same twice. */
function buildEnvironment(
  { env, offline }: Session,
  constraints: string | undefined,
): Readonly<Record<string, string | undefined>> {
  const passed = Object.entries(env).filter(([name]) => !name.startsWith('PYC_'));
  return {
    ...Object.fromEntries(passed),
    SOURCE_DATE_EPOCH: String(FIXED_MTIME),
    GIT_TERMINAL_PROMPT: '0',
    // pip, which `build` starts, takes constraints and the network from its environment.
    ...(constraints === undefined ? {} : { PIP_CONSTRAINT: constraints }),
    ...(offline ? { PIP_NO_INDEX: '1' } : {}),
  };
}
