/** What git ignores in a project: every .gitignore from the work tree's top down, and `.git/info/exclude`. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gitRules, type RuleSet } from './ignore-rules.ts';

/**
 * The rules that hold above a project's folder. Those of a surrounding work tree that ignores the whole
 * project are not meant for its contents and are left out.
 *
 * @param directory absolute
 * @returns the weakest first; the project's own .gitignore files are not among them
 */
export async function outerVcsRules(directory: string): Promise<readonly RuleSet[]> {
  const top = await workTreeOf(directory);
  if (top === undefined) return [];
  const below: string[] = [];
  for (let at = directory; at !== top; at = dirname(at)) below.unshift(basename(at));
  const project = below.join('/');
  const rules: RuleSet[] = [];
  const exclude = await readIfThere(join(top, '.git', 'info', 'exclude'));
  if (exclude !== undefined) rules.push(gitRules(exclude));
  for (const [depth] of below.entries()) {
    const base = below.slice(0, depth).join('/');
    const text = await readIfThere(join(top, base, '.gitignore'));
    if (text !== undefined) rules.push(gitRules(text, base));
  }
  const prefix = project === '' ? '' : `${project}/`;
  if (project !== '' && judgeInTurn(rules, project) === 'leave') return [];
  return rules.map((rule) => ({
    judge: (path, isDirectory) => rule.judge(prefix + path, isDirectory),
    mayTakeBelow: (path, broadly) => rule.mayTakeBelow(prefix + path, broadly),
  }));
}

/** The verdict of the last rule set that has one. */
export function judgeInTurn(
  rules: readonly RuleSet[],
  path: string,
  isDirectory = true,
): ReturnType<RuleSet['judge']> {
  for (let index = rules.length - 1; index >= 0; index -= 1) {
    const verdict = rules[index]!.judge(path, isDirectory);
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

/** The text of a file; undefined where there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}

async function workTreeOf(directory: string): Promise<string | undefined> {
  for (let at = directory; ; at = dirname(at)) {
    const found = await stat(join(at, '.git')).catch(() => undefined);
    if (found !== undefined) return at;
    if (dirname(at) === at) return undefined;
  }
}
