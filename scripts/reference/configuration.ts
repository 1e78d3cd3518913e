/** The page of the configuration and its JSON Schemas, from the schema that checks it. */
import { environmentKeys } from '../../core/config/assign.ts';
import { SEARCH_PLACES } from '../../core/config/find.ts';
import { configJsonSchema } from '../../core/config/json-schema.ts';
import { kebabCase } from '../../core/config/schema.ts';
import { GENERATED } from './pages.ts';

/** The part of JSON Schema that occurs. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
}

export function configurationPages(): [path: string, text: string][] {
  return [
    ['docs/reference/configuration.md', page()],
    ['docs/reference/configuration.schema.json', json('json')],
    ['docs/reference/configuration-kebab.schema.json', json('kebab')],
  ];
}

function json(style: 'json' | 'kebab'): string {
  return `${JSON.stringify(configJsonSchema(style), null, 2)}\n`;
}

function page(): string {
  const { properties = {} } = configJsonSchema('json') as Schema;
  const variables = new Map([...environmentKeys()].map(([name, path]) => [path.join('.'), name]));
  return [
    GENERATED,
    '',
    '# Configuration',
    '',
    'The first of these files counts, in the folder that is built or above it, up to the root of the git repository:',
    '',
    ...SEARCH_PLACES.map((name) =>
      name === 'pyproject.toml' ? '- `[tool.pycontainer]` in `pyproject.toml`' : `- \`${name}\``,
    ),
    '',
    'Outside of a git repository only the folder itself is looked at. A file from above concerns a folder that is a',
    'project of its own only where one of its images names that folder as its `project`.',
    '',
    'Precedence, the strongest first: command line, environment (`PYC_*`), profile, file, what the file extends, preset,',
    'default. Lists are replaced; the tables `env`, `labels`, `annotations`, `python` and `processes` are merged entry by',
    'entry. Paths are relative to the file that holds them, and to the working directory on the command line and in',
    'variables. Secrets never come from a file: they are named in `secrets` and read on the host.',
    '',
    'TypeScript, JavaScript and JSON write keys as below; TOML and YAML write them in kebab-case (`stop-signal`).',
    'Editors complete JSON with `configuration.schema.json`, TOML and YAML with `configuration-kebab.schema.json`, both',
    'beside this page.',
    '',
    '```ts',
    "import { defineConfig } from 'pycontainer';",
    '',
    "export default defineConfig({ base: 'apt:trixie', ports: [8000], profiles: { ci: { push: true } } });",
    '```',
    '',
    'A module may export a list of images, of which `--only NAME` chooses, or a function that receives',
    '`{ env, command, profile }` and gives either.',
    '',
    'On the command line `--set KEY=VALUE` sets any key: `--set python.version=3.12`, `--set env.DEBUG=1`,',
    '`--set tags=a,b`. Lists are separated by commas, or written as JSON.',
    '',
    '## Keys',
    ...Object.entries(properties).flatMap(([key, schema]) => keySection(key, schema, variables)),
    '',
    '## Other variables',
    '',
    '| variable | meaning |',
    '| --- | --- |',
    '| `PYC_CONFIG` | the file of configuration, as `--config` |',
    '| `PYC_PROFILE` | the profile, as `--profile` |',
    '| `PYC_CACHE_DIR` | the cache; default `$XDG_CACHE_HOME/pycontainer`, else `~/.cache/pycontainer` |',
    '| `PYC_CACHE_SIZE` | how large the cache may grow, as in `20GB`; default 10 GB |',
    '| `PYC_REGISTRY_USERNAME`, `PYC_REGISTRY_PASSWORD` | who pushes, as `--username` and `--password-stdin`, which come first |',
    '| `SOURCE_DATE_EPOCH` | seconds since 1970 that date the image; default 0 |',
    '',
  ].join('\n');
}

function keySection(key: string, schema: Schema, variables: ReadonlyMap<string, string>): string[] {
  const kebab = kebabCase(key);
  const variable = variables.get(key);
  const inner = Object.entries(schema.properties ?? {});
  return [
    '',
    `### ${key}`,
    '',
    schema.description ?? '',
    '',
    `- type: ${typeOf(schema)}${CODE_TYPES[key] ?? ''}`,
    ...(kebab === key ? [] : [`- in TOML and YAML: \`${kebab}\``]),
    ...(variable === undefined ? [] : [`- variable: \`${variable}\``]),
    ...inner.map(([name, { description }]) => {
      const own = variables.get(`${key}.${name}`);
      return `- \`${key}.${name}\`: ${description}${own === undefined ? '' : ` Variable: \`${own}\`.`}`;
    }),
  ];
}

/** What only code can write. */
const CODE_TYPES: Readonly<Record<string, string>> = {
  base: ', or in code a base that a plugin makes, such as `debian(…)`',
  plugins: '; in code also plugins themselves',
  preset: ', or in code a preset itself',
};

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined)
    return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' or ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.prefixItems !== undefined) return 'a name with options';
  switch (schema.type) {
    case 'array':
      return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}`;
    case 'object':
      return schema.properties !== undefined || !schema.additionalProperties
        ? 'table'
        : `table of ${schema.additionalProperties.properties === undefined ? typeOf(schema.additionalProperties) : 'configurations'}`;
    case 'string':
      return 'text';
    case 'boolean':
      return 'true or false';
    case undefined:
      return 'anything';
    default:
      return schema.type;
  }
}
