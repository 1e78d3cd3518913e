/** `pyc index create`: joins images of several platforms to one index. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatDestination, formatReceipt } from '../render/receipt.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';
import {
  type ImageCommandValues,
  imageCommand,
  runImageCommand,
  withImageCommandOptions,
} from './image-command.ts';
import { helpOf, list } from './options.ts';

interface Values extends ImageCommandValues {
  readonly from?: readonly string[];
  readonly reports?: readonly string[];
  readonly referrers: boolean;
}

const CREATE = 'create';

const EXAMPLES = `
Each SRC is an image of one platform, or an index of several; they come into the index in this order. The index is the one that
a single build of all platforms would have made, byte for byte. Images that lie elsewhere than DST are copied there.
With --reports, DST and the images follow from what the shards of a build say; all of them must be there.

Examples:
  pyc index create ghcr.io/me/shop:1.0 --from ghcr.io/me/shop:1.0-amd64 --from ghcr.io/me/shop:1.0-arm64
  pyc index create layout:build/all --from layout:build/amd64 --from layout:build/arm64
  pyc index create --reports shard-*.json         what \`pyc build --shard K/N --push --json\` printed
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([action, destination], { from = [], reports, referrers }: Values, options) => {
      if (action !== CREATE) {
        throw new UsageError(`\`pyc index\` can \`${CREATE}\`, and nothing else`, {
          hint: 'write `pyc index create DST --from SRC`',
        });
      }
      if (reports !== undefined) {
        if (destination !== undefined || from.length > 0) {
          throw new UsageError('`--reports` says itself what is joined, and where', {
            hint: 'leave out DST and `--from`',
          });
        }
        const { joinShards } = await import('../../index.ts');
        return await joinShards({ ...options, reports });
      }
      if (destination === undefined || from.length === 0) {
        throw new UsageError('there is nothing to make an index of', {
          hint: 'name each image with `--from SRC`',
        });
      }
      const { createIndex } = await import('../../index.ts');
      return await createIndex({ ...options, destination, sources: from, referrers });
    },
    (report, isQuiet) => {
      for (const one of 'joined' in report ? report.joined : [report]) {
        const receipt = formatReceipt({ ...one, timings: report.timings }, styleOf(io.stderr, io.env));
        if (!isQuiet) io.stderr.write(receipt);
        io.stdout.write(formatDestination(one, io.cwd));
      }
    },
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand(
    'index',
    `${CREATE} DST --from SRC...`,
    'Joins images of several platforms to one index.',
  )
    .argument('<ACTION>', CREATE)
    .argument('[DST]', 'where the index is to be: REF, layout:DIR[:TAG] or archive:FILE')
    .optionsGroup('What is joined:')
    .addOption(list('--from <src>', 'an image or an index; repeatable'))
    .addOption(new Option('--reports <file...>', 'the reports of all shards of a build'))
    .addOption(
      new Option('--no-referrers', 'leave out SBOMs, signatures and whatever else refers to the images'),
    );
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
