/** What each hook's taps may give: a look at the outer shape, so that a plugin's mistake is found where it was made. */
import type { HookName } from './hooks.ts';

type Kind = 'text' | 'list' | 'object' | 'function' | 'number' | 'flag';

const PLATFORM = { platform: 'object' } as const;

/** The members that nobody can do without; what is missing here gives nothing that is used. */
const MEMBERS: Partial<Readonly<Record<HookName, Readonly<Record<string, Kind>>>>> = {
  project: { directory: 'text', name: 'text', isPackage: 'flag' },
  lock: { path: 'text', format: 'text', select: 'function' },
  base: { reference: 'text', open: 'function' },
  python: { target: 'object', interpreter: 'text' },
  resolve: { ...PLATFORM, project: 'object', base: 'object', python: 'object', distributions: 'list' },
  wheel: { name: 'text', file: 'text', digest: 'text', size: 'number' },
  collect: { ...PLATFORM, tree: 'object' },
  layer: { ...PLATFORM, groups: 'list' },
  label: {
    ...PLATFORM,
    entrypoint: 'list',
    cmd: 'list',
    env: 'object',
    user: 'text',
    workdir: 'text',
    ports: 'list',
    labels: 'object',
    annotations: 'object',
    history: 'list',
    created: 'text',
  },
  sbom: { attachments: 'list' },
  destination: { name: 'text', publish: 'function' },
  publish: { build: 'object', destinations: 'list' },
};

const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  list: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  function: (value) => typeof value === 'function',
  number: (value) => typeof value === 'number',
  flag: (value) => typeof value === 'boolean',
};

const CALLED: Readonly<Record<Kind, string>> = {
  text: 'a text',
  list: 'a list',
  object: 'an object',
  function: 'a function',
  number: 'a number',
  flag: 'true or false',
};

/** Why a tap's value cannot be what the hook gives; undefined where nothing speaks against it, as for no value at all. */
export function faultOfResult(hook: HookName, value: unknown): string | undefined {
  const members = MEMBERS[hook];
  if (members === undefined || value === undefined) return undefined;
  if (!IS.object(value)) return `it gave ${value === null ? 'null' : `a ${typeof value}`} and not an object`;
  for (const [name, kind] of Object.entries(members)) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (!IS[kind](member)) return `the \`${name}\` that it gave is not ${CALLED[kind]}`;
  }
  return undefined;
}
