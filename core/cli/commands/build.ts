/** `pyc build`: makes the image of a project. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { BuildOptions } from '../../index.ts';
import type { ExitCode, Io } from '../io.ts';
import { finish } from '../render/finish.ts';
import { type ImageValues, imageFlags, withImageOptions, withLoadAlone } from './contents-options.ts';
import { type CredentialValues, credentialsOf } from './credentials.ts';
import {
  buildOptions,
  displayFor,
  EARLIER_NAMES,
  type Flagged,
  helpOf,
  parse,
  projectCommand,
  type SharedValues,
  warnOfUsage,
  withRunOptions,
} from './options.ts';

interface Values extends SharedValues, ImageValues, CredentialValues {
  /** False for `--no-cache`. */
  readonly cache?: string | false;
  readonly cacheWrite?: boolean;
  readonly shard?: string;
  readonly dryRun?: boolean;
  readonly requirements?: string;
  readonly reproducible: boolean;
}

const EXAMPLES = `
Examples:
  pyc build                                            the project here, into build/image
  pyc build services/api --platform linux/arm64        another folder, another platform
  pyc build --base apt:trixie                          on Debian's packages, without a registry
  pyc build --tag ghcr.io/me/shop:1.0 --push           to a registry
  pyc build --load                                     into Docker, podman or what else runs here
  pyc build --output docker-archive:shop.tar           for \`docker load\`
  podman run --rm -p 8000:8000 "$(pyc build)"          build and start

Standard output gets how other programs address the result, one line an output, or the report with --json.
Every key of the configuration, and what is read from PYC_* variables: docs/reference/configuration.md
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<Values>(command(), withLoadAlone(argv), io);
  if (parsed === 'helped') return 0;
  const { values } = parsed;
  if (values.requirements !== undefined) {
    warnOfUsage(
      '`--requirements` is not needed any more',
      'name the file by `--lock`, where another lock would be taken',
      io,
    );
  }
  const display = displayFor(values, io);
  try {
    const options: BuildOptions = {
      ...buildOptions(parsed.directory, values, flagged(values), display, io),
      noCache: values.cache === false,
      dryRun: values.dryRun === true,
      ...(values.shard === undefined ? {} : { shard: values.shard }),
      ...(values.reproducible ? {} : { env: withCurrentTime(io) }),
      ...(await credentialsOf(values, io)),
    };
    const { build } = await import('../../index.ts');
    const report = await build(options);
    display.close();
    return finish(report, { ...values, words: argv }, io);
  } finally {
    display.close();
  }
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = withImageOptions(projectCommand('build', 'Builds the image of a Python project.'))
    .addOption(new Option('--username <name>', 'for every registry of this run'))
    .addOption(
      new Option('--password <password>', 'other users of this host can see it: better --password-stdin'),
    )
    .addOption(new Option('--password-stdin', 'read the password from standard input'))
    .optionsGroup('How it runs:')
    .addOption(
      new Option(
        '--cache <place>',
        'layers that machines share: registry:HOST/REPOSITORY, or an http(s) address',
      ),
    )
    .addOption(new Option('--no-cache', 'redo what the cache remembers of earlier builds'))
    .addOption(new Option('--cache-write', 'add what this machine makes to it'))
    .addOption(new Option('--shard <k/n>', 'build the share of this machine, as in 2/5; see `pyc plan`'))
    .addOption(new Option('--dry-run', 'resolve and plan; write nothing'))
    .addOption(new Option('--no-reproducible', 'date the image now, not at SOURCE_DATE_EPOCH'));
  return withRunOptions(specific)
    .optionsGroup(EARLIER_NAMES)
    .addOption(new Option('--base-image <ref>', 'the same as --base'))
    .addOption(new Option('--context <dir>', 'the same as DIR'))
    .addOption(new Option('--requirements <file>', 'changes nothing: `--lock` names a lock'))
    .addOption(new Option('--no-progress', 'the same as --progress none'))
    .addHelpText('after', EXAMPLES);
}

function flagged(values: Values): Flagged {
  return [
    ...imageFlags(values),
    ['--cache', { cache: values.cache === false ? undefined : values.cache }],
    ['--cache-write', { cacheWrite: values.cacheWrite }],
  ];
}

/** The build's time is now, unless the environment says something else. */
function withCurrentTime(io: Io): BuildOptions['env'] & object {
  return { SOURCE_DATE_EPOCH: String(Math.floor(io.now() / 1000)), ...io.env };
}
