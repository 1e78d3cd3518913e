/** What each platform lacks, as a table: a line a distribution, with why no wheel fits and which release has one. */
import type { BuildReport, ReportedLack, ReportedPlatform, ReportedRefusal } from '../../pipeline/report.ts';
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';
import { tableOf } from './table.ts';

/** From what fits least to what comes nearest to fitting. */
const NEARNESS: readonly ReportedRefusal['kind'][] = [
  'not-a-wheel',
  'implementation',
  'python',
  'requires-python',
  'abi',
  'operating-system',
  'platform',
  'architecture',
  'libc',
];

const HEAD = ['platform', 'without a wheel', 'why', 'nearest that has one'];

/** One table an image. */
export function formatPlatforms(report: BuildReport, style: Style): string {
  const platforms = report.platforms ?? [];
  const images = [...new Set(platforms.map(({ image }) => image))];
  const sections = images.map((image) => {
    const own = platforms.filter((one) => one.image === image);
    const rows = own.flatMap(rowsOf);
    const [head = '', ...lines] = tableOf([HEAD, ...rows], ['left', 'left', 'left', 'left']);
    const python = own.find((one) => one.python !== null)?.python;
    const on = python == null ? '' : `, Python ${python.version} (${python.tag}, ${python.libc})`;
    return [
      style.bold(safe(`${image} on ${own[0]?.base ?? 'no base'}${on}`)),
      style.dim(safe(head)),
      ...lines.map(safe),
    ].join('\n');
  });
  return `${sections.join('\n\n')}\n\n${style.dim('* is built for')}\n`;
}

function rowsOf({ platform, configured, lacks, distributions, error }: ReportedPlatform): string[][] {
  const title = configured ? `${platform} *` : platform;
  if (error !== null) return [[title, 'cannot be said', error.message.split('\n', 1)[0]!, '']];
  if (lacks.length === 0) return [[title, 'nothing', `${distributions} of ${distributions} have one`, '']];
  return lacks.map((lack, index) => [
    index === 0 ? title : '',
    [lack.name, lack.version].filter(Boolean).join(' '),
    lack.builds ? `${whyOf(lack)}: to be built` : whyOf(lack),
    nearestOf(lack),
  ]);
}

function whyOf({ files, reason }: ReportedLack): string {
  if (files.length === 0) return reason;
  const best = Math.max(...files.map(({ kind }) => NEARNESS.indexOf(kind)));
  const nearest = files.filter(({ kind }) => NEARNESS.indexOf(kind) === best);
  const reasons = [...new Set(nearest.map((file) => file.reason))];
  const tails = new Set(reasons.map((text) => text.slice(text.indexOf(';'))));
  // `for aarch64; the target is riscv64`, once for all machines that there are wheels for.
  if (reasons.length < 2 || tails.size !== 1 || !reasons[0]!.includes(';')) return reasons[0] ?? reason;
  const [first, ...others] = reasons.map((text) => text.slice(0, text.indexOf(';')));
  return (
    [first, ...others.map((text) => text.replace(/^(?:for|needs|made for) /, ''))].join(', ') + [...tails][0]
  );
}

function nearestOf({ asked, nearest }: ReportedLack): string {
  if (!asked) return 'not asked';
  if (nearest === null) return 'none';
  const { version, age } = nearest;
  return { same: `${version} itself: lock again`, newer: version, older: `${version}, older` }[age];
}
