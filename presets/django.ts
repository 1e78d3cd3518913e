/**
 * Django: the settings module that `manage.py` names, the ASGI or WSGI application that the settings name, static files,
 * and migrations as a process of their own, which no start runs. Nothing is imported or executed, unless the host's
 * Python is asked to collect static files.
 */
import { type Detection, definePreset, type PresetInput, type PresetReason } from 'pycontainer';
import { checkEntrypoint } from './application/entrypoint.ts';
import { PresetAmbiguousError, PresetNoApplicationError, PresetNoServerError } from './application/errors.ts';
import { findApplication } from './application/find.ts';
import { findSite, type Site } from './django/manage.ts';
import { DJANGO_OPTIONS, type DjangoOptions } from './django/options.ts';
import { readSetting, textOf } from './django/settings.ts';
import { planCollection } from './django/static.ts';
import { ASGI_SERVERS } from './server/asgi.ts';
import { namesOf, PORT, type Server, startWith } from './server/locked.ts';
import { WSGI_SERVERS } from './server/wsgi.ts';

/** One of the two interfaces. */
interface Interface {
  readonly setting: 'ASGI_APPLICATION' | 'WSGI_APPLICATION';
  /** What makes the application; a server may take what it gives. */
  readonly maker: string;
  readonly servers: readonly Server[];
}

/** A template's settings have the second alone: who writes the first one wants it. */
const INTERFACES: readonly Interface[] = [
  { setting: 'ASGI_APPLICATION', maker: 'get_asgi_application', servers: ASGI_SERVERS },
  { setting: 'WSGI_APPLICATION', maker: 'get_wsgi_application', servers: WSGI_SERVERS },
];
const MIGRATE = ['python', '-m', 'django', 'migrate', '--noinput'];

interface Application {
  readonly target: string;
  readonly servers: readonly Server[];
  readonly reason: PresetReason;
}

export default definePreset({
  name: 'django',
  rank: 'site',
  options: DJANGO_OPTIONS,
  async detect(input, options) {
    // A dependency alone says little, but without it no `manage.py` is Django's.
    if (!input.explicit && !input.distributions.some(({ name }) => name === 'django')) return undefined;
    const site = await findSite(input);
    if (site !== undefined) return detectionOf(input, site, await applicationsOf(input, site), options);
    if (!input.explicit) return undefined;
    throw new PresetNoApplicationError('no `manage.py` was found in the sources', {
      hint: 'name the settings in the configuration: `env.DJANGO_SETTINGS_MODULE = "module.settings"`',
    });
  },
});

async function detectionOf(
  input: PresetInput,
  site: Site,
  applications: readonly Application[],
  options: DjangoOptions | undefined,
): Promise<Detection> {
  const found = applications.flatMap((application) => {
    const start = startWith(application.servers, input.distributions, application.target, false);
    return start === undefined ? [] : [{ application, start }];
  })[0];
  if (found === undefined) {
    const { target, servers } = applications[0]!;
    throw new PresetNoServerError(
      `no server that could start \`${target}\` is locked: none of ${namesOf(servers)}`,
      { hint: `add one to the dependencies and lock again, as in \`uv add ${servers[0]!.name}\`` },
    );
  }
  const { application, start } = found;
  const isMigrated = await hasDatabase(site);
  const env = {
    DJANGO_SETTINGS_MODULE: site.settings,
    PYTHONUNBUFFERED: '1',
    PYTHONFAULTHANDLER: '1',
    ...(site.root === '' || input.project.isPackage ? {} : { PYTHONPATH: `/app/${site.root}` }),
    ...start.env,
  };
  const collection = await planCollection(input, site, { ...env, ...input.env }, options);
  return {
    config: {
      entrypoint: start.entrypoint,
      ports: [PORT],
      stopSignal: start.stopSignal,
      env,
      ...(isMigrated ? { processes: { release: MIGRATE } } : {}),
    },
    reasons: [
      { ...application.reason, keys: ['entrypoint'] },
      {
        message: `\`${site.settings}\` is the settings module that ${site.place} names`,
        ...(site.file === undefined ? {} : { file: site.file }),
        ...(site.line === undefined ? {} : { line: site.line }),
        keys: ['env.DJANGO_SETTINGS_MODULE', 'env.PYTHONPATH'],
      },
      {
        message: `it is started with ${start.server} ${start.version}, which is locked`,
        keys: ['ports', 'stopSignal', ...Object.keys(start.env).map((name) => `env.${name}`)],
      },
      ...(isMigrated
        ? [{ message: 'migrations are the process `release`, which no start runs', keys: ['processes'] }]
        : []),
      ...collection.reasons,
      { message: 'Python writes its output at once, and says where it crashed', keys: ['env'] },
    ],
    ...(collection.collect === undefined ? {} : { collect: collection.collect }),
    ...(collection.problem === undefined ? {} : { problem: collection.problem }),
  };
}

/** Those that the settings name, the wanted one first; where they name none, the only one in the sources. */
async function applicationsOf(input: PresetInput, site: Site): Promise<readonly Application[]> {
  const named: Application[] = [];
  for (const one of INTERFACES) {
    const application = await namedBy(site, one);
    if (application !== undefined) named.push(application);
  }
  if (named.length > 0) return named;
  for (const { maker, servers } of [...INTERFACES].reverse()) {
    const made = new Set([`django.core.${maker.slice(4, 8)}.${maker}`]);
    const wanted = { classes: made, modules: [], names: [], factories: [] };
    const { chosen, candidates } = await findApplication(input, site.tree, wanted, maker);
    if (chosen !== undefined) {
      const { target, file, line } = chosen;
      return [
        { target, servers, reason: { message: `\`${target}\` is the site's application`, file, line } },
      ];
    }
    if (candidates.length > 0) {
      const list = candidates.map(({ target, file, line }) => `\`${target}\` (${file}:${line})`);
      throw new PresetAmbiguousError(`several objects could be the application: ${list.join(', ')}`, {
        hint: `name one in the settings: \`WSGI_APPLICATION = '${candidates[0]!.target.replace(':', '.')}'\``,
        details: candidates.map(({ target, file, line }) => ({ target, file, line })),
      });
    }
  }
  throw new PresetNoApplicationError(`\`${site.settings}\` names no application, and the sources have none`, {
    hint: "name one in the settings, as in `WSGI_APPLICATION = 'shop.wsgi.application'`",
  });
}

async function namedBy(
  { tree, settings }: Site,
  { setting, servers }: Interface,
): Promise<Application | undefined> {
  const found = await readSetting(tree, settings, setting);
  if (found.kind === 'unset') return undefined;
  if (found.kind === 'set' && found.value.kind === 'constant' && found.value.value === null) return undefined;
  const text = textOf(found);
  const { file, line } = found;
  const dot = text?.lastIndexOf('.') ?? -1;
  if (text === undefined || dot < 1) {
    throw new PresetAmbiguousError(`\`${setting}\` cannot be read from ${file}:${line}`, {
      hint: 'state the start in the configuration: `entrypoint = ["python", "-m", "gunicorn", "shop.wsgi:application"]`',
      details: [{ target: null, file, line }],
    });
  }
  const target = `${text.slice(0, dot)}:${text.slice(dot + 1)}`;
  await checkEntrypoint(tree, `\`${setting}\` (${file}:${line})`, target, new Set());
  return {
    target,
    servers,
    reason: { message: `\`${target}\` is the application that \`${setting}\` names`, file, line },
  };
}

/** False where the settings state that there is no database: then there is nothing to migrate. */
async function hasDatabase({ tree, settings }: Site): Promise<boolean> {
  const found = await readSetting(tree, settings, 'DATABASES');
  if (found.kind === 'unset') return tree.pathOf(settings) === undefined;
  return !(found.kind === 'set' && found.value.kind === 'dict' && found.value.items.length === 0);
}
