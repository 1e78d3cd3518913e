/**
 * The only table of this package's own modules, plugins and presets. Each is imported when it is asked for and
 * not before; by self-reference, so that what a configuration imports is what the program runs.
 */

type Load = () => Promise<object>;

/** First-party plugins by the name that configurations use. */
export const PLUGINS: Readonly<Record<string, Load>> = {
  acr: () => import('pycontainer/plugins/acr'),
  debian: () => import('pycontainer/plugins/debian'),
  ecr: () => import('pycontainer/plugins/ecr'),
  gar: () => import('pycontainer/plugins/gar'),
  ghcr: () => import('pycontainer/plugins/ghcr'),
  provenance: () => import('pycontainer/plugins/provenance'),
  sbom: () => import('pycontainer/plugins/sbom'),
  sign: () => import('pycontainer/plugins/sign'),
  wheelhouse: () => import('pycontainer/plugins/wheelhouse'),
};

/** What the plugin `sbom` exports beside itself: how documents are made, for the verb of that name. */
export const loadSbom = () => import('pycontainer/plugins/sbom');
export type SbomFormat = Parameters<Awaited<ReturnType<typeof loadSbom>>['describeBuild']>[1];

/** First-party presets, in the order in which `auto` asks those of one rank. */
export const PRESETS: Readonly<Record<string, Load>> = {
  procfile: () => import('pycontainer/presets/procfile'),
  django: () => import('pycontainer/presets/django'),
  fastapi: () => import('pycontainer/presets/fastapi'),
  starlette: () => import('pycontainer/presets/starlette'),
  litestar: () => import('pycontainer/presets/litestar'),
  flask: () => import('pycontainer/presets/flask'),
  streamlit: () => import('pycontainer/presets/streamlit'),
  celery: () => import('pycontainer/presets/celery'),
  script: () => import('pycontainer/presets/script'),
};

/** Every module that can be imported from this package. */
export const OWN_MODULES: Readonly<Record<string, Load>> = {
  pycontainer: () => import('pycontainer'),
  'pycontainer/python': () => import('pycontainer/python'),
  'pycontainer/oci': () => import('pycontainer/oci'),
  'pycontainer/registry': () => import('pycontainer/registry'),
  'pycontainer/testing': () => import('pycontainer/testing'),
  ...prefixed('pycontainer/plugins/', PLUGINS),
  ...prefixed('pycontainer/presets/', PRESETS),
};

/** True for `pycontainer` and `pycontainer/…`, as far as this version has it. */
export function isOwnModule(specifier: string): boolean {
  return Object.hasOwn(OWN_MODULES, specifier);
}

/**
 * The own modules for a loader that takes module objects: each property is a promise that is made when it is
 * read. `__esModule` keeps the loader from wrapping the default export once more. Without a prototype, since the loader
 * would find packages called `constructor` there.
 */
export function ownModules(): Record<string, Promise<object>> {
  const modules = Object.create(null) as Record<string, Promise<object>>;
  for (const [name, load] of Object.entries(OWN_MODULES)) {
    Object.defineProperty(modules, name, {
      enumerable: true,
      configurable: true,
      get: async () => ({ __esModule: true, ...(await load()) }),
    });
  }
  return modules;
}

/** What CommonJS may get by `require`, beside the rest: a module object cannot be waited for there. */
const REQUIRED = ['pycontainer', 'pycontainer/python', 'pycontainer/oci', 'pycontainer/registry'] as const;

/** As {@link ownModules}, with the API loaded already. */
export async function ownModulesForRequire(): Promise<Record<string, object>> {
  const modules: Record<string, object> = ownModules();
  for (const name of REQUIRED) {
    const value = { __esModule: true, ...(await OWN_MODULES[name]!()) };
    Object.defineProperty(modules, name, { enumerable: true, value });
  }
  return modules;
}

function prefixed(prefix: string, table: Readonly<Record<string, Load>>): Readonly<Record<string, Load>> {
  return Object.fromEntries(Object.entries(table).map(([name, load]) => [prefix + name, load]));
}
