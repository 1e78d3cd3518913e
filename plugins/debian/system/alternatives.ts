/** What `update-alternatives --install` (update-alternatives(1)) would do, where a script states it literally. */
import { baseName, comparePaths, parseTreePath } from 'pycontainer';
import { commandsOf } from '../shell-commands.ts';
import type { Cured, RootView } from './root-view.ts';
import { exists, linkOf } from './root-view.ts';

interface Choice {
  readonly link: string;
  readonly name: string;
  readonly path: string;
}

interface Alternative extends Choice {
  readonly priority: number;
  readonly slaves: readonly Choice[];
}

/** The best alternative of each name, with those of its slaves that are there. */
export function alternatives(root: RootView): readonly Cured[] {
  const best = new Map<string, Alternative>();
  for (const { scripts } of root.packages) {
    for (const alternative of alternativesIn(scripts.get('postinst') ?? '')) {
      if (!exists(root, alternative.path)) continue;
      const before = best.get(alternative.name);
      if (before === undefined || order(alternative, before) < 0) best.set(alternative.name, alternative);
    }
  }
  return [...best.values()].flatMap((alternative) => [
    ...linksOf(root, alternative),
    ...alternative.slaves.filter(({ path }) => exists(root, path)).flatMap((slave) => linksOf(root, slave)),
  ]);
}

/** The literal installations of a script; what holds a variable or is malformed is left out. */
export function alternativesIn(script: string): readonly Alternative[] {
  return commandsOf(script).flatMap(({ words }) => {
    if (baseName(words[0] ?? '') !== 'update-alternatives') return [];
    const at = words.indexOf('--install');
    const [link, name, path, priority] = words.slice(at + 1, at + 5).map(literal);
    if (at === -1 || !link || !name || !path || !/^-?\d+$/.test(priority ?? '')) return [];
    if (!areSafe(link, name, path)) return [];
    const slaves: Choice[] = [];
    for (let next = words.indexOf('--slave', at); next !== -1; next = words.indexOf('--slave', next + 1)) {
      const [slave, own, target] = words.slice(next + 1, next + 4).map(literal);
      if (slave && own && target && areSafe(slave, own, target)) slaves.push(choice(slave, own, target));
    }
    return [{ ...choice(link, name, path), priority: Number(priority), slaves }];
  });
}

function choice(link: string, name: string, path: string): Choice {
  return { link: link.slice(1), name, path: path.slice(1) };
}

/** Scripts that can run against another root put that root's variable, empty here, before paths. */
function literal(word: string): string {
  const plain = word.replace(/^(?:\$DPKG_ROOT|\$\{DPKG_ROOT(?::-)?\})/, '');
  return plain.includes('$') || plain.includes('`') ? '' : plain;
}

function areSafe(link: string, name: string, path: string): boolean {
  try {
    for (const each of [link, path])
      if (parseTreePath(each.slice(1)) === '' || !each.startsWith('/')) return false;
    return !parseTreePath(name).includes('/');
  } catch {
    return false;
  }
}

function linksOf(root: RootView, { link, name, path }: Choice): readonly Cured[] {
  return [
    linkOf(root.locate(parseTreePath(link)), `/etc/alternatives/${name}`),
    linkOf(`etc/alternatives/${name}`, `/${path}`),
  ];
}

/** Of equal priorities the first path, whatever the order of packages. */
function order(a: Alternative, b: Alternative): number {
  return b.priority - a.priority || comparePaths(a.path, b.path);
}
