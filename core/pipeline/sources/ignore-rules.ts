/**
 * One source of ignore rules each: a gitignore, a .dockerignore, a list from the configuration. A rule set
 * judges a path or says nothing of it; which set has the last word is not known here.
 */
import dockerignore from '@balena/dockerignore';
import ignore from 'ignore';
import { messageOf, PycError } from '../../primitives/errors.ts';

/** What a rule set says of a path; undefined where it says nothing. */
export type Verdict = 'leave' | 'take' | undefined;

export interface RuleSet {
  /** @param path relative to the project's folder */
  judge(path: string, isDirectory: boolean): Verdict;
  /**
   * True where a rule could take in something below a folder that is left out.
   *
   * @param broadly count rules that name no folder as well, such as `!**` + `/*.py`
   */
  mayTakeBelow(directory: string, broadly: boolean): boolean;
}

/** A pattern in `.dockerignore` cannot be read as one. */
export class IgnoreRuleError extends PycError {
  readonly code = 'PYC_IGNORE_RULE_INVALID';
  override readonly exitCode = 2;
}

/** gitignore(5). `base` is the folder of the file, relative to the project's, `''` for that itself. */
export function gitRules(lines: string | readonly string[], base = '', caseless = false): RuleSet {
  const patterns = linesOf(lines);
  const matcher = ignore({ ignorecase: caseless }).add(patterns);
  const prefix = base === '' ? '' : `${base}/`;
  const takers = patterns
    .filter((line) => line.startsWith('!'))
    .map((line) => segmentsOf(line.slice(1), prefix));
  return {
    judge(path, isDirectory) {
      if (!path.startsWith(prefix)) return undefined;
      const { ignored, unignored } = matcher.test(path.slice(prefix.length) + (isDirectory ? '/' : ''));
      return ignored ? 'leave' : unignored ? 'take' : undefined;
    },
    mayTakeBelow: (directory, broadly) => takers.some((pattern) => reachesBelow(pattern, directory, broadly)),
  };
}

/** Patterns in gitignore's syntax that take in what they match. */
export function takingRules(patterns: readonly string[]): RuleSet {
  const plain = patterns.map((pattern) => pattern.replace(/^\.\//, ''));
  const matcher = ignore({ ignorecase: false }).add([...plain]);
  const takers = plain.map((pattern) => segmentsOf(pattern, ''));
  return {
    judge: (path, isDirectory) =>
      matcher.test(path + (isDirectory ? '/' : '')).ignored ? 'take' : undefined,
    mayTakeBelow: (directory, broadly) => takers.some((pattern) => reachesBelow(pattern, directory, broadly)),
  };
}

/** .dockerignore, whose patterns start at the top and of which the last one that matches holds. */
export function dockerRules(text: string): RuleSet {
  const patterns = linesOf(text);
  const matcher = dockerignore.default({ ignorecase: false }).add(patterns);
  // Where everything is left out first, only what an exception takes in is not ignored.
  const exceptions = dockerignore.default({ ignorecase: false }).add(['**', ...patterns]);
  const takers = patterns
    .map((line) => line.trim())
    .filter((line) => line.startsWith('!'))
    .map((line) =>
      line
        .slice(1)
        .trim()
        .replace(/^\/+|\/+$/g, '')
        .split('/'),
    );
  try {
    // The library reads its patterns when they are first used.
    matcher.ignores('a');
  } catch (cause) {
    throw new IgnoreRuleError(`\`.dockerignore\` has a pattern that cannot be read: ${messageOf(cause)}`, {
      hint: 'correct the pattern',
      cause,
    });
  }
  return {
    judge: (path) => (matcher.ignores(path) ? 'leave' : exceptions.ignores(path) ? undefined : 'take'),
    mayTakeBelow: (directory, broadly) => takers.some((pattern) => reachesBelow(pattern, directory, broadly)),
  };
}

function linesOf(lines: string | readonly string[]): string[] {
  return typeof lines === 'string' ? lines.replace(/^\ufeff/, '').split(/\r?\n/) : [...lines];
}

/** A gitignore pattern as segments from the project's folder; one without a slash could match anywhere. */
function segmentsOf(pattern: string, prefix: string): string[] {
  const body = pattern.replace(/\/+$/, '');
  const anchored = body.includes('/');
  const own = body.replace(/^\/+/, '').split('/');
  return [...prefix.split('/').slice(0, -1), ...(anchored ? own : ['**', ...own])];
}

function reachesBelow(pattern: readonly string[], directory: string, broadly: boolean): boolean {
  for (const [index, segment] of directory.split('/').entries()) {
    const wanted = pattern[index];
    if (wanted === undefined) return true;
    if (wanted === '**') return broadly || index > 0;
    if (/[*?[\\]/.test(wanted)) {
      if (!broadly && index === 0) return false;
      if (!segmentPattern(wanted).test(segment)) return false;
    } else if (wanted !== segment) return false;
  }
  return true;
}

/** Wide enough: a folder that is looked into in vain costs time, one that is passed over costs files. */
function segmentPattern(segment: string): RegExp {
  const body = segment.replace(/\[[^\]]*\]|\\.|[*?]|[^*?[\\]+|[[\\]/g, (piece) =>
    /^[^*?[\\]/.test(piece) ? piece.replace(/[.+^${}()|\]]/g, '\\$&') : '.*',
  );
  return new RegExp(`^${body}$`);
}
