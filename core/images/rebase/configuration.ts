/**
 * The configuration of an image on another base: what came from the old base goes, what comes from the new one is taken
 * over as a build does it, and what the image said itself stays.
 */
import type { ImageSettings } from '../../oci/build-image.ts';
import type { Image } from '../../oci/image.ts';
import { environmentOver, historyOver, variablesOf } from '../../oci/over-base.ts';
import type { FoundImage } from '../found-image.ts';

export interface Rebase {
  readonly image: FoundImage;
  readonly old: Image;
  readonly next: Image;
  /** What labels and annotations say of the new base. */
  readonly keys: Readonly<Record<string, string>>;
}

const BASE_KEYS = /^org\.opencontainers\.image\.base\./;

/** What a build of the same project on the new base would state. */
export function rebasedSettings({ image, old, next, keys }: Rebase): ImageSettings {
  const { config } = image;
  const runtime = config.config ?? {};
  const before = old.config.config ?? {};
  const after = next.config.config ?? {};
  const isBases = runtime.StopSignal === before.StopSignal;
  const stopSignal = isBases ? after.StopSignal : runtime.StopSignal;
  const own = ownOf(runtime.Labels ?? {}, before.Labels ?? {});
  return {
    platform: image.platform,
    entrypoint: runtime.Entrypoint ?? [],
    cmd: runtime.Cmd ?? [],
    env: rebasedEnvironment(runtime.Env ?? [], before.Env ?? [], after.Env ?? []),
    user: runtime.User ?? '',
    workdir: runtime.WorkingDir ?? '',
    ports: Object.keys(runtime.ExposedPorts ?? {}),
    ...(stopSignal === undefined ? {} : { stopSignal }),
    labels: { ...after.Labels, ...withoutBaseKeys(own), ...keys },
    history: [...historyOver(next), ...(config.history ?? []).slice(historyOver(old).length)],
    created: config.created ?? '1970-01-01T00:00:00Z',
    ...(config.author === undefined ? {} : { author: config.author }),
  };
}

/** The manifest's annotations, whose base is another now. */
export function rebasedAnnotations({ image, keys }: Pick<Rebase, 'image' | 'keys'>): Record<string, string> {
  return { ...withoutBaseKeys(image.manifest.annotations ?? {}), ...keys };
}

/** Variables that have another value than a build on the old base gives them are the image's own. */
function rebasedEnvironment(
  lines: readonly string[],
  before: readonly string[],
  after: readonly string[],
): Record<string, string> {
  const stated = variablesOf(lines);
  const usual = environmentOver(before, {});
  const env = environmentOver(after, ownOf(stated, usual));
  // What a plugin took away stays away.
  const removed = Object.keys(usual).filter((name) => stated[name] === undefined);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !removed.includes(name)));
}

function ownOf(
  stated: Readonly<Record<string, string>>,
  inherited: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(stated).filter(([name, value]) => inherited[name] !== value));
}

function withoutBaseKeys(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !BASE_KEYS.test(name)));
}
