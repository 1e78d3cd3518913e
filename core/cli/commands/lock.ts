/** `pyc lock`: pins what the base image is, in pycontainer.lock. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { helpOf, projectCommand, type SharedValues, withRunOptions } from './options.ts';
import { runReported } from './reported.ts';

interface Values extends SharedValues {
  readonly updateBase?: boolean;
}

const EXAMPLES = `
Writes pycontainer.lock beside the configuration: the digest of a base image, or each Debian package file.
Commit it: a build then uses what is pinned, and \`pyc build --locked\` refuses anything else.
What goes into the image from Python is locked by the project's own tool (uv.lock, poetry.lock, …), not here.

Examples:
  pyc lock
  pyc lock --update-base                  take what the base is now
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runReported(command(), argv, io, async (options, { updateBase }: Values) => {
    const { lock } = await import('../../index.ts');
    return await lock({ ...options, updateBase: updateBase === true });
  });
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  return withRunOptions(projectCommand('lock', 'Pins the base image of a project.'))
    .optionsGroup('How it runs:')
    .addOption(new Option('--update-base', 'pin anew what is pinned already'))
    .addHelpText('after', EXAMPLES);
}
