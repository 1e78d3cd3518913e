/**
 * The configuration's schema: each key, what it may hold, and a sentence for editors and the reference. Files
 * of data (TOML, YAML, JSON) hold data alone; modules may also hold plugins, presets and bases that code made.
 * Imported on demand, because zod is not small.
 */
import * as z from 'zod';
import { parsePlatform } from '../oci/platform.ts';
import type { Plugin } from '../pipeline/plugin.ts';
import type { Preset } from '../pipeline/preset.ts';
import { PROCESS_NAME } from '../pipeline/processes.ts';
import type { BaseSource } from '../pipeline/values.ts';
import { messageOf } from '../primitives/errors.ts';
import { parseStatedPython } from '../python/stated-python.ts';
import { Version } from '../python/version.ts';
import { isPlugin, isPreset } from './define.ts';

const text = (describe: string) => z.string({ error: 'must be a text' }).describe(describe);
const texts = (describe: string) =>
  z.array(z.string({ error: 'must be a text' }), { error: 'must be a list of texts' }).describe(describe);
const flag = (describe: string) => z.boolean({ error: 'must be true or false' }).describe(describe);
const map = (describe: string) =>
  z
    .record(z.string(), z.string({ error: 'must be a text' }), { error: 'must be a table of texts' })
    .describe(describe);

const sbomWord = z.enum(['cyclonedx', 'cyclonedx-1.7', 'spdx', 'with-base']);

const TABLE = { error: 'must be a table' };

const ENGINE = /^(?:auto|docker|podman|k3s|(?:containerd|kind)(?::[A-Za-z0-9][A-Za-z0-9._-]*)?)$/;
const NO_ENGINE =
  'must be true, false, or an engine: `docker`, `podman`, `containerd`, `containerd:NAMESPACE`, `kind`, `kind:CLUSTER` or `k3s`';
const PORT = /^(\d+)(?:\/(?:tcp|udp|sctp))?$/;
const CREDENTIALS = /^[a-z+-]+:\/\/[^/@]*:[^/@]*@|^(?!sha256)[^/@]+:[^/@]+@(?!sha256:)/i;

const withoutCredentials = (schema: z.ZodString) =>
  schema.refine((value) => !CREDENTIALS.test(value), {
    error: 'holds credentials, which never come from a configuration',
  });

const platform = z.string({ error: 'must be a text' }).superRefine((value, context) => {
  try {
    parsePlatform(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
});

const port = z
  .union([z.int(), z.string()], { error: 'must be a port, as in `8000` or `8125/udp`' })
  .refine((value) => {
    const number = Number(PORT.exec(String(value))?.[1]);
    return number >= 1 && number <= 65_535;
  }, 'must be a port from 1 to 65535, as in `8000` or `8125/udp`');

const spec = withoutCredentials(z.string({ error: 'must be a text' })).refine(
  (value) => /^[a-z][a-z0-9-]*:./.test(value),
  'must be `KIND:WHERE`, as in `layout:build/image` or `registry:ghcr.io/me/shop`',
);

const word = z
  .string({ error: 'must be a text' })
  .refine((value) => value !== '' && !/\s/.test(value), 'must be one word without spaces');

const environment = z
  .record(
    z.string().refine((name) => name !== '' && !/[=\0]/.test(name), 'is no name for a variable'),
    z.string({ error: 'must be a text' }),
    { error: 'must be a table of texts' },
  )
  .describe('Variables of the process in the image.');

const python = z
  .strictObject(
    {
      version: text(
        'As in `3.12` or `3.12.7`; `3.14t` is a free-threaded build, `3.13d` a debug build, `pypy3.11` PyPy.',
      )
        .refine(
          (value) => parseStatedPython(value) !== undefined,
          'must be a version of Python, as in `3.12.7`, `3.14t` or `pypy3.11`',
        )
        .exactOptional(),
      implementation: z
        .enum(['cpython', 'pypy'], { error: 'must be `cpython` or `pypy`' })
        .describe("Default: `cpython`, or what the base's files say.")
        .exactOptional(),
      libc: text('As in `glibc-2.36` or `musl-1.2`.')
        .refine((value) => /^(glibc|musl)-\d+\.\d+$/.test(value), 'must be as `glibc-2.36` or `musl-1.2`')
        .exactOptional(),
      interpreter: text('Absolute path of the interpreter in the image.')
        .refine((value) => value.startsWith('/'), 'must be an absolute path inside the image')
        .exactOptional(),
    },
    { error: 'must be a table with `version`, `libc` or `interpreter`' },
  )
  .describe("States or overrides what the base's files say of its Python.");

const reason = text('Why, in a sentence: the report repeats it.').refine(
  (value) => value.trim() !== '',
  'must say why',
);

const distributions = z
  .strictObject(
    {
      exclude: z
        .array(
          z.strictObject(
            { name: word.describe('In any spelling; `*` stands for any letters.'), reason },
            TABLE,
          ),
          { error: 'must be a list of tables' },
        )
        .describe('What is locked and stays out, together with what nothing else asks for.')
        .exactOptional(),
      replace: z
        .array(
          z
            .strictObject(
              {
                name: word,
                with: withoutCredentials(
                  text("A wheel's URL or path, or a version as in `2.9.0+cpu`."),
                ).refine(isReplacement, "must be a wheel's URL or path, or a version"),
                index: withoutCredentials(text('The simple API that has the version. Default: PyPI.'))
                  .refine((value) => /^https?:\/\/./.test(value), 'must be a URL')
                  .exactOptional(),
                hashes: z
                  .array(text('').regex(/^sha256:[0-9a-f]{64}$/, 'must be as `sha256:<64 digits>`'))
                  .describe("Of the wheel, or of each platform's wheel; only a path needs none.")
                  .exactOptional(),
                reason,
              },
              TABLE,
            )
            .refine(({ with: instead, hashes = [] }) => hashes.length > 0 || isPathOfWheel(instead), {
              path: ['hashes'],
              message: 'must state the SHA-256 of what comes from elsewhere',
            }),
          { error: 'must be a list of tables' },
        )
        .describe('Another build that goes in, such as one for CPUs alone.')
        .exactOptional(),
      prefer: z
        .array(
          z.strictObject(
            {
              name: word.describe('The distribution whose files are kept.'),
              paths: z
                .array(
                  text('').refine(
                    (value) => value !== '' && !/^[/\\]|(^|[/\\])\.\.?([/\\]|$)/.test(value),
                    'must be a path below `site-packages`, as in `dbt/__init__.py`',
                  ),
                )
                .describe('Of files, below `site-packages`.'),
              reason,
            },
            TABLE,
          ),
          { error: 'must be a list of tables' },
        )
        .describe('Whose files are kept where several distributions have other ones under one path.')
        .exactOptional(),
    },
    { error: 'must be a table with `exclude`, `replace` or `prefer`' },
  )
  .describe('What goes in otherwise than the lock says.');

const baseText = withoutCredentials(z.string());
const pluginText = z.string();
const pluginPair = z.tuple([z.string(), z.unknown()]).describe("A plugin's name and its options.");
const presetPair = z.tuple([z.string(), z.unknown()]).describe("A preset's name and its options.");
const BASE =
  'The base image: `REF`, `registry:REF`, `layout:DIR`, `archive:FILE`, `apt:SUITE` or `scratch`. Default: a slim Python image that fits the project.';
const PLUGINS =
  'Plugins, in order: names of first-party plugins or of npm packages, or such a name with options.';
const PRESET =
  'A framework preset: `auto` (default) detects one, `false` switches presets off, a name asks for one, a name with options sets it up.';

/** What only code can write. */
const codeFields = {
  base: z
    .union([baseText, z.custom<BaseSource>(isBaseSource)], {
      error: 'must be a text, or a base made by a plugin',
    })
    .describe(BASE)
    .exactOptional(),
  plugins: z
    .array(
      z.union([z.custom<Plugin>(isPlugin), pluginText, pluginPair], {
        error: "must be a plugin, a plugin's name, or a name with options",
      }),
      { error: 'must be a list of plugins' },
    )
    .describe(PLUGINS)
    .exactOptional(),
  preset: z
    .union([z.literal('auto'), z.literal(false), z.string(), presetPair, z.custom<Preset>(isPreset)], {
      error: "must be `auto`, false, a preset's name, a name with options, or a preset",
    })
    .describe(PRESET)
    .exactOptional(),
};

/** The same keys in data. */
const dataFields = {
  base: z.union([baseText], { error: 'must be a text' }).describe(BASE).exactOptional(),
  plugins: z
    .array(z.union([pluginText, pluginPair], { error: "must be a plugin's name, or a name with options" }), {
      error: 'must be a list of plugins',
    })
    .describe(PLUGINS)
    .exactOptional(),
  preset: z
    .union([z.literal('auto'), z.literal(false), z.string(), presetPair], {
      error: "must be `auto`, false, a preset's name, or a name with options",
    })
    .describe(PRESET)
    .exactOptional(),
};

const commonFields = {
  name: word.describe("The image's name. Default: the project's.").exactOptional(),
  project: text("The project's folder, relative to this file. Default: `.`.").exactOptional(),
  python: python.exactOptional(),
  platforms: z
    .array(platform, { error: 'must be a list of platforms' })
    .min(1, 'must name one platform at least')
    .describe("Platforms to build for, as in `linux/arm64`. Default: Linux on the host's architecture.")
    .exactOptional(),
  tags: z
    .array(
      withoutCredentials(z.string({ error: 'must be a text' })).refine(
        (value) => value !== '' && !/\s/.test(value),
        'must be one word without spaces',
      ),
      {
        error: 'must be a list of texts',
      },
    )
    .describe('Tags or references of the image, as in `shop:1.2` or `ghcr.io/me/shop:latest`.')
    .exactOptional(),
  outputs: z
    .array(spec, { error: 'must be a list of outputs' })
    .describe(
      'Where the result goes: `layout:DIR`, `archive:FILE`, `docker-archive:FILE`, `registry:REF`, `load:ENGINE`, `wheelhouse:DIR`, and what plugins add.',
    )
    .exactOptional(),
  push: flag('Push every tag to its registry. Default: false.').exactOptional(),
  load: z
    .union([z.boolean(), z.string().refine((value) => ENGINE.test(value), NO_ENGINE)], { error: NO_ENGINE })
    .describe(
      'Load the image into a container engine: `true` finds one, `docker`, `podman`, `containerd`, `containerd:NAMESPACE`, `kind`, `kind:CLUSTER` or `k3s` names it. Default: false.',
    )
    .exactOptional(),
  registry: withoutCredentials(
    text(
      'Prefix of tags that name no registry, as in `ghcr.io/me`. A repository that it ends with is not repeated.',
    ),
  ).exactOptional(),
  extras: texts("The project's extras that go in.").exactOptional(),
  groups: texts(
    'The dependency groups that go in. Development groups stay out unless named.',
  ).exactOptional(),
  dependencies: flag(
    "Put the locked distributions in. Default: true. `false` reads no lock, and the environment sees the base's packages.",
  ).exactOptional(),
  distributions: distributions.exactOptional(),
  lock: text(
    "The lock file to take, where a project has several or keeps it elsewhere. Default: that of the project's tool, else the first in the documented order.",
  ).exactOptional(),
  indexMirrors: z
    .record(
      z.string(),
      withoutCredentials(z.string({ error: 'must be a URL' })).refine(
        (value) => /^(?:https?|file):\/\/./.test(value),
        'must be a URL, as in `https://mirror.example/simple/`',
      ),
      { error: 'must be a table of URLs' },
    )
    .describe(
      'Package indexes that are asked in place of others: the index that the lock names → its mirror. The hashes of the lock still hold.',
    )
    .exactOptional(),
  package: text("The workspace's member to build, of a project locked by uv.").exactOptional(),
  wheelhouse: text(
    'A folder of wheels that is searched before the network, and stands in for what is locked as sources alone.',
  ).exactOptional(),
  builder: z
    .enum(['auto', 'host'], { error: 'must be `auto` or `host`' })
    .describe(
      "Who makes the project's own wheel. Default: `auto`: it is laid out from the sources where its backend's rules tell how, else built on the host. `host`: always built on the host.",
    )
    .exactOptional(),
  bytecode: z
    .union([z.boolean(), z.literal('image')], { error: 'must be true, false or `image`' })
    .describe(
      "Ship compiled bytecode beside the modules. `true`: needs the image's Python X.Y on this host. `image`: the base's own Python compiles where its platform is the host's, which executes code of the base. Default: false.",
    )
    .exactOptional(),
  include: texts('Patterns of sources that go in although a rule leaves them out.').exactOptional(),
  exclude: texts('Patterns of sources that stay out.').exactOptional(),
  entrypoint: texts("The image's entry point, in exec form.").exactOptional(),
  cmd: texts("The image's command, in exec form.").exactOptional(),
  processes: z
    .record(
      z.string().regex(PROCESS_NAME, 'is no name for a process: letters, digits, `-` and `_`, 63 at most'),
      texts('A command in exec form.').min(1, 'must hold a program at least'),
      { error: 'must be a table of commands' },
    )
    .describe(
      'Named commands of one image, in exec form. `web`, or the only one, starts where `entrypoint` says nothing.',
    )
    .exactOptional(),
  user: text('User of the process, as in `65532:65532` (the default).')
    .refine(
      (value) => /^[^\s:]+(:[^\s:]+)?$/.test(value),
      'must be a user, or a user and a group, as in `65532:65532`',
    )
    .exactOptional(),
  workdir: text('Working directory of the process. Default: `/app`.')
    .refine((value) => value.startsWith('/'), 'must be an absolute path inside the image')
    .exactOptional(),
  ports: z
    .array(port, { error: 'must be a list of ports' })
    .describe('Ports that the process listens on, as in `8000` or `"8125/udp"`.')
    .exactOptional(),
  stopSignal: text('The signal that stops the process, as in `SIGTERM`.')
    .refine((value) => /^(SIG[A-Z0-9]+([+-]\d+)?|\d{1,2})$/.test(value), 'must be a signal, as in `SIGTERM`')
    .exactOptional(),
  env: environment.exactOptional(),
  labels: map("Labels of the image's configuration.").exactOptional(),
  annotations: map('Annotations of the manifest.').exactOptional(),
  secrets: texts(
    'Names of secrets, whose values are read on the host, never from a file. Not supported yet: must be empty.',
  )
    .refine((names) => names.length === 0, 'are not supported yet')
    .exactOptional(),
  sbom: z
    .union([z.boolean(), sbomWord, z.array(sbomWord).min(1)], {
      error: 'must be true, false, or of `cyclonedx`, `cyclonedx-1.7`, `spdx` and `with-base` one or several',
    })
    .describe(
      'Attach SBOMs: `cyclonedx` (1.6), `cyclonedx-1.7` or `spdx` (2.3), or several. Default: true, which is `cyclonedx` and names a base in a registry by its digest; `with-base` also reads what is in it.',
    )
    .exactOptional(),
  gzipMembers: z
    .enum(['multiple', 'single'], { error: 'must be `multiple` or `single`' })
    .describe(
      '`multiple` (default) splices wheels without recompressing; `single` writes one gzip member, for old readers.',
    )
    .exactOptional(),
  cache: withoutCredentials(
    text(
      "A cache of layers that machines share: `registry:HOST/REPOSITORY`, or the http(s) address of a cache of Bazel's kind.",
    ),
  )
    .refine(
      (value) => /^(?:registry:|https?:\/\/)[^?#]+$/.test(value),
      'must be `registry:HOST/REPOSITORY` or an http(s) address',
    )
    .exactOptional(),
  cacheWrite: flag(
    'This machine adds what it makes to the cache, as on trusted branches. Default: false.',
  ).exactOptional(),
};

const extendsField = z
  .union([z.string(), z.array(z.string())], { error: 'must be a text or a list of texts' })
  .describe('Configurations that this one builds upon: relative files, or npm packages.')
  .exactOptional();

const profileSchema = z.strictObject({ ...commonFields, ...codeFields }, TABLE);
const dataProfileSchema = z.strictObject(kebabKeys({ ...commonFields, ...dataFields }), TABLE);
const jsonProfileSchema = z.strictObject({ ...commonFields, ...dataFields }, TABLE);
const PROFILES = 'What changes under `--profile NAME`: the same keys again.';

/** What a TypeScript or JavaScript module may export. */
export const moduleSchema = z.strictObject(
  {
    ...commonFields,
    ...codeFields,
    extends: extendsField,
    profiles: z.record(z.string(), profileSchema, TABLE).describe(PROFILES).exactOptional(),
  },
  TABLE,
);

/** What JSON may hold. */
export const jsonSchema = z.strictObject(
  {
    ...commonFields,
    ...dataFields,
    extends: extendsField,
    profiles: z.record(z.string(), jsonProfileSchema, TABLE).describe(PROFILES).exactOptional(),
  },
  TABLE,
);

/** What TOML and YAML may hold: JSON's keys in kebab-case. */
export const kebabSchema = z.strictObject(
  {
    ...kebabKeys({ ...commonFields, ...dataFields }),
    extends: extendsField,
    profiles: z.record(z.string(), dataProfileSchema, TABLE).describe(PROFILES).exactOptional(),
  },
  TABLE,
);

/** A configuration that passed the schema. */
export type CheckedConfig = z.output<typeof moduleSchema>;

/** `stopSignal` → `stop-signal`. */
export function kebabCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `stop-signal` → `stopSignal`. */
export function camelCase(key: string): string {
  return key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function kebabKeys(shape: Record<string, z.ZodType>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [kebabCase(key), schema]));
}

function isBaseSource(value: unknown): value is BaseSource {
  const source = value as Partial<BaseSource> | null;
  return (
    typeof source === 'object' &&
    source !== null &&
    typeof source.reference === 'string' &&
    typeof source.open === 'function'
  );
}

function isPathOfWheel(value: string): boolean {
  return value.endsWith('.whl') && !/^[a-z][a-z0-9+.-]*:\/\//i.test(value);
}

function isReplacement(value: string): boolean {
  return (
    isPathOfWheel(value) || /^https?:\/\/[^?#]+\.whl$/.test(value) || Version.tryParse(value) !== undefined
  );
}
