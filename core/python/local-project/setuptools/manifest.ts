/** MANIFEST.in (setuptools' user guide, "Controlling files in the distribution"), asked of files that could be a package's data. */
import { notStatic } from '../not-static.ts';
import { escaped, relativePath, segmentSource } from '../tree.ts';

interface Directive {
  readonly includes: boolean;
  readonly pattern: RegExp;
}

/** Which of the files the directives leave in, each in its turn. */
export function manifestFiles(text: string, candidates: readonly string[]): readonly string[] {
  const directives = linesOf(text).flatMap(parseLine);
  return candidates.filter((path) =>
    directives.reduce((taken, { includes, pattern }) => (pattern.test(path) ? includes : taken), false),
  );
}

function linesOf(text: string): readonly string[] {
  if (text.includes('\\')) notStatic('`MANIFEST.in` has a backslash');
  return text
    .split('\n')
    .map((line) => line.split('#', 1)[0]!.trim())
    .filter((line) => line !== '');
}

function parseLine(line: string): readonly Directive[] {
  const [action = '', ...words] = line.split(/\s+/);
  const includes = !action.includes('exclude') && action !== 'prune';
  const every = (sources: readonly string[]): readonly Directive[] =>
    sources.map((source) => ({ includes, pattern: new RegExp(`^(?:${source})$`, 'su') }));
  switch (action) {
    case 'include':
    case 'exclude':
      return every(words.map((word) => sourceOf(word, { recursive: !includes })));
    case 'global-include':
    case 'global-exclude':
      return every(words.map((word) => sourceOf(`**/${word}`, { recursive: true })));
    case 'recursive-include':
    case 'recursive-exclude': {
      const [folder, ...patterns] = words;
      if (folder === undefined || patterns.length === 0) return refuse(line);
      return every(patterns.map((word) => sourceOf(`${folder}/**/${word}`, { recursive: true })));
    }
    case 'graft':
    case 'prune': {
      const [folder, ...others] = words;
      if (folder === undefined || others.length > 0) return refuse(line);
      return every([`${sourceOf(folder, { recursive: !includes })}/.*`]);
    }
    default:
      return refuse(line);
  }
}

function sourceOf(pattern: string, { recursive }: { readonly recursive: boolean }): string {
  const segments = pattern
    .split('/')
    .filter((segment, index, all) => segment !== '' || index < all.length - 1);
  if (segments[0] === '.' || segments.includes('') || relativePath(pattern) === '') return refuse(pattern);
  if (segments.filter((segment) => segment === '**').length > 3) return refuse(pattern);
  return segments
    .map((segment, index) => {
      const isLast = index === segments.length - 1;
      if (segment === '**' && recursive) return isLast ? '.*' : '(?:[^/]+/)*';
      const stars = segment.replace(/\*+/g, '*');
      if (stars.split('*').length > 6) return refuse(pattern);
      const source = /[*?[]/.test(stars) ? segmentSource(stars, '[^/]*', '[^/]') : escaped(stars);
      return isLast ? source : `${source}/`;
    })
    .join('');
}

function refuse(text: string): never {
  return notStatic(`\`MANIFEST.in\` has \`${text.slice(0, 100)}\``);
}
