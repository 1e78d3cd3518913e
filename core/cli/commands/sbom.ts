/** `pyc sbom`: prints or writes the list of contents of a project's image, or of one that exists. */
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { SbomFormat, SbomReport } from '../../index.ts';
import type { ExitCode, Io } from '../io.ts';
import { formatError } from '../render/fault.ts';
import { safe } from '../render/safe-text.ts';
import { styleOf } from '../render/style.ts';
import { UsageError } from '../usage-error.ts';
import {
  buildOptions,
  displayFor,
  helpOf,
  parse,
  projectCommand,
  type SharedValues,
  withRunOptions,
} from './options.ts';

interface Values extends SharedValues {
  readonly format: SbomFormat;
  readonly output?: string;
  readonly audit?: boolean;
}

const EXAMPLES = `
DIR: the project is built as \`pyc build\` would, into the cache alone, and the document is the one that would be attached;
of several platforms it is the index's. REF, layout:DIR or archive:FILE: the document that is attached to the image, else one
that is made of the image's own files. A folder goes before an image of its name: write registry:NAME then.

--audit lists the files of layers that pycontainer wrote which no component of the document claims. Exit code 1 where
there are some.

Examples:
  pyc sbom
  pyc sbom services/api --format spdx --output sbom.spdx.json
  pyc sbom ghcr.io/me/shop:1.0 --platform linux/arm64
  pyc sbom layout:build/image | jq '.components[].purl'
  pyc sbom --audit
`;

export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const parsed = parse<Values>(command(), argv, io);
  if (parsed === 'helped') return 0;
  const { directory: operand, values } = parsed;
  const { format, audit = false, output } = values;
  const display = displayFor(values, io);
  try {
    const front = await import('../../index.ts');
    const isImage = operand !== undefined && !isFolder(operand, io);
    const options = buildOptions(isImage ? undefined : operand, values, [], display, io);
    const report = isImage
      ? await front.describeImage({ ...imageOptions(values, options), image: operand, format, audit })
      : await front.describeProject({ ...options, format, audit });
    display.close();
    return await finish(report, values, output, io);
  } finally {
    display.close();
  }
}

export function help(): string {
  return helpOf(command());
}

function isFolder(operand: string, io: Io): boolean {
  if (/^(?:layout|archive|registry|oci|oci-archive|docker-archive|docker):/.test(operand)) return false;
  const isThere = statSync(resolve(io.cwd, operand), { throwIfNoEntry: false })?.isDirectory() === true;
  return isThere || /^(?:\.{0,2}\/|\.{1,2}$)/.test(operand);
}

type ImagePart = Pick<
  ReturnType<typeof buildOptions>,
  'cwd' | 'env' | 'log' | 'signal' | 'offline' | 'cacheDirectory'
>;

function imageOptions({ platform = [] }: Values, options: ImagePart): ImagePart & { platform?: string } {
  if (platform.length > 1) {
    throw new UsageError('`--platform` names several platforms of an image that exists', {
      hint: 'name one of them',
    });
  }
  const { cwd, env, log, signal, offline, cacheDirectory } = options;
  return {
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(log === undefined ? {} : { log }),
    ...(signal === undefined ? {} : { signal }),
    ...(offline === undefined ? {} : { offline }),
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    ...(platform[0] === undefined ? {} : { platform: platform[0] }),
  };
}

async function finish(
  report: SbomReport,
  { json = false, audit = false }: Values,
  output: string | undefined,
  io: Io,
): Promise<ExitCode> {
  if (output !== undefined && report.documents.length > 1) {
    throw new UsageError('several images have several documents, and `--output` names one file', {
      hint: 'name one of them with `--only`',
    });
  }
  if (json) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.error !== null) {
    io.stderr.write(formatError(report.error, styleOf(io.stderr, io.env)));
    return report.error.exitCode;
  }
  const unclaimed = report.documents.flatMap((one) => one.unclaimed ?? []);
  for (const { document } of report.documents) {
    if (output !== undefined) await writeFile(resolve(io.cwd, output), document);
    else if (!json && !audit) io.stdout.write(document.endsWith('\n') ? document : `${document}\n`);
  }
  if (audit && !json) for (const path of unclaimed) io.stdout.write(`${safe(path)}\n`);
  return unclaimed.length > 0 ? 1 : 0;
}

function command(): Command {
  return withRunOptions(
    projectCommand('sbom', 'Prints what is in an image, as CycloneDX or SPDX.')
      .usage('[DIR|REF] [options]')
      .optionsGroup('The document:')
      .addOption(
        new Option('--format <format>', 'how it is written')
          .choices(['cyclonedx', 'cyclonedx-1.7', 'spdx'])
          .default('cyclonedx'),
      )
      .addOption(new Option('--output <file>', 'write it there instead of printing it'))
      .addOption(new Option('--audit', 'list files of our layers that no component claims')),
  ).addHelpText('after', EXAMPLES);
}
