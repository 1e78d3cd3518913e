/** The publish stage: which destinations the outputs name, and handing the finished build to each. */
import type { Layer } from '../../oci/image.ts';
import { DEFAULT_TAG, parseReference } from '../../oci/reference.ts';
import { mapConcurrently } from '../../primitives/concurrency.ts';
import { PycError } from '../../primitives/errors.ts';
import { nearest } from '../../primitives/nearest.ts';
import type { Graph } from '../graph.ts';
import type { Session } from '../session.ts';
import type { ResolvedConfig } from '../settings.ts';
import type { Destination, FinishedBuild, Receipt, Referrer } from '../values.ts';
import { inRegistry } from './references.ts';

/** An output's SPEC begins with a scheme that neither pycontainer nor a plugin knows. */
export class OutputError extends PycError {
  readonly code = 'PYC_OUTPUT_UNKNOWN';
  override readonly exitCode = 2;
}

/** `--push` was given and no tag says where to. */
export class PushError extends PycError {
  readonly code = 'PYC_PUSH_WITHOUT_TAG';
  override readonly exitCode = 2;
}

/** Where an image goes when nothing is asked for. */
export const DEFAULT_OUTPUT = 'layout:build/image';

/** The output that `load` means; undefined where it means none. */
export function loadOutput(load: ResolvedConfig['load']): string | undefined {
  return load === undefined || load === false ? undefined : `load:${load === true ? 'auto' : load}`;
}

/** Last steps at once. */
const AT_ONCE = 4;

/** Schemes of our own destinations: what an unknown one is compared with. */
const SCHEMES = ['layout', 'archive', 'docker-archive', 'registry', 'load', 'wheelhouse'];

/** Full references, each once: the tags, put into the configured registry. */
export function referencesOf(
  name: string,
  { tags: stated, registry }: Pick<ResolvedConfig, 'tags' | 'registry'>,
): string[] {
  if (registry === undefined) return [...stated];
  const tags = stated.length > 0 ? stated : [`${name}:${DEFAULT_TAG}`];
  return [...new Set(tags.map((tag) => inRegistry(registry, tag)))];
}

/** The same reference with `latest` where it states no tag. */
export function withTag(reference: string): string {
  const { tag, digest } = parseReference(reference);
  return tag === undefined && digest === undefined ? `${reference}:${DEFAULT_TAG}` : reference;
}

/** What the outputs and `push` ask for, as SPECs. @throws PushError where there is nowhere to push to; what {@link referencesOf} throws */
export function outputsOf(name: string, config: ResolvedConfig): string[] {
  // Also where nothing is pushed: a layout's tags come of them.
  const references = referencesOf(name, config);
  for (const reference of references) parseReference(reference);
  const pushed = config.push === true ? references : [];
  if (config.push === true && pushed.length === 0) {
    throw new PushError('there is no reference to push to', {
      hint: 'name it, as in `--tag ghcr.io/me/app:1.0 --push`',
    });
  }
  const loaded = loadOutput(config.load);
  const outputs = [
    ...config.outputs,
    ...(loaded === undefined ? [] : [loaded]),
    ...pushed.map((reference) => `registry:${reference}`),
  ];
  return outputs.length > 0 ? [...new Set(outputs)] : [DEFAULT_OUTPUT];
}

/** The registry that an output goes to; undefined for other outputs. @throws ImageReferenceError */
export function registryOf(spec: string): string | undefined {
  return spec.startsWith('registry:') ? parseReference(spec.slice('registry:'.length)).host : undefined;
}

/** True where an output writes the layers of a base: a registry gets them from another registry, or has them. */
export function needsLayers(
  { outputs, push, load }: Pick<ResolvedConfig, 'outputs' | 'push' | 'load'>,
  { command, dryRun, take }: Pick<Session, 'command' | 'dryRun' | 'take'>,
): boolean {
  if (command !== 'build' || dryRun || take !== undefined) return false;
  if (loadOutput(load) !== undefined) return true;
  return outputs.length === 0 ? push !== true : outputs.some((output) => !output.startsWith('registry:'));
}

/** Asks the plugins for each SPEC's destination, before anything is built. @throws OutputError for one that nobody knows */
export async function findDestinations(specs: readonly string[], graph: Graph): Promise<Destination[]> {
  const found: Destination[] = [];
  for (const spec of specs) {
    const at = spec.indexOf(':');
    const request = { spec, scheme: spec.slice(0, Math.max(at, 0)), location: spec.slice(at + 1) };
    const destination =
      at > 0 && request.location !== ''
        ? await graph.hooks.destination.promise(request, graph.context)
        : undefined;
    if (destination === undefined) {
      const close = nearest(request.scheme, SCHEMES);
      throw new OutputError(`\`${spec}\` is no output that this build knows`, {
        hint:
          close === undefined || close === request.scheme
            ? 'write `layout:DIR`, `archive:FILE`, `docker-archive:FILE`, `registry:REF`, `load:ENGINE` or `wheelhouse:DIR`, or add the plugin that knows it'
            : `did you mean \`${close}:${request.location}\`?`,
      });
    }
    found.push(destination);
  }
  return found;
}

/** What became of a build. */
export interface PublishedBuild {
  readonly receipts: readonly Receipt[];
  /** Those that plugins added at last, such as signatures, among them. */
  readonly referrers: readonly Referrer[];
}

/**
 * Publishes to every destination, in order within a lane. Where several are to become visible, none does before all have
 * what they need; what was published beside stays where another one fails.
 */
export async function publishBuild(
  build: FinishedBuild,
  destinations: readonly Destination[],
  graph: Graph,
): Promise<PublishedBuild> {
  const plan = await graph.hooks.publish.promise({ build, destinations }, graph.context);
  const { signal } = graph.context;
  const steps: (() => Promise<void>)[] = [];
  const last =
    plan.destinations.length > 1 ? { last: (step: () => Promise<void>) => void steps.push(step) } : {};
  const lanes = new Map<string, Destination[]>();
  for (const destination of plan.destinations) {
    const { lane = '' } = destination;
    lanes.set(lane, [...(lanes.get(lane) ?? []), destination]);
  }
  const published = new Map<Destination, Receipt>();
  await mapConcurrently([...lanes.values()], lanes.size, signal, async (lane, inner) => {
    for (const destination of lane) {
      const context = { signal: inner, open: (layer: Layer) => layer.open(inner), ...last };
      published.set(destination, await destination.publish(plan.build, context));
    }
  });
  await mapConcurrently(steps, AT_ONCE, signal, (step) => step());
  const receipts = plan.destinations.map((destination) => published.get(destination)!);
  await graph.hooks.published.promise(receipts, graph.context);
  return { receipts, referrers: plan.build.referrers };
}
