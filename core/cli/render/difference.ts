/** What differs between two images, as text: `+` is only in the second, `-` only in the first, `~` in both and another. */
import type { DiffReport } from '../../index.ts';
import { formatBytes } from './measure.ts';
import { cutTo, safe } from './safe-text.ts';
import type { Style } from './style.ts';

type Diffed = DiffReport['images'][number];
type Line = readonly [sign: '+' | '-' | '~', text: string];

const VALUE_WIDTH = 80;

export function formatDifference(report: DiffReport, style: Style): string {
  if (report.equal) return `the same image: ${report.after ?? ''}\n`;
  const { removed, added } = report.platforms;
  const platforms: Line[] = [
    ...removed.map((name): Line => ['-', name]),
    ...added.map((name): Line => ['+', name]),
  ];
  const sections = [
    section('platforms', platforms, style),
    ...report.images.flatMap((image) => imageSections(image, style)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function imageSections(image: Diffed, style: Style): string[][] {
  const { platform, equal, size, distributions, systemPackages, configuration, layers, files } = image;
  const title = style.bold(safe(platform));
  if (equal) return [[`${title}  the same`]];
  const grown = size.after - size.before;
  const sign = grown < 0 ? '-' : '+';
  const sizes = `${formatBytes(size.before)} → ${formatBytes(size.after)}, ${sign}${formatBytes(Math.abs(grown))}`;
  const unknown = 'no SBOM of both says what is in them: `--files` compares files';
  return [
    [`${title}  ${sizes}`],
    distributions === null
      ? [`${style.bold('distributions')}  ${unknown}`]
      : section('distributions', packageLines(distributions), style),
    section('system packages', packageLines(systemPackages), style),
    section(
      'configuration',
      configuration.map(({ name, before, after }): Line => {
        if (before === null) return ['+', `${name}: ${short(after)}`];
        return after === null
          ? ['-', `${name}: ${short(before)}`]
          : ['~', `${name}: ${short(before)} → ${short(after)}`];
      }),
      style,
    ),
    section(
      `layers, ${layers.common} in common`,
      [
        ...layers.removed.map((layer): Line => ['-', layerLine(layer)]),
        ...layers.added.map((layer): Line => ['+', layerLine(layer)]),
      ],
      style,
    ),
    section('files', fileLines(files), style),
  ];
}

function section(title: string, lines: readonly Line[], style: Style): string[] {
  if (lines.length === 0) return [];
  const paint = { '+': style.green, '-': style.red, '~': style.yellow };
  return [style.bold(title), ...lines.map(([sign, text]) => `  ${paint[sign](sign)} ${safe(text)}`)];
}

function packageLines(changes: Diffed['distributions']): Line[] {
  if (changes === null) return [];
  return [
    ...changes.removed.map(({ name, version }): Line => ['-', `${name} ${version ?? ''}`]),
    ...changes.added.map(({ name, version }): Line => ['+', `${name} ${version ?? ''}`]),
    ...changes.changed.map(({ name, before, after }): Line => ['~', `${name} ${before} → ${after}`]),
  ];
}

function layerLine({ digest, size, name }: Diffed['layers']['added'][number]): string {
  const short = digest.slice('sha256:'.length, 'sha256:'.length + 12);
  return `${short}  ${formatBytes(size)}  ${cutTo(name.replaceAll(/\s+/g, ' '), VALUE_WIDTH)}`.trimEnd();
}

function fileLines(files: Diffed['files']): Line[] {
  if (files === null) return [];
  return [
    ...files.removed.map(({ path, size }): Line => ['-', `${path}  ${formatBytes(size)}`]),
    ...files.added.map(({ path, size }): Line => ['+', `${path}  ${formatBytes(size)}`]),
    ...files.changed.map(({ path, before, after, what }): Line => {
      const sizes = before === after ? formatBytes(after) : `${formatBytes(before)} → ${formatBytes(after)}`;
      return ['~', `${path}  ${what.includes('content') ? sizes : what.join(', ')}`];
    }),
  ];
}

function short(value: string | null): string {
  return cutTo((value ?? '').replaceAll(/\s+/g, ' '), VALUE_WIDTH);
}
