/** Looks at a project, and says what it found and what its first configuration would be. Writes nothing. */
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { findConfig, repositoryOf } from './config/find.ts';
import { loadConfigs, readConfigs } from './config/load.ts';
import { STARTER_FILES, type StarterStyle, starterText } from './config/starter.ts';
import { createHttpClient } from './http/undici-client.ts';
import type { InitOptions, InitPlan } from './init.ts';
import { isAborted, TaskAbortedError } from './pipeline/aborted.ts';
import { readPins } from './pipeline/pins.ts';
import { createRunMemory } from './pipeline/run-memory.ts';
import type { Survey } from './pipeline/survey.ts';
import { PycError } from './primitives/errors.ts';
import { silentLog } from './primitives/log.ts';
import { visible } from './primitives/path.ts';
import { createDiskStore } from './store/disk-store.ts';
import { storeDirectory, storeLimit } from './store/location.ts';

/** The folder that is to get a configuration holds nothing of Python: no project file, no lock and no source. */
export class InitProjectError extends PycError {
  readonly code = 'PYC_INIT_NO_PROJECT';
  override readonly exitCode = 2;
}

/** Looks at the project. @throws InitProjectError where there is none */
export async function planFor(options: InitOptions): Promise<InitPlan> {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const signal = options.signal ?? new AbortController().signal;
  const log = options.log ?? silentLog;
  const request = { cwd, directory: options.directory, command: 'init', env: {}, architecture: process.arch };
  const start = resolve(cwd, options.directory ?? '.');
  const above = existsSync(start) ? await findConfig(start) : undefined;
  const isOwn = above !== undefined && dirname(above.file) === start;
  const existing = isOwn ? above.file : (await readConfigs(request)).file;
  if (existing !== undefined) return { existing };

  const [config] = await loadConfigs(request);
  const store = createDiskStore({ directory: storeDirectory(env, cwd), limit: storeLimit(env) });
  const http = createHttpClient({ env, log, signal, offline: true });
  try {
    const { surveyProject } = await import('./pipeline/survey.ts');
    const survey = await surveyProject(config!, {
      http,
      store,
      log,
      signal,
      env,
      cwd,
      command: 'init',
      offline: true,
      dryRun: true,
      noCache: false,
      sourceDateEpoch: undefined,
      pins: await readPins(start, 'use'),
      memory: createRunMemory(),
    });
    refuseWithoutProject(survey, start, cwd);
    return planOf(survey, start, options.style ?? styleFor(start));
  } catch (thrown) {
    throw isAborted(thrown) || signal.aborted ? new TaskAbortedError(thrown) : thrown;
  } finally {
    await http.close().finally(() => store.close());
  }
}

function refuseWithoutProject({ project, files, lock }: Survey, start: string, cwd: string): void {
  const isPython = project.pyproject !== undefined || lock !== undefined;
  if (
    isPython ||
    files.some((file) => /(?:\.py|^setup\.cfg|^Pipfile|^requirements.*\.(?:txt|in))$/.test(file))
  )
    return;
  throw new InitProjectError(`\`${visible(relative(cwd, start) || '.')}\` holds no Python project`, {
    hint: "name the project's folder, as in `pyc init path/to/project`",
  });
}

function planOf(survey: Survey, start: string, style: StarterStyle): InitPlan {
  const { project, lock, base, preset, problems } = survey;
  const reasons = preset?.reasons ?? [];
  const seen = reasons.map(({ message, file, line }) => {
    const place = file === undefined ? '' : ` (${file}${line === undefined ? '' : `:${line}`})`;
    return `${preset!.name}: ${message}${place}`;
  });
  const needsStart = survey.start === undefined;
  const why = problems.start?.message.split('\n')[0];
  return {
    file: join(start, STARTER_FILES[style]),
    name: project.name,
    found: [
      ['project', project.name, project.version].filter(Boolean).join(' '),
      lock === undefined ? 'no lock that can be read' : `lock ${lock.path}`,
      `base ${base}`,
      ...seen,
      ...(why === undefined ? [] : [why]),
    ],
    todo: [problems.lock, problems.preset].flatMap((one) =>
      one === undefined ? [] : [one.hint ?? one.message],
    ),
    needsStart,
    text: ({ tags, entrypoint }) =>
      starterText(
        {
          base,
          tags,
          entrypoint,
          remarks:
            needsStart && entrypoint.length === 0
              ? [`${why ?? 'nothing says what the image starts'}: state \`entrypoint\``]
              : // What is locked changes with the lock, and the remark would not.
                seen.filter((_, index) => reasons[index]?.file !== undefined),
        },
        style,
      ),
  };
}

/** TypeScript where Node's package.json lies in the folder, or above it in the repository. */
function styleFor(start: string): StarterStyle {
  const root = repositoryOf(start) ?? start;
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return 'ts';
    if (at === root || dirname(at) === at) return 'toml';
  }
}
