/**
 * Builds each platform of an image again: reads its provenance, looks whether the checkout is what it names, runs the build without
 * writing or publishing anything, and compares. What the store remembers of earlier builds is not used.
 */
import { dirname } from 'node:path';
import { loadConfigs } from './config/load.ts';
import { diffFound } from './images/diff.ts';
import { type FoundImage, findImages } from './images/found-image.ts';
import { placeOf } from './images/made-place.ts';
import { openPlace } from './images/place.ts';
import { findProvenance } from './images/provenance/find.ts';
import { type BuildDefinition, dependenciesOfKind } from './images/provenance/statement.ts';
import type { ImageSession } from './images/session.ts';
import type { Manifest } from './oci/image.ts';
import { formatPlatform } from './oci/platform.ts';
import { runBuild } from './pipeline/builder.ts';
import { type PinFile, readPins } from './pipeline/pins.ts';
import { createRunMemory, type RunMemory } from './pipeline/run-memory.ts';
import type { ResolvedConfig } from './pipeline/settings.ts';
import type { FinishedImage } from './pipeline/values.ts';
import { digestFromHex } from './primitives/digest.ts';
import { PycError } from './primitives/errors.ts';
import { visible } from './primitives/path.ts';
import { VERSION } from './primitives/version.ts';
import type { RebuildOptions, RebuildResult, RebuiltImage } from './rebuild.ts';
import { checkCheckout } from './rebuild-checkout.ts';
import { rebuildConfiguration } from './rebuild-configuration.ts';
import { environmentCredentials } from './registry/credentials.ts';

/** The image cannot be built again: the build that its provenance describes fails, and the message says why. */
export class RebuildFailedError extends PycError {
  readonly code = 'PYC_REBUILD_FAILED';
}

/** @throws ProvenanceMissingError, CheckoutDiffersError, RebuildConfigurationError, RebuildFailedError; what reading the image throws */
export async function rebuildImages(options: RebuildOptions, session: ImageSession): Promise<RebuildResult> {
  const { signal, log } = session;
  const place = await openPlace(options.image, session);
  const { root, images, attestations } = await findImages(place, options.platform, signal);
  const memory = createRunMemory();
  const compared: RebuiltImage[] = [];
  for (const image of images) {
    const beside = attestations.get(image.descriptor.digest) ?? [];
    const provenance = await findProvenance(image, beside, signal);
    warnOfVersion(provenance, session);
    const config = await configOf(provenance, image, options, session);
    await checkCheckout(provenance, config.directory, log, signal);
    const built = await buildAgain(provenance, config, options, session, memory);
    compared.push(await compare(image, built, session));
  }
  return { digest: root.descriptor.digest, images: compared };
}

function warnOfVersion({ internalParameters }: BuildDefinition, { log }: ImageSession): void {
  const { pycontainer } = internalParameters;
  if (pycontainer === VERSION) return;
  log.warn({
    /** Another version of pycontainer built the image. What it writes may differ from what this one writes: verify with that version. */
    code: 'PYC_REBUILD_OTHER_VERSION',
    message: `the image was built by pycontainer ${visible(pycontainer)}, and this is ${VERSION}`,
    hint: 'use that version where the image turns out to be another',
  });
}

/** The checkout's configuration, for its plugins and for what is kept back, changed to what was recorded. */
async function configOf(
  provenance: BuildDefinition,
  { platform }: FoundImage,
  { directory, file }: RebuildOptions,
  { cwd, env, log, signal }: ImageSession,
): Promise<ResolvedConfig> {
  const recorded = provenance.externalParameters.configuration.name;
  const names: (string | undefined)[] = [];
  const configs = await loadConfigs({
    cwd,
    directory,
    file,
    command: 'build',
    env,
    architecture: process.arch,
    warn: log.warn,
    signal,
    adjust(values) {
      names.push(values.name);
      return rebuildConfiguration(provenance, formatPlatform(platform), values);
    },
  });
  const named = names.findIndex((name) => name !== undefined && name === recorded);
  const chosen = configs[named === -1 ? 0 : named];
  if (chosen !== undefined && (configs.length === 1 || named !== -1)) return chosen;
  throw new RebuildFailedError(
    'the configuration has several images, and none has the name that the provenance says',
    {
      hint: 'name the configuration that the image was built with, by `--config`',
    },
  );
}

async function buildAgain(
  provenance: BuildDefinition,
  config: ResolvedConfig,
  { credentials: stated }: RebuildOptions,
  session: ImageSession,
  memory: RunMemory,
): Promise<FinishedImage> {
  const { http, store, log, signal, env, cwd, offline } = session;
  const credentials = stated ?? environmentCredentials(env);
  const folder = config.file === undefined ? config.directory : dirname(config.file);
  const taken: FinishedImage[] = [];
  const report = await runBuild(config, {
    http,
    store,
    log,
    signal,
    env,
    cwd,
    command: 'build',
    offline,
    dryRun: false,
    noCache: true,
    sourceDateEpoch: provenance.externalParameters.sourceDateEpoch ?? undefined,
    pins: pinnedBy(provenance, await readPins(folder, 'use')),
    memory,
    ...(credentials === undefined ? {} : { credentials }),
    take: (image) => taken.push(image),
  });
  const [image] = taken;
  if (report.error === null && image !== undefined) return image;
  signal.throwIfAborted();
  throw new RebuildFailedError(`the image cannot be built again: ${report.error?.message ?? ''}`, {
    hint: report.error?.hint ?? 'run again with `--verbose`',
    details: report.error?.details ?? [],
  });
}

/** A base in a registry is the one that the image was built on, whatever its tag stands for now. */
function pinnedBy(provenance: BuildDefinition, pins: PinFile): PinFile {
  const [base] = dependenciesOfKind(provenance, 'base');
  const hex = base?.digest?.sha256 ?? '';
  if (base?.uri === undefined || !/^[0-9a-f]{64}$/.test(hex)) return pins;
  return {
    isLocked: pins.isLocked,
    of(reference, platform) {
      const known = pins.of(reference, platform);
      return { ...known, get: (key) => (key === 'digest' ? digestFromHex(hex) : known.get(key)) };
    },
    save: async () => false,
  };
}

async function compare(
  image: FoundImage,
  built: FinishedImage,
  session: ImageSession,
): Promise<RebuiltImage> {
  const platform = formatPlatform(image.platform);
  const { digest } = image.descriptor;
  const rebuilt = built.manifest.descriptor.digest;
  const equal = digest === rebuilt;
  const difference = equal
    ? null
    : await diffFound(platform, image, foundImage(built), { files: true }, session);
  return { platform, digest, rebuilt, equal, difference };
}

/** What was built, as images are read that lie somewhere. */
function foundImage({ platform, manifest, config, layers }: FinishedImage): FoundImage {
  const { descriptor, bytes } = manifest;
  const shown = 'what was built again';
  return {
    place: placeOf({ shown, root: manifest, manifests: [], referrers: [], blobs: [config], layers }),
    platform,
    descriptor,
    bytes,
    manifest: JSON.parse(Buffer.from(bytes).toString('utf8')) as Manifest,
    config: config.document,
  };
}
