/**
 * The hook graph: six stages, three kinds of hooks, all made with tapable. The kind shows in the name: a
 * noun finds (first answer wins), the stage's verb shapes (value in, value out), a participle notifies.
 * What taps them, and in which order, is not known here.
 */
import { AsyncSeriesBailHook, AsyncSeriesHook, AsyncSeriesWaterfallHook } from 'tapable';
import type { Attachment } from '../oci/image.ts';
import type { Platform } from '../oci/platform.ts';
import type { BuildReport } from './report.ts';
import type {
  BaseSource,
  Collected,
  Destination,
  Distribution,
  FinishedBuild,
  FinishedImage,
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
import type { Image } from '../oci/image.ts';
import type { ResolvedConfig } from './settings.ts';

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
/** Asked of `python`. */
export interface PythonRequest {
  readonly platform: Platform;
  readonly base: Image;
  readonly reference: string;
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
