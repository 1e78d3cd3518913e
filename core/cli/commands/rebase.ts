/** `pyc rebase`: puts the layers of an image on another base, without building it. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatRebased, formatWritten } from '../render/rebased.ts';
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
  readonly base?: string;
  readonly oldBase?: string;
  readonly platform?: string;
  readonly tag?: readonly string[];
  readonly output?: readonly string[];
  readonly push?: boolean;
}

const EXAMPLES = `
Nothing is built, and no layer of the image is fetched: the layers of the old base are replaced by those of the new one, and labels
and environment follow. The image is what a build of the same files on the new base would be, to the digest. It is refused where
what was installed would not run: another X.Y, ABI or path of the interpreter, another C library or an older one.
With neither --push nor --output nothing is written: the command says what would become of it.

Examples:
  pyc rebase ghcr.io/me/shop:1.0 --base python:3.13-slim                     would it fit, and what would it be?
  pyc rebase ghcr.io/me/shop:1.0 --base python:3.13-slim --push              the tag moves to the rebased image
  pyc rebase ghcr.io/me/shop:1.0 --base python:3.13-slim --push --tag ghcr.io/me/shop:1.0-patched
  pyc rebase layout:build/image --base layout:patched-base --old-base layout:base --output layout:build/image

Standard output gets how other programs address what was written, or the report with --json.
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([image], values: Values, options) => {
      const { base, oldBase, platform } = values;
      if (base === undefined) {
        throw new UsageError('what the image is to be put on is not said', {
          hint: 'write `--base REF`, as in `--base python:3.13-slim`',
        });
      }
      const { rebaseImage } = await import('../../index.ts');
      const destinations = destinationsOf(image!, values);
      return await rebaseImage({ ...options, image: image!, base, oldBase, platform, destinations });
    },
    (report, isQuiet) => {
      if (!isQuiet) io.stderr.write(formatRebased(report, styleOf(io.stderr, io.env)));
      io.stdout.write(formatWritten(report, io.cwd));
    },
  );
}

export function help(): string {
  return helpOf(command());
}

/** @throws UsageError */
function destinationsOf(image: string, { tag = [], output = [], push }: Values): readonly string[] {
  if (tag.length > 0 && push !== true) {
    throw new UsageError('`--tag` says where a push goes, and there is none', { hint: 'add `--push`' });
  }
  const pushed = push !== true ? [] : tag.length > 0 ? tag : [image];
  return [...output, ...pushed];
}

function command(): Command {
  const specific = imageCommand(
    'rebase',
    'REF --base NEW',
    'Puts the layers of an image that pycontainer built on another base.',
  )
    .argument('<REF>', 'the image: REF, layout:DIR[:TAG] or archive:FILE[:TAG]')
    .optionsGroup('What it is put on:')
    .addOption(new Option('--base <new>', 'the new base: REF, layout:DIR[:TAG] or archive:FILE'))
    .addOption(
      new Option('--old-base <old>', "what the image was built on (default: what the image's labels say)"),
    )
    .addOption(new Option('--platform <os/arch>', 'one image of several (default: all, with their index)'))
    .optionsGroup('Where it goes:')
    .addOption(new Option('--push', 'to the registry: each --tag, else REF itself'))
    .addOption(list('--tag <ref>', 'a name for --push; repeatable'))
    .addOption(list('--output <dst>', 'REF, layout:DIR[:TAG] or archive:FILE; repeatable'));
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
