/** `pyc verify`: says who signed an image, or whether it is what its sources are built to; or that it is not as demanded. */
import { type Command, Option } from 'commander';
import type { ExitCode, Io } from '../io.ts';
import { formatRebuilt } from '../render/rebuilt.ts';
import { formatVerified } from '../render/signatures.ts';
import { UsageError } from '../usage-error.ts';
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
  readonly identity?: string;
  readonly identityPattern?: string;
  readonly issuer?: string;
  readonly issuerPattern?: string;
  readonly trustedRoot?: string;
  readonly rebuild?: boolean;
}

const EXAMPLES = `
REF is REF or registry:REF, layout:DIR[:TAG] or archive:FILE[:TAG]. Every --type has to be there, signed as demanded, about this very
digest; without one it is a signature. Anything else that hangs on the image proves nothing, and is listed with the reason.

With --rebuild nothing is asked of signatures: the image is built again from DIR (default: this folder), a checkout of its sources, by
what the plugin \`provenance\` wrote down, and has to come to the same digest. What differs is named, down to the file.

Examples:
  pyc verify ghcr.io/me/shop:1.0 --key cosign.pub
  pyc verify ghcr.io/me/shop:1.0 --key cosign.pub --type signature --type cyclonedx
  pyc verify layout:images:1.0 --key env:PUBLIC_KEY --json
  pyc verify ghcr.io/me/shop:1.0 --trusted-root trusted_root.json --issuer https://token.actions.githubusercontent.com \\
    --identity https://github.com/me/shop/.github/workflows/release.yml@refs/heads/main
  pyc verify --rebuild ghcr.io/me/shop:1.0 checkout/shop

Ends with 1 where something is missing. Standard output gets what was verified, or the report with --json.
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  return await runImageCommand(
    command(),
    argv,
    io,
    async ([image, directory], { key, type, platform, rebuild, ...values }: Values, options) => {
      if (rebuild === true) {
        if (key !== undefined || type !== undefined || values.identity !== undefined) {
          throw new UsageError('`--rebuild` verifies no signature', { hint: 'write two commands' });
        }
        const { verifyRebuild } = await import('../../index.ts');
        return await verifyRebuild({ ...options, image: image!, directory, platform });
      }
      if (directory !== undefined) {
        throw new UsageError('a folder is of use to `--rebuild` alone', { hint: 'leave it out' });
      }
      const { verifyImage } = await import('../../index.ts');
      const { identity, identityPattern, issuer, issuerPattern, trustedRoot } = values;
      const demanded = { key, identity, identityPattern, issuer, issuerPattern, trustedRoot };
      return await verifyImage({ ...options, ...demanded, image: image!, types: type, platform });
    },
    (report) => io.stdout.write('images' in report ? formatRebuilt(report) : formatVerified(report)),
  );
}

export function help(): string {
  return helpOf(command());
}

function command(): Command {
  const specific = imageCommand('verify', 'REF [DIR]', 'Verifies who signed an image, or builds it again.')
    .argument('<REF>', 'the image: REF, layout:DIR[:TAG] or archive:FILE[:TAG]')
    .argument('[DIR]', 'with --rebuild: a checkout of its sources')
    .optionsGroup('Whose signature is demanded:')
    .addOption(new Option('--key <key>', 'the public key: a file, or env:NAME'))
    .addOption(
      new Option('--identity <text>', 'what the certificate names: an address of mail, or of a workflow'),
    )
    .addOption(new Option('--identity-pattern <regexp>', 'the same as a regular expression for all of it'))
    .addOption(new Option('--issuer <url>', 'who vouches for the identity'))
    .addOption(new Option('--issuer-pattern <regexp>', 'the same as a regular expression for all of it'))
    .addOption(
      new Option('--trusted-root <file>', 'authorities and logs that are trusted: trusted_root.json'),
    )
    .optionsGroup('What is demanded:')
    .addOption(
      new Option(
        '--type <type...>',
        'a predicate: a URI, or signature, cyclonedx, spdx, slsaprovenance1, openvex, vuln (default: signature)',
      ),
    )
    .addOption(new Option('--rebuild', 'that a build of its sources gives the same image'))
    .addOption(new Option('--platform <os/arch>', 'about one image of several (default: about their index)'));
  return withImageCommandOptions(specific).addHelpText('after', EXAMPLES);
}
