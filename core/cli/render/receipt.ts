/** What a copy of an image did, in one line. */
import type { CopyReport } from '../../index.ts';
import { shownReference } from './location.ts';
import { formatBytes, formatDuration } from './measure.ts';
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';

/** How other programs address the copy. */
export function formatDestination({ output }: Pick<CopyReport, 'output'>, cwd: string): string {
  return output === null ? '' : `${safe(shownReference(output.reference, cwd))}\n`;
}

/** What was written, and what was there already. */
export function formatReceipt(
  { image, output, timings }: Pick<CopyReport, 'image' | 'output' | 'timings'>,
  style: Style,
): string {
  if (image === null || output === null) return '';
  const facts = [
    count(image.documents, 'manifest'),
    image.referrers.length === 0 ? '' : count(image.referrers.length, 'referrer'),
    output.blobsUploaded === 0 ? '' : `${formatBytes(output.bytesUploaded)} uploaded`,
    output.blobsMounted === 0 ? '' : `${count(output.blobsMounted, 'blob')} mounted`,
    output.blobsPresent === 0 ? '' : `${count(output.blobsPresent, 'blob')} there already`,
  ];
  const said = facts.filter((fact) => fact !== '').join(', ');
  return `${style.green('done')} in ${formatDuration(timings.total ?? 0)}: ${said}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
