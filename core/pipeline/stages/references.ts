/** How `registry` and a tag become one reference. What is published under it is not known here. */
import { parseReference } from '../../oci/reference.ts';

/**
 * A tag in a registry. A tag that names its own registry is a whole reference and stays as it is; a `registry` that
 * states a tag (`ghcr.io/me/shop:1.0`) is one as well, and stands for every other tag. Otherwise `registry` is the
 * prefix, and a repository with which it ends already is not repeated: `ghcr.io/me/shop` and `shop:1.0` are
 * `ghcr.io/me/shop:1.0`.
 *
 * @throws ImageReferenceError for a tag that is no reference
 */
export function inRegistry(registry: string, tag: string): string {
  if (hasRegistry(tag)) return tag;
  const prefix = registry.replace(/\/+$/, '');
  if (/\/[^/]*:[^/]*$/.test(prefix)) return prefix;
  const [, repository = '', rest = ''] = /^([^:@]*)(.*)$/.exec(tag) ?? [];
  const [, ...path] = prefix.split('/');
  const isRepeated = `/${path.join('/')}`.endsWith(`/${repository}`);
  return isRepeated ? `${prefix}${rest}` : `${prefix}/${tag}`;
}

function hasRegistry(tag: string): boolean {
  const first = tag.split('/')[0]!;
  parseReference(tag);
  return tag.includes('/') && (first.includes('.') || first.includes(':') || first === 'localhost');
}
