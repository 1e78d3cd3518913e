/** `pyc ls`: lists the tags of a repository, a layout or an archive. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { safe } from '../render/safe-text.ts';
import { tableOf } from '../render/table.ts';
import {
  type ImageCommandValues,
  imageCommand,
  runImageCommand,
  withImageCommandOptions,
} from './image-command.ts';
import { helpOf } from './options.ts';

interface Values extends ImageCommandValues {
  readonly digests?: boolean;
}

const EXAMPLES = `
Examples:
  pyc ls ghcr.io/me/shop
  pyc ls ghcr.io/me/shop --digests
  pyc ls layout:build/image --json
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let hasDigests = false;
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([place], { digests }: Values, options) => {
      hasDigests = digests === true;
      const { listImages } = await import('../../index.ts');
      return await listImages({ ...options, place: place!, digests });
    },
    ({ tags }) => {
      const rows = tags.map(({ name, digest }) => (hasDigests ? [name, digest ?? ''] : [name]));
      for (const line of tableOf(rows, ['left', 'left'])) io.stdout.write(`${safe(line)}\n`);
    },
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand('ls', 'REPOSITORY', 'Lists the tags of a repository.')
    .argument('<REPOSITORY>', 'a repository, layout:DIR or archive:FILE, without a tag')
    .optionsGroup('What is listed:')
    .addOption(new Option('--digests', 'also what each tag stands for: one request a tag'));
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
