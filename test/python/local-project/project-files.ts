/** Projects in memory, for tests of the rules that build backends follow. */

import { gitRules } from '../../../core/pipeline/sources/ignore-rules.ts';
import type { ProjectEntry, ProjectFiles, Surroundings } from '../../../core/python/local-project/index.ts';

/** @param links paths that are links, whatever they lead to */
export function filesOf(
  texts: Readonly<Record<string, string>>,
  links: readonly string[] = [],
): ProjectFiles {
  const folders = new Map<string, Map<string, ProjectEntry['type']>>();
  const add = (path: string, type: ProjectEntry['type']): void => {
    const slash = path.lastIndexOf('/');
    const folder = slash === -1 ? '' : path.slice(0, slash);
    const entries = folders.get(folder) ?? new Map<string, ProjectEntry['type']>();
    folders.set(folder, entries);
    if (folder !== '') add(folder, 'folder');
    entries.set(path.slice(slash + 1), type);
  };
  for (const path of Object.keys(texts)) add(path, 'file');
  for (const path of links) add(path, 'link');
  return {
    list: (folder) =>
      [...(folders.get(folder) ?? [])]
        .map(([name, type]) => ({ name, type }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    read: (path) => Buffer.from(texts[path]!),
    isExecutable: () => false,
  };
}

/** A work tree of git, whose top the project is. */
export function surroundingsOf(texts: Readonly<Record<string, string>>): Surroundings {
  const gitignore = texts['.gitignore'];
  const rules = gitRules(gitignore ?? '');
  return {
    directory: '/work/project',
    gitignore,
    mercurial: false,
    isIgnored: (path) => rules.judge(path, false) === 'leave',
  };
}
