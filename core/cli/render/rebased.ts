/** What became of an image on another base, a line a platform. */
import type { RebaseReport } from '../../index.ts';
import { shownReference } from './location.ts';
import { formatBytes, formatDuration } from './measure.ts';
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';

/** How other programs address what was written, a line each. */
export function formatWritten({ outputs }: Pick<RebaseReport, 'outputs'>, cwd: string): string {
  return outputs.map(({ reference }) => `${safe(shownReference(reference, cwd))}\n`).join('');
}

export function formatRebased(
  { digest, images, outputs, timings }: Pick<RebaseReport, 'digest' | 'images' | 'outputs' | 'timings'>,
  style: Style,
): string {
  const lines = images.map(({ platform, base, python, layers }) => {
    const version = python.old === python.new ? python.new : `${python.old} → ${python.new}`;
    const replaced = `${layers.removed} layers of the base become ${layers.added}, ${layers.kept} stay`;
    return `${style.bold(safe(platform))}  on ${safe(base.reference)}, Python ${safe(version)}: ${replaced}`;
  });
  const uploaded = outputs.reduce((sum, one) => sum + one.bytesUploaded, 0);
  const what =
    outputs.length === 0 ? 'nothing written, it would be' : `${formatBytes(uploaded)} uploaded, it is`;
  const took = formatDuration(timings.total ?? 0);
  return `${[...lines, `${style.green('done')} in ${took}: ${what} ${digest ?? ''}`].join('\n')}\n`;
}
