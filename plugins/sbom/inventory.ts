/**
 * What an image is made of, as plain data: components, where each lies, and what needs what. Taken from the
 * tree, the lock and the base's files, never from the host. How a document is written is not known here.
 */
import type { ComponentFacts, Digest, FinishedImage, PartRecord } from 'pycontainer';
import { baseNameOf } from './base-name.ts';
import type { BaseContents } from './base-packages.ts';
import { genericUrl, imageUrl, packageUrl } from './package-url.ts';

export interface InventoryItem {
  /** Unique in the document. */
  readonly ref: string;
  readonly type: 'application' | 'container' | 'library' | 'operating-system' | 'platform';
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly facts?: ComponentFacts;
  readonly sha256?: Digest;
  /** Absolute path inside the image that proves the component. */
  readonly location?: string;
  /** The layer in which it came. */
  readonly layer?: { readonly digest: Digest; readonly diffId: Digest };
  /** `base`, or the role of the part that brought it. */
  readonly origin?: string;
  readonly needs: readonly string[];
}

export interface Inventory {
  readonly image: InventoryItem;
  readonly items: readonly InventoryItem[];
}

/** What the inventory is made of. */
export interface InventoryInput {
  readonly image: FinishedImage;
  readonly name: string;
  readonly records: ReadonlyMap<string, PartRecord>;
  readonly base: BaseContents;
}

type Draft = Omit<InventoryItem, 'needs' | 'ref'> & { ref: string; wants: readonly string[]; group: string };

/** Lists everything that is known to be in an image. */
export function takeInventory(input: InventoryInput): Inventory {
  const drafts = [...projectDraft(input), ...partDrafts(input), ...baseDrafts(input)];
  nameApart(drafts);
  // Names mean something only among their kind: the `six` of Debian is not that of PyPI.
  const byName = new Map(
    drafts.map((draft) => [`${draft.group} ${draft.facts?.name ?? draft.name}`, draft.ref]),
  );
  const items = drafts.map(({ wants, group, ...item }): InventoryItem => {
    const needs = wants.flatMap((name) => byName.get(`${group} ${name}`) ?? []);
    return { ...item, needs: [...new Set(needs)].filter((ref) => ref !== item.ref).sort() };
  });
  const needed = new Set(items.flatMap((item) => item.needs));
  const roots = items.map(({ ref }) => ref).filter((ref) => !needed.has(ref));
  return { image: imageItem(input, roots), items };
}

function imageItem({ image, name }: InventoryInput, needs: readonly string[]): InventoryItem {
  const { digest } = image.manifest.descriptor;
  const { version } = image.resolution.project;
  const purl = imageUrl(name.slice(name.lastIndexOf('/') + 1), digest, { arch: image.platform.architecture });
  return {
    ref: purl,
    type: 'container',
    name,
    ...(version === undefined ? {} : { version }),
    purl,
    sha256: digest,
    needs,
  };
}

/** The project, where it is no distribution of the tree itself. */
function projectDraft({ image, records }: InventoryInput): Draft[] {
  const { project } = image.resolution;
  const isDistribution = [...records.values()].some(({ components }) =>
    components.some(({ kind, name }) => kind === 'python' && name === project.name),
  );
  if (isDistribution) return [];
  const layer = image.layers.findLast(({ role }) => role === 'project');
  const purl = genericUrl(project.name, project.version);
  return [
    {
      ref: purl,
      type: 'application',
      name: project.name,
      ...(project.version === undefined ? {} : { version: project.version }),
      purl,
      facts: {
        kind: 'other',
        name: project.name,
        version: project.version ?? '',
        ...(project.license === undefined ? {} : { license: project.license }),
        ...(project.description === undefined ? {} : { summary: project.description }),
      },
      ...(layer === undefined ? {} : { layer: layerOf(layer), location: '/app', origin: 'project' }),
      wants: requestedBy(image, project.name),
      group: 'python',
    },
  ];
}

function partDrafts({ image, records }: InventoryInput): Draft[] {
  const graph = hasGraph(image);
  return image.tree.parts.flatMap((part) => {
    const record = records.get(part.name);
    if (record === undefined) return [];
    const layer = image.layers.find(({ distributions, role }) =>
      part.role === 'dependency' ? distributions.includes(part.name) : role === part.role,
    );
    return record.components.map((facts): Draft => {
      const python = facts.kind === 'python';
      const location = python ? metadataPath(record, facts) : undefined;
      const wants = python && graph ? requestedBy(image, facts.name) : (facts.requires ?? []);
      const own = part.role === 'project';
      return draftOf(facts, {
        type: own ? 'application' : 'library',
        ...(location === undefined ? {} : { location }),
        ...(layer === undefined ? {} : { layer: layerOf(layer) }),
        origin: part.role,
        wants,
        group: facts.kind,
      });
    });
  });
}

function baseDrafts({ image, base }: InventoryInput): Draft[] {
  const { resolution } = image;
  const { reference } = resolution.base.source;
  const manifest = resolution.base.image.manifest?.descriptor.digest;
  const drafts: Draft[] = base.components.map(({ facts, path }) =>
    draftOf(facts, {
      type: 'library',
      location: `/${path}`,
      origin: 'base',
      wants: facts.requires ?? [],
      group: `base ${facts.kind}`,
    }),
  );
  if (base.system !== undefined) {
    const { id, version, name } = base.system;
    drafts.push({
      ref: `os:${id}-${version}`,
      type: 'operating-system',
      name: id,
      ...(version === '' ? {} : { version }),
      facts: { kind: 'other', name: id, version, summary: name },
      location: '/etc/os-release',
      origin: 'base',
      wants: [],
      group: 'system',
    });
  }
  const { version } = resolution.python.target;
  const packaged = base.components.some(
    ({ facts }) => facts.kind !== 'python' && /^python3(?:\.\d+)?(?:-minimal)?$/.test(facts.name),
  );
  if (!packaged) {
    const purl = genericUrl('python', version);
    const location = resolution.python.interpreter;
    drafts.push({
      ref: purl,
      type: 'platform',
      name: 'python',
      version,
      purl,
      location,
      origin: 'base',
      wants: [],
      group: 'system',
    });
  }
  if (manifest !== undefined) {
    const { name, isLocal } = baseNameOf(reference);
    const from = isLocal ? {} : { repository_url: repositoryOf(reference) };
    const purl = imageUrl(lastName(name), manifest, from);
    drafts.push({
      ref: purl,
      type: 'container',
      name,
      purl,
      sha256: manifest,
      origin: 'base',
      wants: [],
      group: 'image',
    });
  }
  return drafts;
}

function draftOf(
  facts: ComponentFacts,
  rest: Pick<Draft, 'type' | 'wants' | 'group' | 'origin'> & Partial<Draft>,
): Draft {
  const purl = packageUrl(facts);
  return {
    ref: purl,
    name: facts.name,
    version: facts.version,
    purl,
    facts,
    ...(facts.digest === undefined ? {} : { sha256: facts.digest }),
    ...rest,
  };
}

/** What is there twice, as pip in the base and in the environment, is told apart by a number. */
function nameApart(drafts: readonly Draft[]): void {
  const seen = new Map<string, number>();
  for (const draft of drafts) {
    const count = (seen.get(draft.ref) ?? 0) + 1;
    seen.set(draft.ref, count);
    if (count > 1) draft.ref = `${draft.ref}#${count}`;
  }
}

/** True where the lock says what asked for what; METADATA's own list also has what extras would need. */
function hasGraph({ resolution }: FinishedImage): boolean {
  const { project, distributions } = resolution;
  return distributions.some((one) => one.requestedBy.some((name) => name !== project.name));
}

function requestedBy({ resolution }: FinishedImage, name: string): string[] {
  return resolution.distributions.filter((one) => one.requestedBy.includes(name)).map((one) => one.name);
}

function metadataPath(record: PartRecord, { name }: ComponentFacts): string | undefined {
  const found = record.entries.filter(({ path }) => path.endsWith('.dist-info/METADATA'));
  const own = found.find(({ path }) => {
    const folder = path.split('/').at(-2)!;
    return folder
      .toLowerCase()
      .replace(/[-_.]+/g, '-')
      .startsWith(`${name}-`);
  });
  const path = (own ?? found[0])?.path;
  return path === undefined ? undefined : `/${path}`;
}

function layerOf({
  descriptor,
  diffId,
}: FinishedImage['layers'][number]): NonNullable<InventoryItem['layer']> {
  return { digest: descriptor.digest, diffId };
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
