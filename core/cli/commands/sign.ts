/** `pyc sign`: signs an image that exists. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatSignatures } from '../render/signatures.ts';
import { imageCommand, runImageCommand, withImageCommandOptions } from './image-command.ts';
import { helpOf } from './options.ts';
import { type SigningValues, signingOf, withSigningOptions } from './signing-options.ts';

const EXAMPLES = `
REF is REF or registry:REF, or layout:DIR[:TAG]. The index and each of its images are signed; what is signed is a digest, so
that a tag may move. A signature is a Sigstore bundle that refers to the image, as cosign 3 writes and reads it. What this
key has signed already is not signed anew.

Examples:
  pyc sign ghcr.io/me/shop:1.0 --key cosign.key                  asks COSIGN_PASSWORD for the passphrase
  pyc sign ghcr.io/me/shop:1.0 --key env:SIGNING_KEY
  pyc sign ghcr.io/me/shop:1.0 --keyless                         in a workflow with an identity
  pass signing | pyc sign layout:build/image --key cosign.key --passphrase-stdin
  pyc sign ghcr.io/me/shop:1.0 --key 'command:sign-with-kms alias/images'

A command is called with \`public-key\` and prints PEM, or with \`sign\`, reads bytes and prints their signature in base64.
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([image], values: SigningValues, options) => {
      const signing = signingOf(values, io);
      const { signImage } = await import('../../index.ts');
      return await signImage({ ...options, ...signing, image: image! });
    },
    (report) => io.stdout.write(formatSignatures(report)),
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand('sign', 'REF', 'Signs an image.')
    .argument('<REF>', 'the image: REF or layout:DIR[:TAG]')
    .optionsGroup('What is signed:')
    .addOption(new Option('--platform <os/arch>', 'one image of several (default: all, and their index)'));
  return withImageCommandOptions(withSigningOptions(specific)).addHelpText('after', EXAMPLES);
}
