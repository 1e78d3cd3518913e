/** `pyc build`: makes the image of a project. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { BuildOptions } from '../../index.ts';
import type { ExitCode, Io } from '../io.ts';
import { finish } from '../render/finish.ts';
import { UsageError } from '../usage-error.ts';
import {
  buildOptions,
  displayFor,
  EARLIER_NAMES,
  type Flagged,
  helpOf,
  list,
  parse,
  projectCommand,
  type SharedValues,
  warnOfUsage,
  withRunOptions,
} from './options.ts';
import { readPassword } from './password.ts';

interface Values extends SharedValues {
  readonly tag?: readonly string[];
  readonly bytecode?: boolean;
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly sbom?: 'cyclonedx' | 'none';
  readonly output?: readonly string[];
  readonly push?: boolean;
  readonly registry?: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordStdin?: boolean;
  /** False for `--no-cache`. */
  readonly cache?: string | false;
  readonly cacheWrite?: boolean;
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
  pyc build --output docker-archive:shop.tar           for \`docker load\`
  podman run --rm -p 8000:8000 "$(pyc build)"          build and start

Standard output gets how other programs address the result, one line an output, or the report with --json.
Every key of the configuration, and what is read from PYC_* variables: docs/reference/configuration.md
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<Values>(command(), argv, io);
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
      ...(values.reproducible ? {} : { env: withCurrentTime(io) }),
      ...(await credentials(values, io)),
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
  const specific = projectCommand('build', 'Builds the image of a Python project.')
    .optionsGroup('The image:')
    .addOption(list('--tag <ref>', 'a tag or a reference, as in shop:1.0 or ghcr.io/me/shop:1.0; repeatable'))
    .addOption(list('--env <name=value>', 'a variable of the process; repeatable'))
    .addOption(new Option('--bytecode', 'put compiled bytecode in: quicker to start, larger'))
    .addOption(new Option('--workdir <dir>', 'working directory of the process'))
    .addOption(new Option('--sbom <format>', 'the list of contents to attach').choices(['cyclonedx', 'none']))
    .optionsGroup('Where it goes:')
    .addOption(
      list(
        '--output <spec>',
        'layout:DIR, archive:FILE, docker-archive:FILE, registry:REF, wheelhouse:DIR; repeatable (default: layout:build/image)',
      ),
    )
    .addOption(new Option('--push', 'push every tag to its registry'))
    .addOption(new Option('--registry <prefix>', 'prefix of tags that name no registry, as in ghcr.io/me'))
    .addOption(new Option('--username <name>', 'for every registry of this run'))
    .addOption(
      new Option('--password <password>', 'other users of this host can see it: better --password-stdin'),
    )
    .addOption(new Option('--password-stdin', 'read the password from standard input'))
    .optionsGroup('How it runs:')
    .addOption(new Option('--no-cache', 'redo what the cache remembers of earlier builds'))
    .addOption(
      new Option(
        '--cache <place>',
        'layers that machines share: registry:HOST/REPOSITORY, or an http(s) address',
      ),
    )
    .addOption(new Option('--cache-write', 'add what this machine makes to it'))
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
    ['--tag', { tags: values.tag }],
    ['--env', { env: values.env === undefined ? undefined : variables(values.env) }],
    ['--bytecode', { bytecode: values.bytecode }],
    ['--workdir', { workdir: values.workdir }],
    ['--sbom', { sbom: values.sbom === undefined ? undefined : values.sbom === 'cyclonedx' }],
    ['--output', { outputs: values.output }],
    ['--push', { push: values.push }],
    ['--registry', { registry: values.registry }],
    ['--cache', { cache: values.cache === false ? undefined : values.cache }],
    ['--cache-write', { cacheWrite: values.cacheWrite }],
  ];
}

function variables(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const equals = assignment.indexOf('=');
      if (equals < 1) {
        throw new UsageError(`\`--env ${assignment}\` is no \`NAME=VALUE\``, {
          hint: 'write `--env NAME=VALUE`',
        });
      }
      return [assignment.slice(0, equals), assignment.slice(equals + 1)];
    }),
  );
}

async function credentials(values: Values, io: Io): Promise<Pick<BuildOptions, 'credentials'>> {
  const { username } = values;
  const password = values.passwordStdin === true ? await readPassword(io.stdin) : values.password;
  if (username === undefined && password === undefined) return {};
  if (username === undefined || password === undefined) {
    throw new UsageError('`--username` and a password belong together', {
      hint: 'write `--username NAME --password-stdin`',
    });
  }
  return { credentials: { username, password } };
}

/** The build's time is now, unless the environment says something else. */
function withCurrentTime(io: Io): BuildOptions['env'] & object {
  return { SOURCE_DATE_EPOCH: String(Math.floor(io.now() / 1000)), ...io.env };
}
