/**
 * Django's static files, collected while the image is built as `collectstatic` would, without running the project. What
 * the settings mean, where applications lie and what the manifest storage writes are the other files' knowledge.
 */
import {
  type Collected,
  type Content,
  type Detection,
  digestOfJson,
  isPycError,
  type Part,
  type PresetContext,
  type PresetInput,
  type PresetReason,
  type PycError,
  visible,
} from 'pycontainer';
import type { Site } from './manage.ts';
import type { DjangoOptions } from './options.ts';
import { applicationsOf } from './static/applications.ts';
import { StaticInvalidError } from './static/errors.ts';
import { collectOnHost } from './static/host.ts';
import { withHashedNames } from './static/manifest.ts';
import { addStatic, PART, topOf } from './static/placement.ts';
import { type NothingToCollect, planStatic, type StaticPlan } from './static/plan.ts';
import { joinPath } from './static/python-url.ts';
import { type Found, type TreeView, viewOf } from './static/tree-view.ts';

/** To be counted up whenever the same files and settings would give others. */
const RULES = 1;
/** Where processes run, and the sources of a project without a build system lie. */
const WORK_FOLDER = '/app';
/** Folders in folders: more is a link that leads in a circle. */
const MAX_DEPTH = 64;

/** What a build does about static files. */
export interface Collection {
  readonly reasons: readonly PresetReason[];
  /** Undefined where there is nothing to collect. */
  readonly collect?: NonNullable<Detection['collect']>;
  /** Why they cannot be collected as the user wants. */
  readonly problem?: PycError;
}

/** What is known of the image's process before anything is fetched, and what the user wants. */
export async function planCollection(
  input: PresetInput,
  site: Site,
  env: Readonly<Record<string, string>>,
  options: DjangoOptions | undefined,
): Promise<Collection> {
  if (options?.collectstatic === false) return { reasons: [] };
  if (options?.collectstatic === 'host') {
    return {
      reasons: [{ message: "static files are collected by the host's Python", keys: [] }],
      collect: (collected, context) => collectOnHost(collected, site, options.environment ?? {}, context),
    };
  }
  const django = input.distributions.find(({ name }) => name === 'django')?.version;
  // Which Python it will be is not known yet, nor does it matter for what can be read.
  const fileOf = fileFinder(site, input.project.isPackage, 'opt/venv/lib/python3/site-packages');
  let plan: StaticPlan | NothingToCollect;
  try {
    plan = await planStatic(site.tree, site.settings, django, { env, folder: WORK_FOLDER, fileOf });
  } catch (thrown) {
    if (!isPycError(thrown)) throw thrown;
    return {
      reasons: [{ message: `static files cannot be collected: ${thrown.message}`, keys: [] }],
      problem: thrown,
    };
  }
  if (!isPlan(plan)) return { reasons: [reason(`static files are not collected: ${plan.why}`, plan)] };
  const { storage } = plan;
  const kind = storage.name.slice(storage.name.lastIndexOf('.') + 1);
  const without = storage.compresses ? ', without compressed copies' : '';
  return {
    reasons: [
      reason(`static files are collected into \`STATIC_ROOT\`, as \`${kind}\` has them${without}`, plan),
    ],
    collect: (collected, context) => collectStatic(collected, site, context),
  };
}

/** The tree with the static files of a site in it. */
async function collectStatic(collected: Collected, site: Site, context: PresetContext): Promise<Collected> {
  const { config, project, distributions, signal } = context;
  const { env = {} } = config;
  const view = await viewOf(collected, signal);
  const sitePackages = await sitePackagesOf(collected, signal);
  const folder = config.workdir ?? WORK_FOLDER;
  const plan = await planStatic(
    site.tree,
    site.settings,
    distributions.find(({ name }) => name === 'django')?.version,
    { env, folder, fileOf: fileFinder(site, project.isPackage, sitePackages) },
  );
  if (!isPlan(plan)) return collected;
  const roots = [folder, ...(env.PYTHONPATH ?? '').split(':').filter((path) => path !== ''), sitePackages];
  const found = await findFiles(plan, view, roots, context);
  if (found.size === 0 && plan.release === undefined) return collected;
  const root = plan.root.slice(1);
  const originals = plan.keepsOnlyHashed ? [...found.keys()].map((name) => joinPath(root, name)) : [];
  return addStatic(collected, partOf(plan, found, view, context), root, context, originals);
}

function partOf(
  plan: StaticPlan,
  found: ReadonlyMap<string, Found>,
  view: TreeView,
  { derivedPart, mtime, signal }: PresetContext,
): Part {
  const root = plan.root.slice(1);
  const { release, keepsOnlyHashed } = plan;
  const hasManifest = release !== undefined;
  return derivedPart({
    name: PART,
    key: digestOfJson({
      what: "Django's static files",
      rules: RULES,
      root,
      // In the order in which they were found, which older manifests have.
      files: [...found].map(([name, { sha256 }]) => [name, sha256]),
      ...(hasManifest ? { release, keepsOnlyHashed, staticUrl: attempted(plan.staticUrl) } : {}),
    }),
    size: [...found.values()].reduce((sum, { size = 0 }) => sum + size, 0),
    top: topOf(root),
    // A name with a hash needs no time to tell versions apart, and the layer stays while the content does.
    ...(hasManifest ? {} : { mtime }),
    async make(inner = signal) {
      const contents = await view.contents(
        [...found.values()].map(({ path }) => path),
        inner,
      );
      const sources = new Map(
        [...found].map(([name, { path }]): [string, Content] => [name, contents.get(path)!]),
      );
      const files =
        release === undefined
          ? sources
          : await withHashedNames(sources, { release, staticUrl: plan.staticUrl, keepsOnlyHashed }, inner);
      return new Map([...files].map(([name, content]) => [joinPath(root, name), content]));
    },
  });
}

/** Null where it is not literal, which matters only where a file refers to it. */
function attempted(staticUrl: () => string): string | null {
  try {
    return staticUrl();
  } catch {
    return null;
  }
}

/** Every static file by its name below `STATIC_ROOT`: of several the first that is found. */
async function findFiles(
  plan: StaticPlan,
  view: TreeView,
  roots: readonly string[],
  context: PresetContext,
): Promise<ReadonlyMap<string, Found>> {
  const found = new Map<string, Found>();
  for (const finder of plan.finders) {
    const places =
      finder === 'folders'
        ? plan.locations
        : (await applicationsOf(plan.applications, view, roots, context)).map(({ folder }) => ({
            prefix: '',
            folder: `${folder}/static`,
          }));
    for (const { prefix, folder } of places) {
      for (const [name, file] of filesBelow(view, folder)) {
        const whole = joinPath(prefix, name);
        if (!found.has(whole)) found.set(whole, file);
      }
    }
  }
  return found;
}

/** The files of a folder, then those of the folders in it; what `collectstatic` ignores by default is left out. */
function* filesBelow(view: TreeView, root: string, below = '', depth = 0): Generator<[string, Found]> {
  if (depth > MAX_DEPTH) {
    throw new StaticInvalidError(`a link in \`${visible(root)}\` leads in a circle`, {
      hint: 'remove the link',
    });
  }
  const folders: string[] = [];
  for (const name of view.list(joinPath(root, below))) {
    if (name === 'CVS' || name.startsWith('.') || name.endsWith('~')) continue;
    const path = joinPath(below, name);
    const file = view.find(joinPath(root, path));
    if (file === undefined) {
      throw new StaticInvalidError(
        `the static file \`${visible(joinPath(root, path))}\` is a link to nothing`,
        {
          hint: 'mend the link, or remove it',
        },
      );
    }
    if (file.type === 'directory') folders.push(path);
    else yield [path, file];
  }
  for (const folder of folders) yield* filesBelow(view, root, folder, depth + 1);
}

/** What `__file__` says in a source: it lies in the working folder, or where packages are installed. */
function fileFinder({ tree }: Site, isPackage: boolean, sitePackages: string): (path: string) => string {
  return (path) => {
    const module = isPackage ? tree.moduleOf(path)?.replaceAll('.', '/') : undefined;
    if (module === undefined) return `${WORK_FOLDER}/${path}`;
    return `/${sitePackages}/${module}${path.endsWith('/__init__.py') ? '/__init__.py' : '.py'}`;
  };
}

async function sitePackagesOf({ tree }: Collected, signal: AbortSignal): Promise<string> {
  for (const part of tree.parts) {
    if (part.role !== 'environment') continue;
    const folder = (await part.record(signal)).entries.find(({ path }) => path.endsWith('/site-packages'));
    if (folder !== undefined) return folder.path;
  }
  return 'opt/venv/lib/python3/site-packages';
}

function isPlan(plan: StaticPlan | NothingToCollect): plan is StaticPlan {
  return 'root' in plan;
}

function reason(message: string, { place }: { readonly place?: StaticPlan['place'] }): PresetReason {
  return { message, ...(place === undefined ? {} : { file: place.file, line: place.line }), keys: [] };
}
