/** What an image is, as text: its identity, what it starts, its layers, what is in it and what refers to it. */
import type { InspectReport } from '../../index.ts';
import { formatBytes } from './measure.ts';
import { cutTo, safe } from './safe-text.ts';
import type { Style } from './style.ts';
import { tableOf } from './table.ts';

type Inspected = InspectReport['images'][number];
type Attachment = Inspected['attachments'][number];
type Package = NonNullable<Inspected['distributions']>[number];

const NAME_WIDTH = 60;

export function formatInspection(report: InspectReport, style: Style): string {
  const rows = [
    ['reference', report.reference ?? ''],
    ['digest', report.digest ?? ''],
    ['type', report.mediaType ?? ''],
    ...(report.images.length > 1
      ? [['platforms', report.images.map(({ platform }) => platform).join(', ')]]
      : []),
  ];
  const sections = [
    facts(rows),
    ...attachmentLines(report.attachments, 'of all images', style),
    ...report.images.map((image) => imageLines(image, style)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function imageLines(image: Inspected, style: Style): string[] {
  const { config, base, python } = image;
  const rows = [
    ['digest', image.digest],
    ['size', formatBytes(image.size)],
    ['created', image.created ?? ''],
    ['base', base === null ? '' : [base.reference, base.digest].filter((one) => one !== null).join(' ')],
    [
      'python',
      python === null
        ? ''
        : [python.version, python.abi, python.libc, python.interpreter]
            .filter((one) => one !== null)
            .join(', '),
    ],
    ['entrypoint', JSON.stringify(config.Entrypoint ?? [])],
    ['cmd', JSON.stringify(config.Cmd ?? [])],
    ['user', config.User ?? ''],
    ['workdir', config.WorkingDir ?? ''],
    ['ports', Object.keys(config.ExposedPorts ?? {}).join(', ')],
    ['volumes', Object.keys(config.Volumes ?? {}).join(', ')],
    ['stop signal', config.StopSignal ?? ''],
    ...(config.Env ?? []).map((line, index) => [index === 0 ? 'env' : '', line]),
    ...Object.entries(config.Labels ?? {}).map(([name, value], index) => [
      index === 0 ? 'labels' : '',
      `${name}=${value}`,
    ]),
  ];
  return [
    style.bold(safe(image.platform)),
    ...facts(rows),
    '',
    ...layerLines(image, style),
    ...packageLines(image.distributions, 'distributions', image.packagesFrom, style),
    ...packageLines(image.systemPackages, 'system packages', image.packagesFrom, style),
    ...attachmentLines(image.attachments, 'of this image', style).flatMap((lines) => ['', ...lines]),
  ];
}

/** Rows without a value are left out; one without a name goes on with that of the row above. */
function facts(rows: readonly (readonly string[])[]): string[] {
  const said = rows.filter(([, value]) => value !== '' && value !== '[]');
  return tableOf(said, ['left', 'left']).map(safe);
}

function layerLines({ layers }: Inspected, style: Style): string[] {
  const rows = layers.map(({ digest, size, role, name, distributions }) => [
    digest.slice('sha256:'.length, 'sha256:'.length + 12),
    formatBytes(size),
    role ?? '',
    cutTo(contentOf({ role, name, distributions }), NAME_WIDTH),
  ]);
  return [
    style.bold('layers'),
    ...tableOf(rows, ['left', 'right', 'left', 'left']).map((line) => safe(`  ${line}`)),
  ];
}

/** What a layer holds, where its role does not say it all. */
function contentOf({
  role,
  name,
  distributions,
}: Pick<Inspected['layers'][number], 'role' | 'name' | 'distributions'>): string {
  if (role === 'dependencies' && distributions.length > 0) return shortList(distributions);
  return name === role ? '' : name.replace(/^dependencies: /, '').replaceAll(/\s+/g, ' ');
}

function shortList(packages: readonly Package[]): string {
  return packages.map(({ name, version }) => (version === null ? name : `${name} ${version}`)).join(', ');
}

function packageLines(
  packages: readonly Package[] | null,
  what: string,
  from: Inspected['packagesFrom'],
  style: Style,
): string[] {
  if (packages === null) {
    const hint =
      what === 'distributions'
        ? 'no SBOM says it: `--deep` reads the layers'
        : 'the SBOM does not list them: `--deep` reads the layers';
    return from === null && what !== 'distributions' ? [] : ['', `${style.bold(what)}  ${hint}`];
  }
  const source = from === 'files' ? 'by its files' : 'as its SBOM says';
  const lines = tableOf(
    packages.map(({ name, version }) => [name, version ?? '']),
    ['left', 'left'],
  );
  return [
    '',
    `${style.bold(what)}  ${packages.length}, ${source}`,
    ...lines.map((line) => safe(`  ${line}`)),
  ];
}

function attachmentLines(attachments: readonly Attachment[], whose: string, style: Style): string[][] {
  if (attachments.length === 0) return [];
  const rows = attachments.map(({ kind, type, digest, format, components, signer, issuer }) => [
    kind,
    format === null ? type : `${format}, ${components} components`,
    digest.slice('sha256:'.length, 'sha256:'.length + 12),
    signer === null ? '' : `names ${signer}${issuer === null ? '' : ` by ${issuer}`}, not verified`,
  ]);
  const lines = tableOf(rows, ['left', 'left', 'left', 'left']).map((line) => safe(`  ${line}`));
  return [[`${style.bold('attachments')}  ${whose}`, ...lines]];
}
