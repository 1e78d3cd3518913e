/**
 * Has the host's Python run `collectstatic`: over a copy of what goes into the image, into a folder of its own. Nothing
 * of the host is written, and no request is made by it. Only done where the user asks for it.
 */
import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Collected,
  type Content,
  digestOf,
  digestOfJson,
  type PresetContext,
  streamOf,
  visible,
} from 'pycontainer';
import type { Site } from '../manage.ts';
import { HostCollectError } from './errors.ts';
import { writeTree } from './host-copy.ts';
import { findPython, type Python, run } from './host-python.ts';
import { addStatic, PART, topOf } from './placement.ts';
import { joinPath, normalizePath } from './python-url.ts';

/** To be counted up whenever the same inputs would give others. */
const RULES = 1;
const WORK_FOLDER = '/app';
/** Lines of output that an error shows. */
const SHOWN_LINES = 20;

/** What the host's Python collected. */
interface Ran {
  /** `STATIC_ROOT`, absolute, in the image. */
  readonly root: string;
  /** By their names below it. */
  readonly files: ReadonlyMap<string, Content>;
}

/**
 * Asks the settings where static files go, collects them elsewhere, and writes down the place. What would leave the
 * folder, such as another storage's upload, is refused before it is done.
 */
const DRIVER = `
import json, os, site, sys
work, paths, packages, out, answer = sys.argv[1:6]
sys.argv = ["manage.py", "collectstatic", "--noinput"]
sys.path[:0] = json.loads(paths)
site.addsitedir(packages)
os.chdir(work)
from django.conf import settings
root = settings.STATIC_ROOT
if not root:
    sys.exit("STATIC_ROOT is not set")
root = os.path.abspath(root)
settings.STATIC_ROOT = out
import django
django.setup()
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import FileSystemStorage
if not isinstance(staticfiles_storage, FileSystemStorage) or staticfiles_storage.location != out:
    sys.exit("the storage does not write to STATIC_ROOT")
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0, skip_checks=False)
with open(answer, "w", encoding="utf-8") as file:
    json.dump(root, file)
`;

/**
 * The tree with what the host's Python collected.
 *
 * @param environment - variables for that run alone, as a key that the settings want
 * @throws HostCollectError where there is no such Python, or it fails
 */
export async function collectOnHost(
  collected: Collected,
  site: Site,
  environment: Readonly<Record<string, string>>,
  context: PresetContext,
): Promise<Collected> {
  const { config, python } = context;
  const version = python.target.version.split('.').slice(0, 2).join('.');
  const env = { DJANGO_SETTINGS_MODULE: site.settings, ...config.env, ...environment };
  const work = config.workdir ?? WORK_FOLDER;
  const parts = collected.tree.parts.map(({ key }) => key);
  const key = digestOfJson({ what: 'collectstatic by the host', rules: RULES, parts, env, work, version });
  let ran: Promise<Ran> | undefined;
  const collect = (): Promise<Ran> => {
    ran ??= collectNow(collected, { env, work, version }, context);
    return ran;
  };
  const known = await context.remembered(key, async () => (await collect()).root);
  const root = (typeof known === 'string' ? known : (await collect()).root).slice(1);
  const part = context.derivedPart({
    name: PART,
    key: digestOfJson({ key, root }),
    size: 0,
    top: topOf(root),
    mtime: context.mtime,
    make: async () =>
      new Map([...(await collect()).files].map(([name, content]) => [joinPath(root, name), content])),
  });
  return addStatic(collected, part, root, context);
}

interface Task {
  readonly env: Readonly<Record<string, string>>;
  readonly work: string;
  readonly version: string;
}

async function collectNow(
  collected: Collected,
  { env, work, version }: Task,
  context: PresetContext,
): Promise<Ran> {
  const { signal, log, hostEnv } = context;
  const python = await findPython(version, hostEnv, signal);
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pycontainer-static-')));
  const id = 'collectstatic';
  log.progress({ id, label: `collect static files with Python ${python.version}`, state: 'start' });
  try {
    const copy = join(folder, 'root');
    await writeTree(collected, copy, signal);
    const packages = join(copy, await packagesOf(copy));
    const inside = (path: string): string => join(copy, normalizePath(joinPath(work, path)));
    const paths = [inside('.'), ...(env.PYTHONPATH ?? '').split(':').filter(Boolean).map(inside)];
    const [out, answer] = [join(folder, 'out'), join(folder, 'answer')];
    await Promise.all([mkdir(inside('.'), { recursive: true }), mkdir(out)]);
    const args = [inside('.'), JSON.stringify(paths), packages, out, answer];
    await drive(python, args, { env, folder, hostEnv }, signal);
    const root = JSON.parse(await readFile(answer, 'utf8')) as string;
    const within = root.startsWith(`${copy}/`) ? root.slice(copy.length) : root;
    if (within === '/' || within === copy) {
      throw new HostCollectError("`STATIC_ROOT` is the root of the image's file system", {
        hint: 'collect into a folder of its own, as in `STATIC_ROOT = BASE_DIR / "staticfiles"`',
      });
    }
    return { root: within, files: await filesIn(out) };
  } finally {
    log.progress({ id, label: '', state: 'end' });
    await rm(folder, { recursive: true, force: true });
  }
}

async function drive(
  python: Python,
  args: readonly string[],
  {
    env,
    folder,
    hostEnv,
  }: { readonly env: Task['env']; readonly folder: string; readonly hostEnv: PresetContext['hostEnv'] },
  signal: AbortSignal,
): Promise<void> {
  // Alone with what goes into the image: neither the host's packages nor its variables.
  const flags = ['-I', '-S', '-B', '-X', 'utf8', '-c', DRIVER];
  const ended = await run(python.program, [...flags, ...args], {
    env: { PATH: hostEnv.PATH, HOME: folder, LANG: 'C.UTF-8', ...env },
    folder,
    signal,
  });
  if (ended.code === 0) return;
  const lines = ended.output.trimEnd().split('\n').slice(-SHOWN_LINES);
  const output = lines.map((line) => `  ${visible(line)}`).join('\n');
  throw new HostCollectError(
    `\`collectstatic\` failed with the host's Python ${python.version}\n\n${output}`,
    {
      hint: 'state variables that the settings want in `environment` of the preset, or set `collectstatic = false`',
    },
  );
}

async function packagesOf(copy: string): Promise<string> {
  const names = await readdir(join(copy, 'opt/venv/lib')).catch(() => []);
  return `opt/venv/lib/${names.find((name) => name.startsWith('python')) ?? 'python3'}/site-packages`;
}

async function filesIn(folder: string): Promise<ReadonlyMap<string, Content>> {
  const files = new Map<string, Content>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of paths.sort()) {
    const bytes = await readFile(path);
    files.set(path.slice(folder.length + 1), {
      size: bytes.length,
      sha256: digestOf(bytes),
      bytes,
      open: () => streamOf(bytes),
    });
  }
  return files;
}
