/**
 * FastAPI: finds the application by reading the sources, in the order in which FastAPI's own command looks,
 * and starts it with the server that is locked. Nothing is imported or executed.
 */
import { type Detection, definePreset, type PresetInput } from 'pycontainer';
import { createSourceTree, type SourceTree } from 'pycontainer/python';
import { type Application, findApplication, type Wanted } from './asgi/application.ts';
import { checkEntrypoint } from './asgi/entrypoint.ts';
import { PresetAmbiguousError, PresetNoApplicationError, PresetNoServerError } from './asgi/errors.ts';
import { PORT, SERVER_NAMES, startWith } from './asgi/server.ts';

const WANTED: Wanted = {
  classes: new Set(['fastapi.FastAPI', 'fastapi.applications.FastAPI']),
  modules: ['main', 'app', 'api', 'app.main', 'app.app', 'app.api'],
  names: ['app', 'api'],
  factories: ['create_app', 'make_app', 'create_application', 'build_app', 'get_app'],
};
const TABLE = '[tool.fastapi]';

type Reason = Detection['reasons'][number];

/** What is to be started, and why. */
interface Found {
  readonly target: string;
  readonly factory: boolean;
  readonly file?: string;
  readonly reasons: readonly Reason[];
}

export default definePreset({
  name: 'fastapi',
  async detect(input) {
    const locked = input.distributions.some(({ name }) => name === 'fastapi');
    const stated = statedEntrypoint(input);
    // A dependency alone says little, but without it no application can be FastAPI's.
    if (!locked && !input.explicit && stated === undefined) return undefined;
    const tree = createSourceTree({ paths: input.files, read: input.read });
    const found = stated === undefined ? await search(input, tree) : await take(input, tree, stated);
    return found === undefined ? undefined : detectionOf(input, tree, found);
  },
});

function statedEntrypoint({ project }: PresetInput): unknown {
  return (project.pyproject?.tool.fastapi as Readonly<Record<string, unknown>> | undefined)?.entrypoint;
}

async function take(input: PresetInput, tree: SourceTree, entrypoint: unknown): Promise<Found> {
  const { target, factory, file, line } = await checkEntrypoint(tree, TABLE, entrypoint, WANTED.classes);
  const stated: Reason = {
    message: `\`${target}\` is the entry point that \`${TABLE}\` states`,
    file: 'pyproject.toml',
    ...lineOf(await input.read('pyproject.toml')),
  };
  const made: Reason = {
    message: factory ? 'it is a function that makes the application' : 'it is defined here',
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
  };
  return {
    target,
    factory,
    ...(file === undefined ? {} : { file }),
    reasons: line === undefined ? [stated] : [stated, made],
  };
}

async function search(input: PresetInput, tree: SourceTree): Promise<Found | undefined> {
  const { chosen, candidates } = await findApplication(tree, WANTED, importable(input), (error) =>
    isBesideThePoint(input, error),
  );
  if (chosen !== undefined) {
    const { target, kind, file, line } = chosen;
    const message =
      kind === 'factory'
        ? `\`${target}\` makes a FastAPI application`
        : `\`${target}\` is a FastAPI application`;
    return { target, factory: kind === 'factory', file, reasons: [{ message, file, line }] };
  }
  if (candidates.length > 0) throw ambiguous(candidates);
  if (!input.explicit) return undefined;
  throw new PresetNoApplicationError('no FastAPI application was found in the sources', {
    hint: `name it in pyproject.toml: \`${TABLE}\` with \`entrypoint = "module:name"\``,
  });
}

function detectionOf(input: PresetInput, tree: SourceTree, found: Found): Detection {
  const start = startWith(input.distributions, found.target, found.factory);
  if (start === undefined) {
    throw new PresetNoServerError(
      `no server that could start \`${found.target}\` is locked: none of ${SERVER_NAMES.map((name) => `\`${name}\``).join(', ')}`,
      { hint: 'add one to the dependencies and lock again, as in `uv add uvicorn`' },
    );
  }
  const root = rootOf(input, tree, found.file);
  return {
    config: {
      entrypoint: start.entrypoint,
      ports: [PORT],
      stopSignal: 'SIGTERM',
      env: {
        PYTHONUNBUFFERED: '1',
        PYTHONFAULTHANDLER: '1',
        ...(root === '' ? {} : { PYTHONPATH: `/app/${root}` }),
        ...start.env,
      },
    },
    reasons: [
      ...found.reasons,
      { message: `it is started with ${start.server} ${start.version}, which is locked` },
    ],
  };
}

/** The folder that has to be on the path of modules: `src`, where the sources are copied as they lie. */
function rootOf({ project }: PresetInput, tree: SourceTree, file: string | undefined): string {
  if (project.isPackage || file === undefined) return '';
  return tree.roots.find((root) => root !== '' && file.startsWith(`${root}/`)) ?? '';
}

/** Of a package only what lies in its folders is installed; everything else is copied as it lies. */
function importable({ project, files }: PresetInput): (path: string) => boolean {
  if (!project.isPackage) return () => true;
  const inSource = files.some((path) => path.startsWith('src/') && path.endsWith('.py'));
  const single = `${project.name.replaceAll('-', '_')}.py`;
  return (path) => (inSource ? path.startsWith('src/') : path.includes('/') || path === single);
}

/** A file that is no Python matters only where it could hold an application. */
async function isBesideThePoint(input: PresetInput, error: unknown): Promise<boolean> {
  const { code, path } = error as { readonly code?: unknown; readonly path?: unknown };
  if (code !== 'PYC_SOURCE_UNREADABLE' || typeof path !== 'string') return false;
  return !Buffer.from(await input.read(path)).includes('FastAPI');
}

function ambiguous(candidates: readonly Application[]): PresetAmbiguousError {
  const list = candidates.map(({ target, file, line }) => `\`${target}\` (${file}:${line})`);
  return new PresetAmbiguousError(`several objects could be the application: ${list.join(', ')}`, {
    hint: `name one in pyproject.toml: \`${TABLE}\` with \`entrypoint = "${candidates[0]!.target}"\``,
    details: candidates.map(({ target, file, line }) => ({ target, file, line })),
  });
}

function lineOf(pyproject: Uint8Array): { readonly line?: number } {
  const lines = Buffer.from(pyproject).toString('utf8').split(/\r?\n/);
  const index = lines.findIndex((line) =>
    /^\s*(?:entrypoint|fastapi\.entrypoint|tool\.fastapi\.entrypoint)\s*=/.test(line),
  );
  return index === -1 ? {} : { line: index + 1 };
}
