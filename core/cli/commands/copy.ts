/** `pyc copy`: brings an image from one place to another, as it is. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatDestination, formatReceipt } from '../render/receipt.ts';
import { styleOf } from '../render/style.ts';
import {
  type ImageCommandValues,
  imageCommand,
  runImageCommand,
  withImageCommandOptions,
} from './image-command.ts';
import { helpOf } from './options.ts';

interface Values extends ImageCommandValues {
  readonly platform?: string;
  readonly referrers: boolean;
}

const EXAMPLES = `
SRC and DST are REF or registry:REF, layout:DIR[:TAG], archive:FILE[:TAG] or docker-archive:FILE[:REF]. Bytes are copied as they
are, so that digests stay; only a docker-archive is another form. Layers go from registry to registry without touching
this host's disk, and not at all where the registry has them. Tags are moved last.

Examples:
  pyc copy ghcr.io/me/shop:1.0 registry.example.com/shop:1.0
  pyc copy layout:build/image ghcr.io/me/shop:1.0        what \`pyc build\` left in build/image
  pyc copy ghcr.io/me/shop:1.0 layout:images             to carry it to a machine without a network
  pyc copy ghcr.io/me/shop:1.0 docker-archive:shop.tar --platform linux/arm64

Standard output gets how other programs address the copy, or the report with --json.
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([source, destination], { platform, referrers }: Values, options) => {
      const { copyImage } = await import('../../index.ts');
      return await copyImage({ ...options, source: source!, destination: destination!, platform, referrers });
    },
    (report, isQuiet) => {
      if (!isQuiet) io.stderr.write(formatReceipt(report, styleOf(io.stderr, io.env)));
      io.stdout.write(formatDestination(report, io.cwd));
    },
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand(
    'copy',
    'SRC DST',
    'Copies an image between registries, layouts and archives.',
  )
    .argument('<SRC>', 'where the image is')
    .argument('<DST>', 'where it is to be as well')
    .optionsGroup('What is copied:')
    .addOption(new Option('--platform <os/arch>', 'one image of several (default: all, with their index)'))
    .addOption(
      new Option('--no-referrers', 'leave out SBOMs, signatures and whatever else refers to the image'),
    );
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
