/** The order of PyPI's classifiers, which some backends sort by: by the parts between `::`, numbers by their value. */
import { comparePaths } from '../../primitives/path.ts';

/** For `sort`; private classifiers come first. */
export function compareClassifiers(a: string, b: string): number {
  const isPrivate =
    Number(b.toLowerCase().startsWith('private ::')) - Number(a.toLowerCase().startsWith('private ::'));
  return isPrivate !== 0 ? isPrivate : compareRuns(runsOf(a), runsOf(b));
}

interface Run {
  readonly text: string;
  readonly number: number;
}

function runsOf(classifier: string): readonly Run[] {
  return [...classifier.matchAll(/(\D*)(\d*)/g)].map(([, text = '', digits = '']) => ({
    text,
    number: digits === '' ? -1 : Number(digits),
  }));
}

function compareRuns(a: readonly Run[], b: readonly Run[]): number {
  for (const [index, run] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = comparePaths(run.text, other.text) || run.number - other.number;
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
