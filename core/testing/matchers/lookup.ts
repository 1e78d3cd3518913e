/** Looks a name up among others, and says what is there instead. */
import { comparePaths } from '../../primitives/path.ts';
import type { BuiltImage } from '../built-image.ts';
import { answerOf, type ExpectedText, instead, type MatcherContext, type MatcherResult } from './result.ts';

/** A name among others, and what it stands for where that is asked. */
export function entry(
  kind: string,
  values: Readonly<Record<string, string>>,
  name: string,
  expected: ExpectedText | undefined,
  context: MatcherContext,
): MatcherResult {
  if (!Object.hasOwn(values, name)) {
    return {
      pass: false,
      message: () => `the image has no ${kind} \`${name}\`; ${instead(name, Object.keys(values))}`,
    };
  }
  if (expected !== undefined) return answerOf(`the ${kind} \`${name}\``, values[name]!, expected, context);
  return { pass: true, message: () => `the image has the ${kind} \`${name}\`, and should not` };
}

/** What is near: a file of nearly the same path, or what lies in the nearest folder that there is. */
export function missingFile({ files }: BuiltImage, path: string): string {
  const folder = folderOf(path, files.keys());
  const below = [...files.keys()].filter((each) => each.startsWith(folder));
  const names = new Set(below.map((each) => each.slice(folder.length).split('/')[0]!));
  const where = folder === '' ? 'at its root' : `in \`${folder}\``;
  const near = instead(path.slice(folder.length), [...names].sort(comparePaths));
  const elsewhere = [...files.keys()]
    .filter((each) => each.endsWith(`/${path.split('/').at(-1)}`))
    .slice(0, 3);
  const also = elsewhere.map((each) => `\`${each}\``).join(', ');
  return `the image has no file \`${path}\`; ${where} ${near}${also === '' ? '' : `; of that name: ${also}`}`;
}

/** The deepest folder above the path that anything lies in, with a slash at its end. */
function folderOf(path: string, paths: Iterable<string>): string {
  const all = [...paths];
  for (let at = path.lastIndexOf('/'); at !== -1; at = path.lastIndexOf('/', at - 1)) {
    const folder = path.slice(0, at + 1);
    if (all.some((each) => each.startsWith(folder))) return folder;
  }
  return '';
}
