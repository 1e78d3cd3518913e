/** The last screen of a build: what was made, where it is, how large, how long it took, and what to type next. */
import type { BuildReport, ReportedImage, ReportedLayer } from '../../pipeline/report.ts';
import { shownPath, shownReference } from './location.ts';
import { formatBytes, formatDuration } from './measure.ts';
import { nextCommands } from './next-command.ts';
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';
import { tableOf } from './table.ts';

/**
 * The screen of a build that succeeded.
 *
 * @param words - what was typed after `pyc build`, for a command that repeats it
 */
export function formatSummary(
  report: BuildReport,
  cwd: string,
  style: Style,
  words: readonly string[] = [],
  program = 'pyc',
): string {
  const sections = [
    ...report.images.map((image) => imageSection(report, image, style)),
    outputSection(report, cwd, style),
    footer(report, style),
    ...nextCommands(report, cwd, words, program).map(({ title, lines }) => [
      `${style.bold(title)}:`,
      ...lines.map((line) => `  ${safe(line)}`),
    ]),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What a dry run or a check would do. */
export function formatPlan(report: BuildReport, cwd: string, style: Style): string {
  const { project, lock } = report;
  const rows = [
    [
      'project',
      project === null
        ? 'none'
        : [project.name, project.version, `in ${shownPath(project.directory, cwd)}`]
            .filter(Boolean)
            .join(' '),
    ],
    [
      'lock',
      lock === null
        ? 'none'
        : `${lock.madeBy === undefined ? lock.path : `none, chosen by ${lock.madeBy}`} (${lock.format})`,
    ],
    ...report.images.flatMap((image) => [
      ['image', `${image.name} for ${image.platform}`],
      ['base', image.base.reference],
      ['python', `${image.python.version}, ${image.python.libc}`],
      ['contents', `${count(image.distributions.length, 'distribution')}`],
      ['starts', image.command.length === 0 ? 'nothing: set `entrypoint` or `cmd`' : image.command.join(' ')],
    ]),
  ];
  return `${tableOf(rows, ['left', 'left']).map(safe).join('\n')}\n\n${style.green('ok:')} ${verdictOf(report)}\n`;
}

/** A base on this host, none at all, or one that states its digest is what it is. */
function verdictOf({ command, images }: BuildReport): string {
  if (command !== 'lock') return 'this can be built';
  const pinned = images.some(({ base }) => !/^scratch$|^(?:layout|archive):|@sha256:/.test(base.reference));
  return pinned ? 'the base is pinned in pycontainer.lock' : 'a base like this needs no pin';
}

/** One line an output: how other programs address it. */
export function formatReferences(report: BuildReport, cwd: string): string {
  return report.outputs.map(({ reference }) => `${safe(shownReference(reference, cwd))}\n`).join('');
}

function imageSection(report: BuildReport, image: ReportedImage, style: Style): string[] {
  const version = report.project?.version;
  const title = [image.name, version, `for ${image.platform}`, `on Python ${image.python.version}`]
    .filter(Boolean)
    .join(' ');
  const facts = [
    ['digest', image.digest ?? 'none'],
    ['size', `${formatBytes(image.size ?? 0)} in ${count(image.layers.length, 'layer')}`],
    ['base', image.base.reference],
    ['contents', contentsOfImage(image)],
    ['starts', image.command.join(' ') || 'nothing'],
    ...presetRows(report),
  ];
  const rows = foldBase(image.layers).map((layer) => [
    contentsOf(layer),
    formatBytes(layer.size ?? 0),
    layer.origin ?? '',
  ]);
  return [
    style.bold(safe(title)),
    ...tableOf(facts, ['left', 'left']).map((line) => `  ${safe(line)}`),
    '',
    ...tableOf([['layer', 'size', 'origin'], ...rows], ['left', 'right', 'left']).map((line, index) =>
      index === 0 ? style.dim(`  ${line}`) : `  ${safe(line)}`,
    ),
  ];
}

/** How many distributions, and which of them make it large: those with a tenth of all bytes or more, three at most. */
function contentsOfImage({ distributions }: ReportedImage): string {
  const sizes = distributions.map(({ name, installedSize }) => ({ name, size: installedSize ?? 0 }));
  const total = sizes.reduce((sum, { size }) => sum + size, 0);
  const number = count(distributions.length, 'distribution');
  if (total === 0) return number;
  const largest = sizes
    .filter(({ size }) => size >= total / 10)
    .sort((a, b) => b.size - a.size)
    .slice(0, 3)
    .map(({ name, size }) => `${name} ${formatBytes(size)}`);
  return `${number}, ${formatBytes(total)} unpacked: ${largest.join(', ')}${largest.length < sizes.length ? ', …' : ''}`;
}

/** The layers of the base as one row: they are someone else's. */
function foldBase(layers: readonly ReportedLayer[]): readonly ReportedLayer[] {
  const base = layers.filter(({ role }) => role === 'base');
  const [first] = base;
  if (first === undefined || base.length === 1) return layers;
  const size = base.reduce((sum, layer) => sum + (layer.size ?? 0), 0);
  return [
    { ...first, name: `base, ${base.length} layers`, size },
    ...layers.filter(({ role }) => role !== 'base'),
  ];
}

function contentsOf(layer: ReportedLayer): string {
  if (layer.role !== 'dependencies' || layer.distributions.length < 2) return layer.name;
  return `dependencies: ${count(layer.distributions.length, 'distribution')}`;
}

function outputSection(report: BuildReport, cwd: string, style: Style): string[] {
  if (report.outputs.length === 0) return [];
  const rows = report.outputs.map((output) => [
    shownReference(output.reference, cwd),
    output.blobsUploaded + output.blobsMounted + output.blobsPresent === 0
      ? ''
      : `${formatBytes(output.bytesUploaded)} written, ${count(output.blobsPresent + output.blobsMounted, 'blob')} there already`,
  ]);
  return [style.bold('written to'), ...tableOf(rows, ['left', 'left']).map((line) => `  ${safe(line)}`)];
}

function footer(report: BuildReport, style: Style): string[] {
  const { total, ...stages } = report.timings;
  if (total === undefined) return [];
  const slow = Object.entries(stages)
    .filter(([, time]) => time >= 50)
    .map(([name, time]) => `${name} ${formatDuration(time)}`);
  return [
    `${style.green('done')} in ${formatDuration(total)}${slow.length === 0 ? '' : ` (${slow.join(', ')})`}`,
  ];
}

/** Its reasons were said while the build ran. */
function presetRows({ preset }: BuildReport): string[][] {
  return preset === null ? [] : [['preset', preset.name]];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
