/** A base image that is made of Debian's packages: resolves them, writes one layer a tier, states the configuration. */

import type {
  BaseContext,
  BaseSource,
  ConfigDocument,
  Digest,
  Image,
  Layer,
  Platform,
  PythonInBase,
} from 'pycontainer';
import { digestOfJson, mapConcurrently } from 'pycontainer';
import type { Assembly } from './assembly.ts';
import { ASSEMBLY_RULES, assemble } from './assembly.ts';
import type { SkippedScript } from './maintainer-scripts.ts';
import { skippedScripts, tellSkipped } from './maintainer-scripts.ts';
import { debianArchitecture } from './mirrors.ts';
import type { DebianSettings } from './options.ts';
import { pythonOf } from './python.ts';
import type { PackageFile, Tier } from './resolution.ts';
import { resolveFiles, TIERS } from './resolution.ts';

/** What each layer is called in progress and history. */
const LAYER_NAMES: Readonly<Record<Tier, string>> = {
  base: 'debian: base',
  python: 'debian: python',
  packages: 'debian: packages',
};

const ENVIRONMENT: readonly string[] = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'LANG=C.UTF-8',
];

/** A source that resolves and assembles when it is opened. `clock` says what Valid-Until is held against. */
export function debianBase(settings: DebianSettings, clock: () => Date = () => new Date()): BaseSource {
  const pythons = new WeakMap<Image, PythonInBase>();
  return {
    reference: `apt:${settings.suite}`,
    async open(platform, signal, context) {
      const architecture = debianArchitecture(platform);
      const files = await resolveFiles(settings, architecture, clock(), context, signal);
      const layers = context.dryRun === true ? [] : await writeLayers(files, settings, context, signal);
      const image = {
        ...imageOf(platform, settings, layers, context.sourceDateEpoch),
        madeOf: digestOfJson(TIERS.map((tier) => layerKey(tier, files, settings.docs))),
      };
      const python = pythonOf(files, platform);
      if (python !== undefined) pythons.set(image, python);
      return image;
    },
    python: (image) => pythons.get(image),
  };
}

interface NamedLayer {
  readonly tier: Tier;
  readonly layer: Layer;
}

async function writeLayers(
  files: readonly PackageFile[],
  settings: DebianSettings,
  context: BaseContext,
  signal: AbortSignal,
): Promise<readonly NamedLayer[]> {
  const { docs, snapshotService, strict } = settings;
  let started: Promise<Assembly> | undefined;
  let planned: ReturnType<Assembly['layers']> | undefined;
  const assembly = (): Promise<Assembly> => {
    started ??= assemble({ files, docs, snapshotService, context, signal });
    return started;
  };
  const items = async function* (tier: Tier) {
    const opened = await assembly();
    planned ??= opened.layers();
    yield* (await planned).get(tier) ?? [];
  };
  try {
    tellSkipped(await skippedIn(files, assembly, context), strict, context.log);
    const tiers = TIERS.filter((tier) => files.some((file) => file.tier === tier));
    // What they read is removed below: none may go on when another one failed.
    return await mapConcurrently(tiers, tiers.length, signal, async (tier, stop) => {
      const key = layerKey(tier, files, docs);
      return { tier, layer: await context.writeLayer(LAYER_NAMES[tier], key, items(tier), stop) };
    });
  } finally {
    await started?.then(
      (opened) => opened.remove(),
      () => undefined,
    );
  }
}

/** A layer depends on its own packages and on those below it, whose accounts and certificates it may change. */
function layerKey(tier: Tier, files: readonly PackageFile[], docs: boolean): Digest {
  const below = files.filter((file) => TIERS.indexOf(file.tier) <= TIERS.indexOf(tier));
  const packages = below.map((file) => [file.tier, file.name, file.sha256]);
  return digestOfJson({ kind: 'debian layer', rules: ASSEMBLY_RULES, tier, packages, docs });
}

/** What scripts leave undone is remembered, so that a build whose layers are there opens no package. */
async function skippedIn(
  files: readonly PackageFile[],
  assembly: () => Promise<Assembly>,
  context: BaseContext,
): Promise<readonly SkippedScript[]> {
  const packages = files.map(({ sha256 }) => sha256);
  const key = digestOfJson({ kind: 'debian scripts', rules: ASSEMBLY_RULES, packages });
  const known = await context.store.readAction(key);
  if (Array.isArray(known) && known.every(isSkipped)) return known;
  const skipped = skippedScripts((await assembly()).packages);
  await context.store.writeAction(key, skipped);
  return skipped;
}

function isSkipped(value: unknown): value is SkippedScript {
  const { package: name, script, commands } = (value ?? {}) as Partial<Record<keyof SkippedScript, unknown>>;
  return typeof name === 'string' && typeof script === 'string' && Array.isArray(commands);
}

function imageOf(
  platform: Platform,
  settings: DebianSettings,
  layers: readonly NamedLayer[],
  epoch: number,
): Image {
  const created = new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
  const config: ConfigDocument = {
    created,
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    config: { Env: ENVIRONMENT, Cmd: settings.python ? ['/usr/bin/python3'] : ['/bin/sh'] },
    rootfs: { type: 'layers', diff_ids: layers.map(({ layer }) => layer.diffId) },
    history: layers.map(({ tier }) => ({
      created,
      created_by: `pycontainer apt:${settings.suite}`,
      comment: LAYER_NAMES[tier],
    })),
  };
  return { platform, config, layers: layers.map(({ layer }) => layer) };
}
