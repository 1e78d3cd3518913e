/**
 * What each hook's taps may give, and what the methods of their answers may give: looked at where it was made, so that
 * a mistake is told of the plugin that made it and not of whoever stumbles over it.
 */
import { formatPlatform } from '../oci/platform.ts';
import { visible } from '../primitives/path.ts';
import { normalizeName } from '../python/name.ts';
import type { Credentials } from '../registry/credentials.ts';
import type { HookName, SbomInput } from './hooks.ts';
import {
  bytes,
  digest,
  flag,
  list,
  members,
  method,
  number,
  object,
  oneOf,
  optional,
  port,
  type Shape,
  table,
  text,
  unshown,
} from './result-shape.ts';
import type { Collected, ImageConfig, LayerPlan, Resolution } from './values.ts';

const platform = members({ os: text, architecture: text });
const role = oneOf('system', 'environment', 'dependency', 'project', 'plugin');
const part = members({
  name: text,
  key: digest,
  role,
  size: number,
  wheel: optional(members({ name: text, open: method })),
  record: method,
  entries: method,
});
const distribution = members({
  name: text,
  version: text,
  source: oneOf('wheel', 'sdist', 'directory', 'vcs', 'archive'),
  requestedBy: list(text),
  file: optional(members({ name: text, hashes: list(text) })),
});
const destination = members({ name: text, lane: optional(text), publish: method });
const attachment = members({
  artifactType: text,
  mediaType: text,
  bytes,
  subject: text,
  annotations: optional(table(text)),
});
const target = members({
  implementation: text,
  version: text,
  abi: text,
  os: text,
  architecture: text,
  libc: members({ family: oneOf('glibc', 'musl'), version: text }),
});

/** What there is beside the kind of credentials. */
const secret = unshown(text);
const SECRETS: Readonly<Record<string, Shape>> = {
  basic: members({ username: secret, password: secret }),
  identity: members({ username: secret, token: secret }),
  bearer: members({ token: secret }),
};
const kind = members({
  kind: unshown(oneOf(...Object.keys(SECRETS))),
  expires: optional(unshown(number)),
});
const credentials: Shape = (value, path) =>
  unshown(object)(value, path) ?? kind(value, path) ?? SECRETS[(value as Credentials).kind]!(value, path);

/** What nobody can do without; a hook that is missing here gives nothing that is used. */
const RESULTS: Partial<Readonly<Record<HookName, Shape>>> = {
  project: members({ directory: text, name: text, isPackage: flag }),
  lock: members({ path: text, format: text, select: method }),
  base: members({ reference: text, open: method }),
  credentials,
  python: members({ target, interpreter: text }),
  resolve: members({
    platform,
    project: object,
    base: members({ source: object, image: object }),
    python: object,
    distributions: list(distribution),
  }),
  wheel: members({ name: text, file: text, digest, size: number }),
  collect: members({ platform, tree: members({ parts: list(part), entries: method }) }),
  layer: members({ platform, groups: list(members({ name: text, role, parts: list(text) })) }),
  label: members({
    platform,
    entrypoint: list(text),
    cmd: list(text),
    env: table(text),
    user: text,
    workdir: text,
    ports: list(port),
    stopSignal: optional(text),
    labels: table(text),
    annotations: table(text),
    history: list(object),
    created: text,
    author: optional(text),
  }),
  sbom: members({ attachments: list(attachment) }),
  destination,
  publish: members({ build: object, destinations: list(destination) }),
};

/** What the methods of answers give. */
const METHODS: Partial<Readonly<Record<HookName, Readonly<Record<string, Shape>>>>> = {
  lock: {
    select: members({ chosen: list(distribution), rejected: list(members({ name: text, reason: text })) }),
  },
  base: {
    open: members({
      platform,
      config: object,
      layers: list(members({ descriptor: object, diffId: digest, open: method })),
    }),
  },
  destination: {
    publish: members({
      destination: text,
      reference: text,
      digest,
      bytesUploaded: number,
      blobsUploaded: number,
      blobsMounted: number,
      blobsPresent: number,
    }),
  },
};

/** What only shows beside the value that was given to the tap. */
const RULES: Partial<Readonly<Record<HookName, (result: never, given: never) => string | undefined>>> = {
  resolve: ({ distributions }: Resolution) => {
    const odd = distributions.find(({ name }) => normalizeName(name) !== name);
    if (odd !== undefined) {
      return `the distribution \`${visible(odd.name)}\` is not called by its normalised name, \`${normalizeName(odd.name)}\``;
    }
    const twice = repeated(distributions.map(({ name }) => name));
    return twice === undefined ? undefined : `the distribution \`${visible(twice)}\` is there twice`;
  },
  collect: ({ tree }: Collected) => {
    const twice = repeated(tree.parts.map(({ name }) => name));
    return twice === undefined ? undefined : `two parts are called \`${visible(twice)}\``;
  },
  layer: ({ groups }: LayerPlan, given: LayerPlan) => faultOfPlan(groups, given.groups),
  label: ({ history }: ImageConfig, given: ImageConfig) => {
    const [has, needs] = [history, given.history].map(
      (entries) => entries.filter((entry) => entry.empty_layer !== true).length,
    );
    return has === needs
      ? undefined
      : `\`history\` has ${has} entries for ${needs} layers: one without a layer says \`empty_layer: true\``;
  },
  sbom: ({ attachments, platform: of }: SbomInput) => {
    const subjects = [formatPlatform(of), 'index'];
    const stray = attachments.find(({ subject }) => !subjects.includes(subject));
    return stray === undefined
      ? undefined
      : `the \`subject\` of an attachment is \`${visible(stray.subject)}\` and not \`${subjects[0]}\``;
  },
};

/**
 * Why a tap's value cannot be what the hook gives; undefined where nothing speaks against it, as for no value at all.
 *
 * @param given - the value that the tap was given
 */
export function faultOfResult(hook: HookName, value: unknown, given?: unknown): string | undefined {
  if (value === undefined || value === given) return undefined;
  return RESULTS[hook]?.(value, '') ?? RULES[hook]?.(value as never, given as never);
}

/** Why a method of a tap's answer cannot give this. */
export function faultOfAnswer(hook: HookName, name: string, value: unknown): string | undefined {
  return METHODS[hook]?.[name]?.(value, '');
}

/** Every part of the tree belongs to exactly one group: those of the plan that was given are all there are. */
function faultOfPlan(groups: LayerPlan['groups'], given: LayerPlan['groups']): string | undefined {
  const known = new Set(given.flatMap(({ parts }) => parts));
  const placed = new Map<string, string>();
  for (const { name: group, parts } of groups) {
    if (parts.length === 0) return `the group \`${visible(group)}\` has no part`;
    for (const name of parts) {
      const shown = `\`${visible(name)}\``;
      const other = placed.get(name);
      if (!known.has(name))
        return `the group \`${visible(group)}\` holds ${shown}, which is no part of the tree`;
      if (other !== undefined) return `${shown} is in \`${visible(other)}\` and in \`${visible(group)}\``;
      placed.set(name, group);
    }
  }
  const lost = [...known].find((name) => !placed.has(name));
  return lost === undefined ? undefined : `\`${visible(lost)}\` is in no group`;
}

function repeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
