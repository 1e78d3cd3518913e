/**
 * The layer stage: finds each group of the plan in the store by the keys of its parts, and writes the ones that are not there.
 * How a layer's bytes come about belongs to `oci/layer`.
 */
import type { Descriptor, Layer } from '../../oci/image.ts';
import { layerInStore, writeLayers } from '../../oci/layer/write-layers.ts';
import { OCI_LAYER_GZIP } from '../../oci/media-types.ts';
import { type Digest, digestOfJson, isDigest } from '../../primitives/digest.ts';
import type { FileTree, Part } from '../../primitives/file-tree.ts';
import { makeFileTree } from '../../primitives/tree.ts';
import type { Session } from '../session.ts';
import type { SharedLayers } from '../shared-layers.ts';
import type { BuiltLayer, LayerPlan, Resolution } from '../values.ts';

/**
 * Version of the rules by which parts become a layer, and of how its bytes are compressed; a change of them must not
 * find older layers.
 */
export const LAYER_RULES = 2;

export interface LayerStageOptions {
  readonly members: 'multiple' | 'single';
  /** What other machines made, and are told of. */
  readonly shared?: SharedLayers | undefined;
}

/**
 * All layers of the image, the base's first.
 *
 * @param plan - has each part of the tree exactly once
 */
export async function layerTree(
  resolution: Resolution,
  tree: FileTree,
  plan: LayerPlan,
  options: LayerStageOptions,
  session: Session,
): Promise<BuiltLayer[]> {
  const parts = new Map(tree.parts.map((part) => [part.name, part]));
  const ofRun = session.memory.get('layers', () => new Map<Digest, Layer>());
  const { shared } = options;
  const groups = await Promise.all(
    plan.groups.map(async (group) => {
      const members = group.parts.map((name) => parts.get(name)!);
      const key = layerKey(members, options);
      const own = ofRun.get(key) ?? (session.noCache ? undefined : await findLayer(key, session));
      const cached = own ?? (await findShared(key, members, shared, session));
      if (cached !== undefined) ofRun.set(key, cached);
      return { group, members, key, cached };
    }),
  );
  const missing = groups.filter(({ cached }) => cached === undefined);
  const written = await writeLayers(
    missing.map(({ group, members }) => ({
      name: group.name,
      items: makeFileTree(members).entries(session.signal),
    })),
    session.store,
    { signal: session.signal, members: options.members === 'single' ? 'single' : 'spliced' },
  );
  await Promise.all(missing.map(({ key }, index) => rememberLayer(key, written[index]!, session)));
  for (const [index, { key }] of missing.entries()) ofRun.set(key, written[index]!);
  const keyed = groups.map(({ key }) => ({ key, layer: ofRun.get(key)! }));
  const layers = shared === undefined ? keyed.map(({ layer }) => layer) : await shared.share(keyed);
  const ofBase = resolution.base.image.layers.map(
    (layer): BuiltLayer => ({ ...layer, role: 'base', name: 'base', origin: 'base', distributions: [] }),
  );
  return [
    ...ofBase,
    ...groups.map(
      ({ group, cached }, index): BuiltLayer => ({
        ...layers[index]!,
        role: group.role,
        name: group.name,
        origin: cached === undefined ? 'built' : 'cached',
        distributions: group.role === 'dependency' ? group.parts : [],
      }),
    ),
  ];
}

/** What other machines made; noted here where its bytes are here. */
async function findShared(
  key: Digest,
  parts: readonly Part[],
  shared: SharedLayers | undefined,
  session: Session,
): Promise<Layer | undefined> {
  if (shared === undefined) return undefined;
  const records = await Promise.all(parts.map((part) => part.record(session.signal)));
  const found = await shared.find(key, records);
  if (found !== undefined && (await session.store.find(found.descriptor.digest)) !== undefined)
    await rememberLayer(key, found, session);
  return found;
}

function layerKey(parts: readonly Part[], { members }: LayerStageOptions): Digest {
  return digestOfJson({
    what: 'layer',
    rules: LAYER_RULES,
    members,
    // In order: of two that bring one file, the first says its mode.
    parts: parts.map((part) => part.key),
  });
}

/** What the store remembers of a layer, if it still has the blob. Whatever else stands there counts as nothing. */
export async function findLayer(
  key: Digest,
  session: Pick<Session, 'store'>,
): Promise<ReturnType<typeof layerInStore> | undefined> {
  const { descriptor, diffId } = ((await session.store.readAction(key)) ?? {}) as {
    readonly descriptor?: Partial<Descriptor> | null;
    readonly diffId?: unknown;
  };
  const digest = descriptor?.digest;
  if (!isDigest(diffId) || !isDigest(digest) || descriptor?.mediaType !== OCI_LAYER_GZIP) return undefined;
  const blob = await session.store.find(digest);
  if (blob === undefined || blob.size !== descriptor.size) return undefined;
  return layerInStore(session.store, { mediaType: OCI_LAYER_GZIP, ...blob }, diffId);
}

/** Notes a layer under its key. */
export async function rememberLayer(
  key: Digest,
  layer: { readonly descriptor: Descriptor; readonly diffId: Digest },
  session: Pick<Session, 'store'>,
): Promise<void> {
  await session.store.writeAction(key, { descriptor: layer.descriptor, diffId: layer.diffId });
}
