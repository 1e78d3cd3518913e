/** `pyc config`: prints the merged configuration, or its schema, as JSON. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatWarning } from '../render/fault.ts';
import { styleOf } from '../render/style.ts';
import {
  configurationOptions,
  helpOf,
  parse,
  projectCommand,
  type SharedValues,
  withConfigurationOptions,
} from './options.ts';

interface Values extends SharedValues {
  /** True where no style is named. */
  readonly schema?: true | 'json' | 'toml';
}

const EXAMPLES = `
Prints what files, profile, environment and command line say together: \`config\` holds the values, \`origins\` where
each was written. Functions are called as for a build. No plugin runs, and the project is not read: what presets add
is printed by \`pyc explain preset\`.

Examples:
  pyc config
  pyc config --profile release --set env.LOG_LEVEL=debug
  pyc config services/api | jq '.images[0].origins'
  pyc config --schema > pycontainer.schema.json
  pyc config --schema=toml                  the keys of TOML and YAML
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<Values>(command(), argv, io);
  if (parsed === 'helped') return 0;
  const { directory, values } = parsed;
  if (values.schema !== undefined) {
    const { configurationSchema } = await import('../../configuration.ts');
    print(await configurationSchema(values.schema === 'toml' ? 'kebab' : 'json'), io);
    return 0;
  }
  const { configurationOf } = await import('../../configuration.ts');
  const options = configurationOptions(directory, values, [], io);
  const document = await configurationOf({ ...options, signal: io.signal });
  const style = styleOf(io.stderr, io.env);
  for (const warning of document.warnings) io.stderr.write(formatWarning(warning, style));
  print(document, io);
  return 0;
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  return withConfigurationOptions(projectCommand('config', 'Prints the configuration as JSON.'))
    .optionsGroup('What it prints:')
    .addOption(
      new Option(
        '--schema [keys]',
        'print the JSON Schema instead, with the keys of JSON or of TOML',
      ).choices(['json', 'toml']),
    )
    .addOption(new Option('--json', 'changes nothing: it is JSON always'))
    .addHelpOption(new Option('-h, --help', 'print this').helpGroup('What it prints:'))
    .addHelpText('after', EXAMPLES);
}

function print(document: unknown, io: Io): void {
  io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}
