/** The globs of uv's build backend: `*` stays in its segment, `**` takes any number of them (PEP 639's, and braces left out). */
import { visible } from '../../../primitives/path.ts';
import { notStatic } from '../not-static.ts';
import { escaped } from '../tree.ts';

/** Matches paths relative to the project's folder. */
export function portableGlob(pattern: string): RegExp {
  if (/[[\]{}!\\]/.test(pattern) || pattern.split('*').length > 6)
    notStatic(`the pattern \`${visible(pattern.slice(0, 100))}\` is unusual`);
  const segments = pattern.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    notStatic(`the pattern \`${visible(pattern.slice(0, 100))}\` is unusual`);
  const source = segments
    .map((segment, index) => {
      const isLast = index === segments.length - 1;
      if (segment === '**') return isLast ? '.+' : '(?:[^/]+/)*';
      if (segment.includes('**')) return notStatic(`the pattern \`${visible(pattern)}\` is unusual`);
      const part = segment.replace(/[*?]|[^*?]+/g, (piece) =>
        piece === '*' ? '[^/]*' : piece === '?' ? '[^/]' : escaped(piece),
      );
      return isLast ? part : `${part}/`;
    })
    .join('');
  return new RegExp(`^${source}$`, 's');
}

/** Excludes match anywhere, but for those that begin with a slash. */
export function excludePattern(pattern: string): RegExp {
  return portableGlob(pattern.startsWith('/') ? pattern.slice(1) : `**/${pattern}`);
}
