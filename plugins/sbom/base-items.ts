/** What a base brings: its packages and distributions, its system, its Python, and the base itself. */
import type { Digest, FinishedImage } from 'pycontainer';
import { baseNameOf } from './base-name.ts';
import type { BaseContents } from './base-packages.ts';
import { type Draft, draftOf, type InventoryItem } from './inventory.ts';
import { genericUrl, imageUrl } from './package-url.ts';

export function baseDrafts({ resolution, layers }: FinishedImage, base: BaseContents): Draft[] {
  const { reference } = resolution.base.source;
  const manifest = resolution.base.image.manifest?.descriptor.digest;
  const own = layers.filter(({ role }) => role === 'base');
  // Of several layers, the last one that wrote a database has it, and which that is was not looked at.
  const layer = own.length === 1 ? { digest: own[0]!.descriptor.digest, diffId: own[0]!.diffId } : undefined;
  const drafts = contentDrafts(base, 'base', layer);
  const { version } = resolution.python.target;
  const packaged = base.components.some(
    ({ facts }) => facts.kind !== 'python' && /^python3(?:\.\d+)?(?:-minimal|-libs)?$/.test(facts.name),
  );
  if (!packaged) {
    const purl = genericUrl('python', version);
    const location = resolution.python.interpreter;
    const common = { origin: 'base', wants: [], group: 'system' };
    drafts.push({ ...common, ref: purl, type: 'platform', name: 'python', version, purl, location });
  }
  if (manifest !== undefined) drafts.push(imageDraft(reference, manifest));
  return drafts;
}

/** What an image's own files say is in it. */
export function contentDrafts(
  { system, components }: BaseContents,
  origin: string,
  layer?: InventoryItem['layer'],
): Draft[] {
  const common = { origin, ...(layer === undefined ? {} : { layer }) };
  const drafts = components.map(({ facts, path }) =>
    draftOf(facts, {
      ...common,
      type: 'library',
      location: `/${path}`,
      wants: facts.requires ?? [],
      group: `${origin} ${facts.kind}`,
    }),
  );
  if (system === undefined) return drafts;
  const { id, version, name } = system;
  const described = draftOf(
    { kind: 'other', name: id, version, summary: name },
    { ...common, type: 'operating-system', location: '/etc/os-release', wants: [], group: 'system' },
  );
  // No registry of packages has an operating system.
  const { purl: _, ...draft } = described;
  return [...drafts, { ...draft, ref: `os:${id}-${version}` }];
}

function imageDraft(reference: string, digest: Digest): Draft {
  const { name, isLocal } = baseNameOf(reference);
  const from = isLocal ? {} : { repository_url: repositoryOf(reference) };
  const purl = imageUrl(lastName(name), digest, from);
  const common = { origin: 'base', wants: [], group: 'image' };
  return { ...common, ref: purl, type: 'container', name, purl, sha256: digest };
}

/** `python` of `docker.io/library/python:3.12-slim@sha256:…`. */
function lastName(reference: string): string {
  return repositoryOf(reference).split('/').at(-1)!;
}

function repositoryOf(reference: string): string {
  return reference
    .replace(/@.*$/, '')
    .replace(/:[^/:]*$/, '')
    .replace(/^[a-z]+:(?!\d)/, '');
}
