/** One platform's image on its new base, in memory: its layers are those of the new base and its own. */
import { buildConfig, buildManifest, type Document } from '../../oci/build-image.ts';
import type { Image, Layer } from '../../oci/image.ts';
import { historyOver } from '../../oci/over-base.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { Digest } from '../../primitives/digest.ts';
import { visible } from '../../primitives/path.ts';
import type { DetectedPython } from '../../python/index.ts';
import { type FoundImage, imageOf } from '../found-image.ts';
import { isForeign } from '../graph.ts';
import { ourName } from '../our-layers.ts';
import type { ImageSession } from '../session.ts';
import { baseKeys, findOldBase, type OpenedBase } from './base-images.ts';
import { rebasedAnnotations, rebasedSettings } from './configuration.ts';
import { type RewrittenLayer, readEnvironmentLayer } from './environment-layer.ts';
import { RebaseSourceError, RebaseUnfitError } from './errors.ts';
import { unfitness } from './fitness.ts';
import { type RebasedBill, rebasedBills } from './referrers.ts';

/** Finds the Python of a base, as a build does. */
export type FindPython = (base: Image, reference: string) => Promise<DetectedPython>;

/** What a report says of one platform's image. */
export interface RebasedImage {
  readonly platform: string;
  readonly digest: Digest;
  /** Of what it was made. */
  readonly from: Digest;
  readonly base: {
    readonly reference: string;
    readonly old: Digest | null;
    readonly new: Digest | null;
  };
  readonly python: { readonly old: string; readonly new: string };
  /** Layers of the old base, of the new one, and those that stay. */
  readonly layers: { readonly removed: number; readonly added: number; readonly kept: number };
}

export interface Made {
  readonly image: FoundImage;
  readonly layers: readonly Layer[];
  readonly config: Document;
  readonly manifest: Document;
  /** Its SBOM, made anew. */
  readonly bills: readonly RebasedBill[];
  readonly report: RebasedImage;
}

export interface Bases {
  readonly base: OpenedBase;
  readonly oldBase: OpenedBase | undefined;
  /** Those that the run's own credentials are meant for. */
  readonly hosts: readonly string[];
  readonly findPython: FindPython;
}

/** @throws RebaseSourceError, RebaseUnfitError; what reading the bases throws */
export async function rebaseOne(
  image: FoundImage,
  { base, oldBase, hosts, findPython }: Bases,
  session: ImageSession,
): Promise<Made> {
  demandOurs(image);
  const next = await base.open(image.platform);
  const old = await findOldBase(image, oldBase, { base, image: next }, session, hosts);
  const names = namesAbove(image, old);
  const pythons = {
    before: await findPython(old, 'the old base'),
    after: await findPython(next, base.reference),
  };
  const above = imageOf(image, session.log).layers.slice(old.layers.length);
  const at = names.indexOf('environment');
  const fitted = await fittedEnvironment(image, above[at], pythons, base, session);
  const kept = above.map((layer, index) => (index === at && fitted !== undefined ? fitted.layer : layer));
  const layers = [...next.layers, ...kept];
  const rebase = { image, old, next, keys: baseKeys(base, next) };
  const config = buildConfig(rebasedSettings(rebase), layers, next);
  const manifest = buildManifest(config.descriptor, layers, rebasedAnnotations(rebase));
  const moved: (readonly [Digest, Digest])[] = [
    [image.descriptor.digest, manifest.descriptor.digest],
    ...(fitted === undefined ? [] : [fitted.settings]),
    ...kept.flatMap((layer, index): [Digest, Digest][] => [
      [above[index]!.descriptor.digest, layer.descriptor.digest],
      [above[index]!.diffId, layer.diffId],
    ]),
  ];
  const { target } = pythons.after;
  return {
    image,
    layers,
    config,
    manifest,
    bills: await rebasedBills({ image, manifest, moved, base, next, python: target.version }, session),
    report: {
      platform: formatPlatform(image.platform),
      digest: manifest.descriptor.digest,
      from: image.descriptor.digest,
      base: {
        reference: base.reference,
        old: old.manifest?.descriptor.digest ?? null,
        new: next.manifest?.descriptor.digest ?? null,
      },
      python: { old: pythons.before.target.version, new: target.version },
      layers: { removed: old.layers.length, added: next.layers.length, kept: kept.length },
    },
  };
}

function demandOurs({ place, config, manifest }: FoundImage): void {
  if (!(config.history ?? []).some((entry) => ourName(entry) !== undefined)) {
    throw new RebaseSourceError(`${place.shown} was not built by pycontainer`, {
      hint: 'rebase what `pyc build` made; build anything else anew',
    });
  }
  const foreign = manifest.layers.find(isForeign);
  if (foreign === undefined) return;
  throw new RebaseSourceError(
    `${place.shown} has the layer \`${foreign.digest}\`, which may not be distributed`,
    {
      hint: 'build the image anew',
    },
  );
}

/** The names of the image's own layers, from the base up. @throws RebaseSourceError where one is not ours */
function namesAbove({ place, config }: FoundImage, old: Image): readonly string[] {
  const own = (config.history ?? []).slice(historyOver(old).length);
  const names = own.map((entry) => ourName(entry));
  const count = config.rootfs.diff_ids.length - old.layers.length;
  const strange = own.find((entry) => ourName(entry) === undefined);
  if (names.length === count && strange === undefined) return names as readonly string[];
  const what =
    strange === undefined
      ? 'its history does not fit its layers'
      : `it has a layer of \`${visible(String(strange.created_by ?? strange.comment ?? '').slice(0, 100))}\``;
  throw new RebaseSourceError(`${place.shown} is more than what pycontainer built on its base: ${what}`, {
    hint: 'rebase the image that `pyc build` made, and go on from that',
  });
}

/**
 * The environment's layer for the new interpreter; undefined where it stays as it is.
 *
 * @throws RebaseUnfitError with all that does not fit
 */
async function fittedEnvironment(
  image: FoundImage,
  layer: Layer | undefined,
  { before, after }: { readonly before: DetectedPython; readonly after: DetectedPython },
  base: OpenedBase,
  session: ImageSession,
): Promise<RewrittenLayer | undefined> {
  const environment = layer === undefined ? undefined : await readEnvironmentLayer(layer, session);
  const interpreter = environment?.interpreter ?? before.interpreter;
  const version = environment?.version ?? before.target.version;
  const faults = [...unfitness({ ...before, interpreter }, after)];
  const isMoved = version !== after.target.version;
  if (isMoved && environment?.version === undefined) {
    faults.push('the environment that names the version of Python has no layer of its own');
  }
  const [first] = faults;
  if (first !== undefined) {
    throw new RebaseUnfitError(
      `${image.place.shown} for ${formatPlatform(image.platform)} does not fit on \`${visible(base.reference)}\`: ${first}`,
      { hint: 'build the image anew on that base', details: faults },
    );
  }
  return isMoved ? await environment?.withVersion(after.target.version) : undefined;
}
