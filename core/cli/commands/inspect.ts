/** `pyc inspect`: says what an image is and what is in it. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatInspection } from '../render/inspection.ts';
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
  readonly deep?: boolean;
}

const EXAMPLES = `
Only documents are transferred: manifests, configurations and what refers to them. What is in the image is what its SBOM says; with
--deep its layers are read instead. Signatures are listed with whom they name, and are not verified.

Examples:
  pyc inspect ghcr.io/me/shop:1.0
  pyc inspect python:3.13-slim --platform linux/arm64 --deep
  pyc inspect layout:build/image --json
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([image], { platform, deep }: Values, options) => {
      const { inspectImage } = await import('../../index.ts');
      return await inspectImage({ ...options, image: image!, platform, deep });
    },
    (report) => {
      io.stdout.write(formatInspection(report, styleOf(io.stdout, io.env)));
    },
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand(
    'inspect',
    'REF',
    'Says what an image is and what is in it, whoever built it.',
  )
    .argument('<REF>', 'the image: REF, layout:DIR[:TAG] or archive:FILE[:TAG]')
    .optionsGroup('What is looked at:')
    .addOption(new Option('--platform <os/arch>', 'one image of several (default: all)'))
    .addOption(new Option('--deep', 'read the layers for what is in them'));
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
