/** What a matcher was handed: a build, one of its images, or a report. */
import type { BuildReport } from '../../pipeline/report.ts';
import type { InMemoryBuild } from '../build-in-memory.ts';
import type { BuiltAttachment, BuiltImage } from '../built-image.ts';

/**
 * The image, or the only one of a build.
 *
 * @throws RangeError where a build has none or several, so that `.not` cannot pass for want of an image; TypeError
 */
export function imageOf(received: unknown): BuiltImage {
  if (isBuild(received)) return received.image;
  if (has<BuiltImage>(received, 'files', 'config', 'layers')) return received;
  throw new TypeError('expected what `buildInMemory` gives, or one of its images');
}

/** The report, or the one of a build. @throws TypeError */
export function reportOf(received: unknown): BuildReport {
  if (isBuild(received)) return received.report;
  if (has<BuildReport>(received, 'ok', 'error', 'warnings')) return received;
  throw new TypeError('expected what `buildInMemory` gives, or the report of a build');
}

/** The attachments of an image; of a build, all of them. @throws as {@link imageOf} */
export function attachmentsOf(received: unknown): readonly BuiltAttachment[] {
  if (isBuild(received) && received.images.length > 1) return received.attachments;
  return imageOf(received).attachments;
}

function isBuild(value: unknown): value is InMemoryBuild {
  return has<InMemoryBuild>(value, 'report', 'images', 'written');
}

function has<T>(value: unknown, ...keys: readonly (keyof T & string)[]): value is T {
  return typeof value === 'object' && value !== null && keys.every((key) => key in value);
}
