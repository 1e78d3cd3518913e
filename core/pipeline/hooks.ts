/**
 * The hook graph: six stages, three kinds of hooks, all made with tapable. The kind shows in the name: a
 * noun finds (first answer wins), the stage's verb shapes (value in, value out), a participle notifies.
 * What taps them, and in which order, is not known here.
 */
import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';
import type { Attachment, Image } from '../oci/image.ts';
import type { Platform } from '../oci/platform.ts';
import type { Credentials } from '../registry/credentials.ts';
import type { BuildReport } from './report.ts';
import type { ResolvedConfig } from './settings.ts';
import type {
  BaseSource,
  Collected,
  Destination,
  Distribution,
  FinishedBuild,
  FinishedImage,
  FinishedIndex,
  ImageConfig,
  Layered,
  LayerPlan,
  LockFile,
  Project,
  PythonInBase,
  Receipt,
  Resolution,
  WheelFile,
} from './values.ts';

/** Asked of `project`. */
export interface ProjectRequest {
  /** Absolute path of the project's folder. */
  readonly directory: string;
}
/** Asked of `lock`. */
export interface LockRequest {
  readonly project: Project;
}
/** Asked of `base`. */
export interface BaseRequest {
  /** What the configuration or the command line says, or the default. */
  readonly reference: string;
  readonly project: Project;
}
/** Asked of `credentials`. */
export interface CredentialsRequest {
  /** As users write it: `docker.io`, `ghcr.io`, `localhost:5000`. Lower case. */
  readonly host: string;
  /** As in `library/python`. */
  readonly repository: string;
}
/** Asked of `python`. */
export interface PythonRequest {
  readonly platform: Platform;
  readonly base: Image;
  readonly reference: string;
  /** What the base's source says of it. */
  readonly known?: PythonInBase | undefined;
}
/** Asked of `wheel`. */
export interface WheelRequest {
  readonly platform: Platform;
  readonly distribution: Distribution;
}
/** Asked of `destination`. */
export interface DestinationRequest {
  /** As in `layout:build/image`. */
  readonly spec: string;
  /** What stands before the first colon, as in `layout`. */
  readonly scheme: string;
  /** What stands behind it. */
  readonly location: string;
}
/** Given to `sbom`: waterfall over the attachments of one image. */
export interface SbomInput {
  readonly platform: Platform;
  readonly image: FinishedImage;
  readonly attachments: readonly Attachment[];
  /**
   * Set the last time, where several platforms' images become one index: what is attached then with the subject `index` belongs
   * to that. `image` is the first of them.
   */
  readonly index?: FinishedIndex;
}
/** Given to `publish`. */
export interface PublishPlan {
  readonly build: FinishedBuild;
  readonly destinations: readonly Destination[];
}
/** Given to `failed`. */
export interface Failure {
  readonly error: unknown;
}

/** What every tap gets as its second argument. */
export interface BuildContext {
  readonly signal: AbortSignal;
  readonly config: ResolvedConfig;
}

type Find<Request, Answer> = AsyncSeriesBailHook<[Request, BuildContext], Answer | undefined>;
type Shape<Value> = AsyncSeriesWaterfallHook<[Value, BuildContext]>;
type Notify<Value> = AsyncSeriesHook<[Value, BuildContext]>;

/** Every hook of a build. */
export interface BuildHooks {
  /**
   * The project in a folder.
   *
   * - kind: find
   * - stage: resolve
   * - takes: {@link ProjectRequest}
   * - gives: {@link Project}
   * - before: `lock`
   * - after: nothing
   *
   * ```ts
   * hooks.project.tapPromise('setup-cfg', async ({ directory }) => {
   *   if (!directory.endsWith('-legacy')) return undefined;
   *   return { directory, name: 'legacy', isPackage: false };
   * });
   * ```
   */
  readonly project: Find<ProjectRequest, Project>;
  /**
   * The lock that says which distributions go in.
   *
   * - kind: find
   * - stage: resolve
   * - takes: {@link LockRequest}
   * - gives: {@link LockFile}
   * - before: `base`
   * - after: `project`
   *
   * ```ts
   * hooks.lock.tapPromise('nothing-needed', async ({ project }) =>
   *   project.name === 'static-site'
   *     ? { path: 'none', format: 'none', select: () => ({ chosen: [], rejected: [] }) }
   *     : undefined,
   * );
   * ```
   */
  readonly lock: Find<LockRequest, LockFile>;
  /**
   * The base image's source. It is opened later, per platform. Not asked where the configuration holds a source itself.
   *
   * - kind: find
   * - stage: resolve
   * - takes: {@link BaseRequest}
   * - gives: {@link BaseSource}
   * - before: `credentials`
   * - after: `lock`
   *
   * ```ts
   * hooks.base.tapPromise('house-base', async ({ reference }) =>
   *   reference === 'house' ? houseBase : undefined,
   * );
   * ```
   */
  readonly base: Find<BaseRequest, BaseSource>;
  /**
   * What opens a registry. Asked once a repository, and only where its registry wants to know who asks: for bases, outputs and
   * whatever else is read or written there. What the command line states comes before any answer. An answer for a host that
   * only looks like one's own gives a secret away: compare the whole name.
   *
   * - kind: find
   * - stage: resolve
   * - takes: {@link CredentialsRequest}
   * - gives: {@link Credentials}
   * - before: `destination`
   * - after: `base`
   *
   * ```ts
   * hooks.credentials.tapPromise('house-registry', async ({ host }) =>
   *   host === 'registry.example.com' ? { kind: 'bearer', token: await houseToken() } : undefined,
   * );
   * ```
   */
  readonly credentials: Find<CredentialsRequest, Credentials>;
  /**
   * The Python that markers and tags are evaluated against: from the base, never from the host.
   *
   * - kind: find
   * - stage: resolve
   * - takes: {@link PythonRequest}
   * - gives: {@link PythonInBase}
   * - before: `resolve`
   * - after: `destination`
   *
   * ```ts
   * hooks.python.tapPromise('known-base', async ({ base }) => {
   *   if (base.config.config?.Labels?.['com.example.python'] !== '3.12') return undefined;
   *   return knownPython(base.platform);
   * });
   * ```
   */
  readonly python: Find<PythonRequest, PythonInBase>;
  /**
   * What goes in: distributions may be left out, added or exchanged.
   *
   * - kind: shape
   * - stage: resolve
   * - takes: {@link Resolution}
   * - gives: {@link Resolution}
   * - before: `resolved`
   * - after: `python`
   *
   * ```ts
   * hooks.resolve.tapPromise('no-debugger', async (resolution) => ({
   *   ...resolution,
   *   distributions: resolution.distributions.filter(({ name }) => name !== 'ipdb'),
   * }));
   * ```
   */
  readonly resolve: Shape<Resolution>;
  /**
   * The resolution of a platform stands.
   *
   * - kind: notify
   * - stage: resolve
   * - takes: {@link Resolution}
   * - gives: nothing
   * - before: `wheel`
   * - after: `resolve`
   *
   * ```ts
   * hooks.resolved.tapPromise('count', async ({ distributions }) => {
   *   api.log.info(`${distributions.length} distributions`);
   * });
   * ```
   */
  readonly resolved: Notify<Resolution>;
  /**
   * The file of a distribution's wheel on this host. Asked only where the store has no record of the part.
   *
   * - kind: find
   * - stage: collect
   * - takes: {@link WheelRequest}
   * - gives: {@link WheelFile}
   * - before: `collect`
   * - after: `resolved`
   *
   * ```ts
   * hooks.wheel.tapPromise('cupboard', async ({ distribution }) =>
   *   cupboard.find(distribution.file?.name),
   * );
   * ```
   */
  readonly wheel: Find<WheelRequest, WheelFile>;
  /**
   * The tree of files: parts may be added, left out or changed.
   *
   * - kind: shape
   * - stage: collect
   * - takes: {@link Collected}
   * - gives: {@link Collected}
   * - before: `collected`
   * - after: `wheel`
   *
   * ```ts
   * hooks.collect.tapPromise('motd', async (collected) =>
   *   api.addPart(collected, api.filesPart('motd', { 'etc/motd': 'hello\n' })),
   * );
   * ```
   */
  readonly collect: Shape<Collected>;
  /**
   * The tree of a platform stands.
   *
   * - kind: notify
   * - stage: collect
   * - takes: {@link Collected}
   * - gives: nothing
   * - before: `layer`
   * - after: `collect`
   *
   * ```ts
   * hooks.collected.tapPromise('list', async ({ tree }) => {
   *   for (const part of tree.parts) api.log.debug(part.name);
   * });
   * ```
   */
  readonly collected: Notify<Collected>;
  /**
   * How the tree is cut into layers. Every part belongs to exactly one group.
   *
   * - kind: shape
   * - stage: layer
   * - takes: {@link LayerPlan}
   * - gives: {@link LayerPlan}
   * - before: `layered`
   * - after: `collected`
   *
   * ```ts
   * hooks.layer.tapPromise('one-layer', async (plan) => ({
   *   ...plan,
   *   groups: [{ name: 'all', role: 'project', parts: plan.groups.flatMap((group) => group.parts) }],
   * }));
   * ```
   */
  readonly layer: Shape<LayerPlan>;
  /**
   * The layers of a platform are in the store.
   *
   * - kind: notify
   * - stage: layer
   * - takes: {@link Layered}
   * - gives: nothing
   * - before: `label`
   * - after: `layer`
   *
   * ```ts
   * hooks.layered.tapPromise('sizes', async ({ layers }) => {
   *   for (const layer of layers) api.log.info(`${layer.name}: ${layer.descriptor.size}`);
   * });
   * ```
   */
  readonly layered: Notify<Layered>;
  /**
   * The image's configuration: entry point, environment, user, labels, annotations.
   *
   * - kind: shape
   * - stage: label
   * - takes: {@link ImageConfig}
   * - gives: {@link ImageConfig}
   * - before: `labelled`
   * - after: `layered`
   *
   * ```ts
   * hooks.label.tapPromise('team', async (image) => ({
   *   ...image,
   *   labels: { ...image.labels, 'com.example.team': 'payments' },
   * }));
   * ```
   */
  readonly label: Shape<ImageConfig>;
  /**
   * The configuration of a platform's image stands.
   *
   * - kind: notify
   * - stage: label
   * - takes: {@link ImageConfig}
   * - gives: nothing
   * - before: `sbom`
   * - after: `label`
   *
   * ```ts
   * hooks.labelled.tapPromise('entry', async ({ entrypoint }) => {
   *   api.log.info(entrypoint.join(' '));
   * });
   * ```
   */
  readonly labelled: Notify<ImageConfig>;
  /**
   * Documents that are attached to an image: SBOM, provenance. Asked for each platform, and once more for the index that they
   * become.
   *
   * - kind: shape
   * - stage: sbom
   * - takes: {@link SbomInput}
   * - gives: {@link SbomInput}
   * - before: `publish`
   * - after: `labelled`
   *
   * ```ts
   * hooks.sbom.tapPromise('notes', async (input) => ({
   *   ...input,
   *   attachments: [...input.attachments, notesFor(input.image)],
   * }));
   * ```
   */
  readonly sbom: Shape<SbomInput>;
  /**
   * The destination that an output's SPEC names. Asked before anything is built, and not at all in a dry run.
   *
   * - kind: find
   * - stage: publish
   * - takes: {@link DestinationRequest}
   * - gives: {@link Destination}
   * - before: `python`
   * - after: `credentials`
   *
   * ```ts
   * hooks.destination.tapPromise('tape', async ({ scheme, location }) =>
   *   scheme === 'tape' ? tapeDrive(location) : undefined,
   * );
   * ```
   */
  readonly destination: Find<DestinationRequest, Destination>;
  /**
   * What is about to be published, and where.
   *
   * - kind: shape
   * - stage: publish
   * - takes: {@link PublishPlan}
   * - gives: {@link PublishPlan}
   * - before: `published`
   * - after: `sbom`
   *
   * ```ts
   * hooks.publish.tapPromise('freeze', async (plan) =>
   *   frozen() ? { ...plan, destinations: [] } : plan,
   * );
   * ```
   */
  readonly publish: Shape<PublishPlan>;
  /**
   * Every destination is done.
   *
   * - kind: notify
   * - stage: publish
   * - takes: a list of {@link Receipt}
   * - gives: nothing
   * - before: `done`
   * - after: `publish`
   *
   * ```ts
   * hooks.published.tapPromise('announce', async (receipts) => {
   *   for (const receipt of receipts) api.log.info(receipt.reference);
   * });
   * ```
   */
  readonly published: Notify<readonly Receipt[]>;
  /**
   * The build succeeded.
   *
   * - kind: notify
   * - stage: end
   * - takes: {@link BuildReport}
   * - gives: nothing
   * - before: nothing
   * - after: `published`
   *
   * ```ts
   * hooks.done.tapPromise('clock', async ({ timings }) => {
   *   api.log.info(`collect took ${timings.collect} ms`);
   * });
   * ```
   */
  readonly done: Notify<BuildReport>;
  /**
   * The build failed or was interrupted.
   *
   * - kind: notify
   * - stage: end
   * - takes: {@link Failure}
   * - gives: nothing
   * - before: nothing
   * - after: whatever failed
   *
   * ```ts
   * hooks.failed.tapPromise('page', async ({ error }) => {
   *   api.log.info(`no image: ${String(error)}`);
   * });
   * ```
   */
  readonly failed: Notify<Failure>;
}

export type HookName = keyof BuildHooks;

/** A fresh, untapped graph; nothing is shared between builds. */
export function createHooks(): BuildHooks {
  const find = <Request, Answer>(name: string, request: string): Find<Request, Answer> =>
    new AsyncSeriesBailHook([request, 'context'], name) as Find<Request, Answer>;
  const shape = <Value>(name: string): Shape<Value> =>
    new AsyncSeriesWaterfallHook(['value', 'context'], name);
  const notify = <Value>(name: string): Notify<Value> => new AsyncSeriesHook(['value', 'context'], name);
  return {
    project: find('project', 'request'),
    lock: find('lock', 'request'),
    base: find('base', 'request'),
    credentials: find('credentials', 'request'),
    python: find('python', 'request'),
    resolve: shape('resolve'),
    resolved: notify('resolved'),
    wheel: find('wheel', 'request'),
    collect: shape('collect'),
    collected: notify('collected'),
    layer: shape('layer'),
    layered: notify('layered'),
    label: shape('label'),
    labelled: notify('labelled'),
    sbom: shape('sbom'),
    destination: find('destination', 'request'),
    publish: shape('publish'),
    published: notify('published'),
    done: notify('done'),
    failed: notify('failed'),
  };
}
