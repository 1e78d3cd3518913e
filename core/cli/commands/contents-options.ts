/** The options of `build` and `plan` that say what the image is like and where it goes. */
import { type Command, Option } from 'commander';
import type { Config } from '../../pipeline/settings.ts';
import { UsageError } from '../usage-error.ts';
import { type Flagged, list } from './options.ts';

/** What the parser makes of them. */
export interface ImageValues {
  readonly tag?: readonly string[];
  readonly bytecode?: boolean;
  readonly env?: readonly string[];
  readonly workdir?: string;
  readonly sbom?: readonly string[];
  readonly output?: readonly string[];
  readonly push?: boolean;
  /** Empty for `--load` alone. */
  readonly load?: string;
  readonly registry?: string;
}

/** Leaves the group open in which it is said where the image goes. */
export function withImageOptions(command: Command): Command {
  return command
    .optionsGroup('The image:')
    .addOption(list('--tag <ref>', 'a tag or a reference, as in shop:1.0 or ghcr.io/me/shop:1.0; repeatable'))
    .addOption(list('--env <name=value>', 'a variable of the process; repeatable'))
    .addOption(new Option('--bytecode', 'put compiled bytecode in: quicker to start, larger'))
    .addOption(new Option('--workdir <dir>', 'working directory of the process'))
    .addOption(
      list('--sbom <format>', `the list of contents to attach: ${SBOM_WORDS.join(', ')}; repeatable`),
    )
    .optionsGroup('Where it goes:')
    .addOption(
      list(
        '--output <spec>',
        'layout:DIR, archive:FILE, docker-archive:FILE, registry:REF, load:ENGINE, wheelhouse:DIR; repeatable (default: layout:build/image)',
      ),
    )
    .addOption(new Option('--push', 'push every tag to its registry'))
    .addOption(
      new Option(
        '--load [engine]',
        'into a container engine: docker, podman, containerd, kind or k3s, as in --load=podman (default: the one that is found)',
      ),
    )
    .addOption(new Option('--registry <prefix>', 'prefix of tags that name no registry, as in ghcr.io/me'));
}

/** `--load DIR` names no engine: only `--load=ENGINE` does. */
export function withLoadAlone(argv: readonly string[]): readonly string[] {
  return argv.map((word) => (word === '--load' ? '--load=' : word));
}

/** What they say of the configuration. @throws UsageError */
export function imageFlags(values: ImageValues): Flagged {
  return [
    ['--tag', { tags: values.tag }],
    ['--env', { env: values.env === undefined ? undefined : variables(values.env) }],
    ['--bytecode', { bytecode: values.bytecode }],
    ['--workdir', { workdir: values.workdir }],
    ['--sbom', { sbom: values.sbom === undefined ? undefined : sbomOf(values.sbom) }],
    ['--output', { outputs: values.output }],
    ['--push', { push: values.push }],
    ['--load', { load: values.load === '' ? true : values.load }],
    ['--registry', { registry: values.registry }],
  ];
}

const SBOM_WORDS = ['cyclonedx', 'cyclonedx-1.7', 'spdx', 'with-base', 'none'] as const;
type SbomChoice = (typeof SBOM_WORDS)[number];

/** @throws UsageError */
function sbomOf(words: readonly string[]): NonNullable<Config['sbom']> {
  const stray = words.find((word) => !(SBOM_WORDS as readonly string[]).includes(word));
  if (stray !== undefined || (words.includes('none') && words.length > 1)) {
    throw new UsageError(
      stray === undefined
        ? '`--sbom none` leaves no other format'
        : `\`--sbom ${stray}\` is no list of contents that is known`,
      { hint: `write one of ${SBOM_WORDS.map((word) => `\`${word}\``).join(', ')}` },
    );
  }
  return words.includes('none') ? false : (words as readonly Exclude<SbomChoice, 'none'>[]);
}

function variables(assignments: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const equals = assignment.indexOf('=');
      if (equals < 1) {
        throw new UsageError(`\`--env ${assignment}\` is no \`NAME=VALUE\``, {
          hint: 'write `--env NAME=VALUE`',
        });
      }
      return [assignment.slice(0, equals), assignment.slice(equals + 1)];
    }),
  );
}
