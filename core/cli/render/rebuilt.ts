/** What came of building images again, a line each. */
import type { RebuildReport } from '../../index.ts';
import { tableOf } from './table.ts';

export function formatRebuilt({ images }: RebuildReport): string {
  const rows = images.map(({ platform, digest }) => [platform, digest, 'built again, the same']);
  return `${tableOf(rows, ['left', 'left', 'left']).join('\n')}\n`;
}
