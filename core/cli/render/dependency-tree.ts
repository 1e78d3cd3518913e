/** All that goes into an image as a tree: each distribution below what asks for it, with the size of its file. */
import type { BuildReport, ReportedDistribution, ReportedImage } from '../../pipeline/report.ts';
import { formatBytes } from './measure.ts';
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';

/** One tree an image and platform. What was printed with all below it is not printed so again. */
export function formatDependencyTree(report: BuildReport, style: Style): string {
  const project = report.project?.name ?? '';
  const sections = report.images.map((image) => {
    const title = `${image.name} for ${image.platform}: ${summaryOf(image.distributions)}`;
    return [style.bold(safe(title)), ...treeOf(image, project).map((line) => safe(line))].join('\n');
  });
  const isShortened = sections.some((section) => section.endsWith(' (*)') || section.includes(' (*)\n'));
  return `${sections.join('\n\n')}\n${isShortened ? `\n${style.dim('(*) what it needs is printed above')}\n` : ''}`;
}

function summaryOf(distributions: readonly ReportedDistribution[]): string {
  const known = distributions.filter(({ fileSize }) => fileSize !== null);
  const sum = formatBytes(known.reduce((total, { fileSize }) => total + (fileSize ?? 0), 0));
  const count = `${distributions.length} distribution${distributions.length === 1 ? '' : 's'}`;
  if (known.length === 0) return count;
  return `${count}, ${known.length === distributions.length ? sum : `${sum} of the ${known.length} whose size is known`}`;
}

function treeOf({ distributions }: ReportedImage, project: string): string[] {
  const byName = new Map(distributions.map((one) => [one.name, one]));
  const children = new Map<string, ReportedDistribution[]>();
  const roots: ReportedDistribution[] = [];
  for (const one of distributions) {
    const parents = one.requestedBy.filter((name) => byName.has(name) && name !== project);
    // Beside what the project asks for: what nobody is known to ask for.
    if (parents.length < one.requestedBy.length || parents.length === 0) roots.push(one);
    for (const name of parents) children.set(name, [...(children.get(name) ?? []), one]);
  }
  const lines: string[] = [];
  const printed = new Set<string>();
  const print = (one: ReportedDistribution, prefix: string, isLast: boolean): void => {
    const below = children.get(one.name) ?? [];
    const isKnown = printed.has(one.name) && below.length > 0;
    const size = one.fileSize === null ? '' : `  ${formatBytes(one.fileSize)}`;
    const built = one.source === 'wheel' ? '' : `  to be built (${one.source})`;
    lines.push(
      `${prefix}${isLast ? '└── ' : '├── '}${one.name} ${one.version}${size}${built}${isKnown ? ' (*)' : ''}`,
    );
    if (isKnown) return;
    printed.add(one.name);
    for (const [index, child] of below.entries())
      print(child, `${prefix}${isLast ? '    ' : '│   '}`, index === below.length - 1);
  };
  for (const [index, root] of roots.entries()) print(root, '', index === roots.length - 1);
  // Those that ask for one another, and that nothing else asks for.
  for (const one of distributions) if (!printed.has(one.name)) print(one, '', true);
  return lines;
}
