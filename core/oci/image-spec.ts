/**
 * How users write where an image is: `registry:REF`, `layout:DIR`, `archive:FILE` or a plain reference, as `--base`,
 * `--output` and the verbs on images read it. What is there is not looked at, apart from whether a name exists.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { PycError } from '../primitives/errors.ts';
import { nearest } from '../primitives/nearest.ts';
import { visible } from '../primitives/path.ts';
import { isTag, parseReference, type Reference } from './reference.ts';

/** Where an image is, or is to be. Paths are absolute. */
export type ImageSpec =
  | { readonly kind: 'registry'; readonly reference: Reference }
  | { readonly kind: 'layout'; readonly directory: string; readonly tag?: string }
  | { readonly kind: 'archive'; readonly file: string; readonly tag?: string }
  | { readonly kind: 'docker-archive'; readonly file: string; readonly name?: Reference };

/** A text says where an image is in a way that pycontainer does not know. */
export class ImageSpecError extends PycError {
  readonly code = 'PYC_IMAGE_SPEC_INVALID';
  override readonly exitCode = 2;
}

/** What stands before the colon, ours and what skopeo and podman write for the same. */
const KINDS = {
  registry: 'registry',
  layout: 'layout',
  oci: 'layout',
  archive: 'archive',
  'oci-archive': 'archive',
  'docker-archive': 'docker-archive',
} as const satisfies Record<string, ImageSpec['kind']>;

/**
 * Reads where an image is. What has none of the schemes is a reference; one that is nearly a scheme is refused.
 *
 * @param cwd absolute; paths start there
 * @throws ImageSpecError, ImageReferenceError
 */
export function parseImageSpec(text: string, cwd: string): ImageSpec {
  const [scheme, location] = splitScheme(text);
  if (!Object.hasOwn(KINDS, scheme)) {
    const close = schemeMeant(scheme, location, SPELT_OUT);
    if (close === undefined) return { kind: 'registry', reference: parseReference(text) };
    throw new ImageSpecError(`\`${visible(text)}\` is no place of an image that is known`, {
      hint: `did you mean \`${close}:${visible(location)}\`? A registry's image of that name is \`registry:${visible(text)}\``,
    });
  }
  if (location === '') {
    throw new ImageSpecError(`\`${visible(text)}\` names nothing`, {
      hint: 'write `registry:REF`, `layout:DIR[:TAG]`, `archive:FILE` or `docker-archive:FILE`',
    });
  }
  const kind = KINDS[scheme as keyof typeof KINDS];
  if (kind === 'registry') return { kind, reference: parseReference(location) };
  if (kind === 'docker-archive') return { kind, ...splitName(location, cwd) };
  const { path, tag } = splitTag(location, cwd);
  const named = tag === undefined ? {} : { tag };
  return kind === 'layout' ? { kind, directory: path, ...named } : { kind, file: path, ...named };
}

/** What stands before the first colon, and what follows it; no scheme where there is none. */
export function splitScheme(text: string): [scheme: string, location: string] {
  const at = text.indexOf(':');
  return at === -1 ? ['', text] : [text.slice(0, at), text.slice(at + 1)];
}

/** Schemes that a slip of the finger may have meant. */
const SPELT_OUT = ['registry', 'layout', 'archive', 'oci-archive', 'docker-archive'];

/**
 * The scheme that was probably meant. `layuot:build` is a reference by the grammar as well; what follows the port of a
 * registry is none.
 */
export function schemeMeant(
  scheme: string,
  location: string,
  schemes: readonly string[],
): string | undefined {
  if (!/^[\w-]+$/.test(scheme) || /^\d+\//.test(location)) return undefined;
  return nearest(scheme, schemes);
}

/**
 * `PATH:TAG`, as other tools write it, unless something has that very name. In a layout that is there a tag may be a
 * whole reference with colons of its own.
 */
export function splitTag(location: string, cwd: string): { readonly path: string; readonly tag?: string } {
  const whole = absolutePath(location, cwd);
  if (existsSync(whole)) return { path: whole };
  for (let at = location.indexOf(':', 1); at !== -1; at = location.indexOf(':', at + 1)) {
    const path = absolutePath(location.slice(0, at), cwd);
    const tag = location.slice(at + 1);
    if (isTag(tag) || (tag !== '' && existsSync(path))) return { path, tag };
  }
  return { path: whole };
}

/** `FILE:REF`, as other tools write it: the image's name has a colon of its own. */
function splitName(location: string, cwd: string): { readonly file: string; readonly name?: Reference } {
  const whole = absolutePath(location, cwd);
  const at = location.indexOf(':', 1);
  if (at === -1 || existsSync(whole)) return { file: whole };
  return { file: absolutePath(location.slice(0, at), cwd), name: parseReference(location.slice(at + 1)) };
}

/** A path as it is written, from a folder where it is relative. */
export function absolutePath(path: string, cwd: string): string {
  return isAbsolute(path) ? path : resolve(cwd, path);
}
