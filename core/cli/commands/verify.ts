/** `pyc verify`: says who signed an image, or that nobody did as demanded. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatVerified } from '../render/signatures.ts';
import {
  type ImageCommandValues,
  imageCommand,
  runImageCommand,
  withImageCommandOptions,
} from './image-command.ts';
import { helpOf } from './options.ts';

interface Values extends ImageCommandValues {
  readonly key?: string;
  readonly type?: readonly string[];
  readonly platform?: string;
}

const EXAMPLES = `
REF is REF or registry:REF, layout:DIR[:TAG] or archive:FILE[:TAG]. Every --type has to be there, signed as demanded, about this very
digest; without one it is a signature. Anything else that hangs on the image proves nothing, and is listed with the reason.

Examples:
  pyc verify ghcr.io/me/shop:1.0 --key cosign.pub
  pyc verify ghcr.io/me/shop:1.0 --key cosign.pub --type signature --type cyclonedx
  pyc verify layout:images:1.0 --key env:PUBLIC_KEY --json

Ends with 1 where something is missing. Standard output gets what was verified, or the report with --json.
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([image], { key, type, platform }: Values, options) => {
      const { verifyImage } = await import('../../index.ts');
      return await verifyImage({ ...options, image: image!, key, types: type, platform });
    },
    (report) => io.stdout.write(formatVerified(report)),
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand(
    'verify',
    'REF',
    'Verifies who signed an image, and what was signed about it.',
  )
    .argument('<REF>', 'the image: REF, layout:DIR[:TAG] or archive:FILE[:TAG]')
    .optionsGroup('Whose signature is demanded:')
    .addOption(new Option('--key <key>', 'the public key: a file, or env:NAME'))
    .optionsGroup('What is demanded:')
    .addOption(
      new Option(
        '--type <type...>',
        'a predicate: a URI, or signature, cyclonedx, spdx, slsaprovenance1, openvex, vuln (default: signature)',
      ),
    )
    .addOption(new Option('--platform <os/arch>', 'about one image of several (default: about their index)'));
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
