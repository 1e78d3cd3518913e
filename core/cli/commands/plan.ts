/** `pyc plan`: what a build consists of, as JSON that is the same wherever it is printed. */
import { type Command, Option } from 'commander';
import type { BuildReport } from '../../pipeline/report.ts';
import type { ExitCode, Io } from '../io.ts';
import { finish } from '../render/finish.ts';
import { UsageError } from '../usage-error.ts';
import { type ImageValues, imageFlags, withImageOptions, withLoadAlone } from './contents-options.ts';
import {
  buildOptions,
  displayFor,
  helpOf,
  parse,
  projectCommand,
  type SharedValues,
  withRunOptions,
} from './options.ts';

interface Values extends SharedValues, ImageValues {
  readonly shards?: number;
}

const EXAMPLES = `
Prints each image of the configuration on each of its platforms, with a digest of all that it is made of: lock, base,
sources, settings and this program's version. Two plans of one digest give one image. Nothing is built, written or
fetched but what \`pyc build --dry-run\` fetches.

--shards deals the units to as many machines. Each runs \`pyc build --shard K/N\` with the same options, and
\`pyc index create\` joins what they pushed.

Examples:
  pyc plan
  pyc plan --platform linux/amd64,linux/arm64 --shards 2
  pyc plan --shards 4 | jq -c '[.units[].shard] | unique'
  pyc plan | jq -r '.units[].inputs'      a key for a cache of results
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<Values>(command(), withLoadAlone(argv), io);
  if (parsed === 'helped') return 0;
  const { directory, values } = parsed;
  const display = displayFor(values, io);
  try {
    const options = buildOptions(directory, values, imageFlags(values), display, io);
    const { plan } = await import('../../index.ts');
    const { shards } = values;
    const report = await plan({ ...options, ...(shards === undefined ? {} : { shards }) });
    display.close();
    if (report.error !== null) return finish(report, values, io);
    io.stdout.write(`${JSON.stringify(planIn(report), null, 2)}\n`);
    return 0;
  } finally {
    display.close();
  }
}

export function help(): string {
  return helpOf(command());
}

/** Nothing that another machine, or another minute, would say otherwise. */
function planIn({ schemaVersion, command: name, pycontainer, units }: BuildReport): object {
  return { schemaVersion, command: name, pycontainer, units };
}

function command(): Command {
  return withRunOptions(withImageOptions(projectCommand('plan', 'Prints what a build consists of, as JSON.')))
    .optionsGroup('What it prints:')
    .addOption(
      new Option('--shards <n>', 'say which of so many machines builds each unit').argParser(wholeNumber),
    )
    .addHelpText('after', EXAMPLES);
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new UsageError(`\`--shards ${text}\` is no number of machines`, {
    hint: 'write it as in `--shards 4`',
  });
}
