/** A distribution's explanation as a person reads it: why it is in, what was taken, and what was passed over. */
import type { BuildReport, ReportedExplanation, ReportedRefusal } from '../../pipeline/report.ts';
import { formatBytes } from './measure.ts';
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';
import { tableOf } from './table.ts';

/** Ways from the project that are printed at most. */
const MOST_PATHS = 20;

/** One section an image and platform. */
export function formatDistribution(report: BuildReport, style: Style): string {
  const explanations = report.explanations ?? [];
  const images = new Set(report.images.map(({ name }) => name));
  const sections = explanations.map((one) => sectionOf(one, images.size > 1, style));
  const lacking = report.images.filter(
    ({ name, platform }) => !explanations.some((one) => one.image === name && one.platform === platform),
  );
  if (lacking.length > 0) sections.push([notIn(lacking, images.size > 1)]);
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function notIn(lacking: BuildReport['images'], isNamed: boolean): string {
  if (!isNamed) return `not in the image for ${lacking.map(({ platform }) => platform).join(', ')}`;
  const places = lacking.map(({ name, platform }) => safe(`${name} for ${platform}`));
  return `not in ${places.join(', ')}`;
}

function sectionOf(one: ReportedExplanation, isNamed: boolean, style: Style): string[] {
  const title = `${one.name} ${one.version} for ${one.platform} (${one.python})`;
  const ways = one.paths.slice(0, MOST_PATHS).map((path) => path.join(' > '));
  const more = one.paths.length - ways.length;
  const { file } = one;
  const rows = [
    ...labelled('asked for', [
      ...(ways.length === 0 ? ['the lock does not say by what'] : ways),
      ...(more > 0 ? [`and on ${more} more ways`] : []),
    ]),
    ...(one.needs.length === 0 ? [] : [['needs', one.needs.join(', ')]]),
    ...(file === null
      ? [['taken', `its sources (${one.source}): a wheel is built of them`]]
      : [
          ['taken', [file.name, ...(file.size === null ? [] : [formatBytes(file.size)])].join(', ')],
          ...(file.tag === null ? [] : [['fits by', file.tag]]),
          ...(file.hash === null ? [] : [['hash', file.hash]]),
          ...(file.url === null ? [] : [['from', file.url]]),
        ]),
    ...labelled('passed over', refusals(one.passedOver)),
  ];
  return [
    style.bold(safe(isNamed ? `${one.image}: ${title}` : title)),
    ...tableOf(rows, ['left', 'left']).map((line) => `  ${safe(line)}`),
  ];
}

/** The label beside the first line. */
function labelled(label: string, lines: readonly string[]): string[][] {
  return lines.map((line, index) => [index === 0 ? label : '', line]);
}

/** Files that were passed over for one reason share a line. */
function refusals(passedOver: readonly ReportedRefusal[] | null): readonly string[] {
  if (passedOver === null) return ['neither the lock nor an index lists the other files'];
  if (passedOver.length === 0) return ['nothing: it is the only file'];
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of passedOver) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  return [...byReason].map(([reason, names]) => {
    const others = names.length === 1 ? '' : ` and ${names.length - 1} more`;
    return `${names[0]}${others}: ${reason}`;
  });
}
