/** `pyc diff`: says what differs between two images. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatDifference } from '../render/difference.ts';
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
  readonly files?: boolean;
  readonly deep?: boolean;
  readonly exitCode?: boolean;
}

const EXAMPLES = `
A is what it was, B what it is; they may lie in different places. Packages are compared by the SBOMs of both. With --files the layers
that only one of them has are read, and no others: a file that a layer below has too then counts as added or removed. --deep reads
all layers, and compares what two containers would see.

Examples:
  pyc diff ghcr.io/me/shop:1.0 ghcr.io/me/shop:1.1
  pyc diff ghcr.io/me/shop:1.0 layout:build/image --files
  pyc diff python:3.13.1-slim python:3.13.2-slim --platform linux/amd64 --deep
  pyc diff ghcr.io/me/shop:1.0 layout:build/image --exit-code --json
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let isTold = false;
  const code = await runImageCommand(
    command(),
    argv,
    io,
    async ([before, after], { platform, files, deep, exitCode }: Values, options) => {
      const { diffImages } = await import('../../index.ts');
      const report = await diffImages({
        ...options,
        before: before!,
        after: after!,
        platform,
        files,
        deep,
      });
      isTold = exitCode === true && !report.equal;
      return report;
    },
    (report) => {
      io.stdout.write(formatDifference(report, styleOf(io.stdout, io.env)));
    },
  );
  return code === 0 && isTold ? 1 : code;
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand('diff', 'A B', 'Says what differs between two images.')
    .argument('<A>', 'what it was: REF, layout:DIR[:TAG] or archive:FILE[:TAG]')
    .argument('<B>', 'what it is')
    .optionsGroup('What is compared:')
    .addOption(new Option('--platform <os/arch>', 'one image of several (default: all that both have)'))
    .addOption(new Option('--files', 'also files, by the layers that only one of them has'))
    .addOption(new Option('--deep', 'also files, by all layers'))
    .addOption(new Option('--exit-code', 'end with 1 where they differ'));
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
