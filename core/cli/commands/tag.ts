/** `pyc tag`: gives an image further tags where it is. */
import type { Command } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { shownReference } from '../render/location.ts';
import { safe } from '../render/safe-text.ts';
import { imageCommand, runImageCommand, withImageCommandOptions } from './image-command.ts';
import { helpOf } from './options.ts';

const EXAMPLES = `
The image stays in its repository or layout, and no layer is touched. A tag that stood for another image stands for this one.

Examples:
  pyc tag ghcr.io/me/shop:1.0.3 1.0 1 latest
  pyc tag layout:build/image:latest stable
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([image, ...tags], _, options) => {
      const { tagImage } = await import('../../index.ts');
      return await tagImage({ ...options, image: image!, tags });
    },
    ({ references }) => {
      for (const reference of references) io.stdout.write(`${safe(shownReference(reference, io.cwd))}\n`);
    },
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand('tag', 'REF TAG...', 'Gives an image further tags where it is.')
    .argument('<REF>', 'the image: REF or layout:DIR[:TAG]')
    .argument('<TAG...>', 'the new tags, as in 1.2');
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
