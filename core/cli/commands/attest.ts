/** `pyc attest`: signs a document about an image. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatSignatures } from '../render/signatures.ts';
import { imageCommand, runImageCommand, withImageCommandOptions } from './image-command.ts';
import { helpOf } from './options.ts';
import { type SigningValues, signingOf, withSigningOptions } from './signing-options.ts';

interface Values extends SigningValues {
  readonly predicate: string;
  readonly type?: string;
}

const EXAMPLES = `
The document becomes the predicate of an in-toto statement about the image's digest, which is signed and refers to the image, as
with \`cosign attest\`. Several may be attested at once, by anybody: none is lost.

Examples:
  pyc attest ghcr.io/me/shop:1.0 --predicate scan.json --type vuln --key cosign.key
  pyc attest ghcr.io/me/shop:1.0 --predicate sbom.cdx.json --type cyclonedx --platform linux/arm64 --key env:SIGNING_KEY
  pyc attest layout:build/image --predicate tests.json --type https://example.com/tests/v1 --key cosign.key
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([image], values: Values, options) => {
      const signing = signingOf(values, io);
      const { attestImage } = await import('../../index.ts');
      const { predicate, type } = values;
      return await attestImage({ ...options, ...signing, image: image!, predicate, type });
    },
    (report) => io.stdout.write(formatSignatures(report)),
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand('attest', 'REF', 'Signs a document about an image.')
    .argument('<REF>', 'the image: REF or layout:DIR[:TAG]')
    .optionsGroup('What is attested:')
    .addOption(new Option('--predicate <file>', 'the document: JSON').makeOptionMandatory())
    .addOption(
      new Option(
        '--type <type>',
        'what it is: a URI, or cyclonedx, spdx, slsaprovenance1, openvex, vuln (default: what the file states)',
      ),
    )
    .addOption(new Option('--platform <os/arch>', 'about one image of several (default: about their index)'));
  return withImageCommandOptions(withSigningOptions(specific)).addHelpText('after', EXAMPLES);
}
