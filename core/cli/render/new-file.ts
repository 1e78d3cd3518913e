/** A file that is about to be written, as a unified diff against nothing. */
import { safe } from './safe-text.ts';
import type { Style } from './style.ts';

/** @param path - as it is shown; @param text - ends with a line break */
export function formatNewFile(path: string, text: string, style: Style): string {
  const lines = text.replace(/\n$/, '').split('\n');
  return [
    style.bold('--- /dev/null'),
    style.bold(`+++ ${safe(path)}`),
    style.cyan(`@@ -0,0 +1,${lines.length} @@`),
    ...lines.map((line) => style.green(`+${safe(line)}`)),
    '',
  ].join('\n');
}
