/** The merged configuration as a person reads it: key and value, and below them where the value came from. */
import type { BuildReport } from '../../pipeline/report.ts';
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';

/** One section an image: `key = value`, then the origin; then what the presets saw. */
export function formatExplanation(report: BuildReport, style: Style): string {
  const images = report.configuration ?? [];
  const sections = images.map(({ image, values }) => [
    ...(images.length > 1 ? [style.bold(image)] : []),
    ...values.flatMap(({ key, value, origin }) => [
      `${style.bold(safe(key))} = ${safe(JSON.stringify(value) ?? '')}`,
      `    ${style.dim(safe(origin))}`,
    ]),
  ]);
  const seen = (report.preset?.reasons ?? []).map(({ message, file, line }) => {
    const place = file === undefined ? '' : ` (${file}${line === undefined ? '' : `:${line}`})`;
    return `  ${safe(`${message}${place}`)}`;
  });
  const preset =
    report.preset === null
      ? [`${style.bold('preset')}: none applied`]
      : [`${style.bold('preset')}: ${safe(report.preset.name)}`, ...seen];
  return `${[...sections, preset].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
