/** `pyc logout`: forgets the credentials for a registry, or for all of them. */
import { Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatError } from '../render/fault.ts';
import { formatLoginPlace } from '../render/login-place.ts';
import { safe } from '../render/safe-text.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';
import { helpOf, parse } from './options.ts';

interface Values {
  readonly all?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Removes the entry from every place that a build would look in: credential helpers, and the files of podman and Docker.

Examples:
  pyc logout ghcr.io
  pyc logout --all
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<Values>(command(), argv, io);
  if (parsed === 'helped') return 0;
  const { directory: registry, values } = parsed;
  if (values.all === true && registry !== undefined) {
    throw new UsageError('`--all` and a registry are two wishes', { hint: 'leave one of them out' });
  }
  const { logout } = await import('../../index.ts');
  const report = await logout({
    cwd: io.cwd,
    env: io.env,
    signal: io.signal,
    all: values.all === true,
    ...(registry === undefined ? {} : { registry }),
  });
  if (values.json === true) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.error !== null) {
    io.stderr.write(formatError(report.error, styleOf(io.stderr, io.env)));
    return report.error.exitCode;
  }
  const from = safe(report.registry ?? 'all registries');
  const places = report.removedFrom.map((place) => safe(formatLoginPlace(place, io.cwd)));
  io.stderr.write(
    places.length === 0
      ? `nothing to do: there are no credentials for ${from}\n`
      : `logged out of ${from}: removed from ${places.join(', ')}\n`,
  );
  return 0;
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  return new Command('pyc logout')
    .description('Logs out of a registry.')
    .usage('[REGISTRY] [options]')
    .argument('[REGISTRY]', 'as in ghcr.io (default: Docker Hub)')
    .configureHelp({ sortOptions: false })
    .addOption(new Option('--all', 'of all registries'))
    .addOption(new Option('--json', 'print what became of it as one JSON document'))
    .addHelpOption(new Option('-h, --help', 'print this'))
    .addHelpText('after', EXAMPLES);
}
