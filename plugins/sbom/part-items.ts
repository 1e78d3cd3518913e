/** What the parts of a tree are: the application, distributions, what they bundle, and files that are nothing else. */
import type { ComponentFacts, FinishedImage, Part, PartRecord } from 'pycontainer';
import { bundledLibraries } from './bundled-libraries.ts';
import type { EmbeddedComponent } from './embedded-documents.ts';
import { type Draft, draftOf, type InventoryItem } from './inventory.ts';
import { genericUrl } from './package-url.ts';
import { requirementGraph } from './requirements.ts';

export interface PartInput {
  readonly image: FinishedImage;
  /** By the part's name. */
  readonly records: ReadonlyMap<string, PartRecord>;
  /** By the part's name: what its own documents list. */
  readonly embedded: ReadonlyMap<string, readonly EmbeddedComponent[]>;
}

export function partDrafts(input: PartInput): Draft[] {
  const { image, records } = input;
  const application = applicationDraft(input);
  const drafts: Draft[] = application === undefined ? [] : [application];
  const needs = needsOf(input);
  const listed = new Set<string>();
  for (const part of image.tree.parts) {
    const record = records.get(part.name);
    if (record === undefined) continue;
    const layer = layerOf(image, part);
    const common = { origin: part.role, ...(layer === undefined ? {} : { layer }) };
    const bundled = bundledDrafts(record, input.embedded.get(part.name) ?? [], common);
    const own = record.components.map((facts): Draft => {
      const python = facts.kind === 'python';
      const location = python ? metadataPath(record, facts) : undefined;
      return draftOf(facts, {
        ...common,
        type: part.role === 'project' ? 'application' : 'library',
        ...(location === undefined ? {} : { location }),
        wants: (python ? needs(facts) : facts.requires) ?? [],
        group: facts.kind,
        ...(python ? { brings: bundled } : {}),
      });
    });
    drafts.push(...own, ...bundled);
    // Files of a distribution are in its RECORD, those of a package in its system's database.
    if (part.role === 'dependency' || (part.role === 'system' && own.length > 0)) continue;
    const within = own[0] ?? (part.role === 'project' ? application : undefined);
    drafts.push(...fileDrafts(record, within, common, listed));
  }
  return drafts;
}

type Common = Pick<InventoryItem, 'layer'> & { readonly origin: string };

/** The project, where it is no distribution of the tree itself. */
function applicationDraft({ image, records }: PartInput): Draft | undefined {
  const { project } = image.resolution;
  const isDistribution = [...records.values()].some(({ components }) =>
    components.some(({ kind, name }) => kind === 'python' && name === project.name),
  );
  if (isDistribution) return undefined;
  const layer = onlyLayer(image, 'project');
  const { description, license, version } = project;
  const purl = genericUrl(project.name, version);
  return {
    ...draftOf(
      {
        kind: 'other',
        name: project.name,
        version: version ?? '',
        ...(license === undefined ? {} : { license }),
        ...(description === undefined ? {} : { summary: description }),
      },
      {
        type: 'application',
        origin: 'project',
        ...(layer === undefined ? {} : { layer, location: '/app' }),
        wants: requestedBy(image, project.name),
        group: 'python',
      },
    ),
    ref: purl,
    purl,
  };
}

/** What a wheel brings beside Python's modules. What its own documents say comes with names of the libraries' packages. */
function bundledDrafts(record: PartRecord, embedded: readonly EmbeddedComponent[], common: Common): Draft[] {
  const rest = { ...common, type: 'library', wants: [], group: 'bundled' } as const;
  return [
    ...bundledLibraries(record).map(({ name, version = '', path, sha256 }) =>
      draftOf({ kind: 'other', name, version }, { ...rest, sha256, location: `/${path}` }),
    ),
    ...embedded.map(({ name, version = '', license, purl, path }) => ({
      ...draftOf(
        { kind: 'other', name, version, ...(license === undefined ? {} : { license }) },
        { ...rest, location: `/${path}` },
      ),
      ...(purl === undefined ? {} : { ref: purl, purl }),
    })),
  ];
}

/** Files and links, each path once: what two parts have is the same. */
function fileDrafts(
  { entries }: PartRecord,
  within: Draft | undefined,
  common: Common,
  listed: Set<string>,
): Draft[] {
  return entries.flatMap((entry): Draft[] => {
    if (entry.type === 'directory' || listed.has(entry.path)) return [];
    listed.add(entry.path);
    const name = `/${entry.path}`;
    const sha256 = entry.type === 'file' ? entry.sha256 : undefined;
    return [
      {
        ...common,
        ref: `file:${name}`,
        type: 'file',
        name,
        ...(sha256 === undefined ? {} : { sha256 }),
        wants: [],
        group: 'file',
        within,
      },
    ];
  });
}

/** The lock's own graph where it has one; else what of METADATA holds for the target. */
function needsOf({ image, records }: PartInput): (facts: ComponentFacts) => readonly string[] | undefined {
  const { project, distributions, python } = image.resolution;
  const hasGraph = distributions.some((one) => one.requestedBy.some((name) => name !== project.name));
  const all = [...records.values()].flatMap(({ components }) =>
    components.filter(({ kind }) => kind === 'python'),
  );
  const stated = project.pyproject?.project?.dependencies ?? [];
  const graph = requirementGraph(all, stated.map(String), python.target);
  return ({ name, requires, requirements }) => {
    if (hasGraph && distributions.some((one) => one.name === name)) return requestedBy(image, name);
    return requirements === undefined ? requires : graph.get(name);
  };
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

/** Where it is not certain which of several layers has a part, none is named. */
function layerOf(image: FinishedImage, { name, role }: Part): InventoryItem['layer'] {
  if (role !== 'dependency') return onlyLayer(image, role);
  return shown(image.layers.find(({ distributions }) => distributions.includes(name)));
}

function onlyLayer({ layers }: FinishedImage, role: Part['role']): InventoryItem['layer'] {
  const found = layers.filter((layer) => layer.role === role);
  return found.length === 1 ? shown(found[0]) : undefined;
}

function shown(layer: FinishedImage['layers'][number] | undefined): InventoryItem['layer'] {
  return layer && { digest: layer.descriptor.digest, diffId: layer.diffId };
}
