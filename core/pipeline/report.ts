/**
 * The build report: the one document that `--json` prints, and the contract with wrappers in other
 * languages. Fields may be added, never renamed. How it is made is the builder's matter.
 */
import type { Digest } from '../primitives/digest.ts';
import { type ErrorCode, isPycError, messageOf } from '../primitives/errors.ts';
import type { Warning } from '../primitives/log.ts';
import { VERSION } from '../primitives/version.ts';
import type { Receipt, RefusalKind, SourceKind } from './values.ts';

/** A distribution of an image. */
export interface ReportedDistribution {
  readonly name: string;
  /** Empty in a dry run where the lock states none, as for folders. */
  readonly version: string;
  readonly source: SourceKind;
  readonly file: string | null;
  readonly hash: string | null;
  /** Bytes of the file; null where neither lock nor index says. */
  readonly fileSize: number | null;
  /** Without credentials. */
  readonly url: string | null;
  readonly requestedBy: readonly string[];
  /** Bytes of its files in the image, before compression; null in a dry run. */
  readonly installedSize: number | null;
  /** What the lock has in its place, and why the configuration replaces it; null for what is locked. */
  readonly replaces: { readonly version: string | null; readonly reason: string } | null;
}

/** A distribution that is locked and was taken out. */
export interface ReportedExclusion {
  readonly name: string;
  readonly version: string | null;
  readonly reason: string;
}

/** A layer of an image; digests are null in a dry run unless the layer exists already. */
export interface ReportedLayer {
  readonly digest: Digest | null;
  readonly diffId: Digest | null;
  /** Compressed bytes. */
  readonly size: number | null;
  readonly role: 'base' | 'system' | 'environment' | 'dependencies' | 'project' | 'plugin';
  readonly name: string;
  readonly origin: 'built' | 'cached' | 'base' | null;
  readonly distributions: readonly string[];
}

/** One platform's image. */
export interface ReportedImage {
  /** The image's name in the configuration; the project's where it has none. */
  readonly name: string;
  /** The references that it is published as; none where it has no name beyond its own. */
  readonly tags: readonly string[];
  readonly platform: string;
  readonly python: { readonly version: string; readonly tag: string; readonly libc: string };
  readonly base: { readonly reference: string; readonly digest: Digest | null };
  /** Of the manifest; null in a dry run. */
  readonly digest: Digest | null;
  /** Compressed bytes of all blobs; null in a dry run. */
  readonly size: number | null;
  /** What the image starts. */
  readonly command: readonly string[];
  /** Its named commands; empty where it has none but the one that it starts. */
  readonly processes: Readonly<Record<string, readonly string[]>>;
  readonly user: string;
  readonly ports: readonly string[];
  readonly distributions: readonly ReportedDistribution[];
  /** What the lock has and the configuration takes out. */
  readonly excluded: readonly ReportedExclusion[];
  readonly layers: readonly ReportedLayer[];
}

/** What a destination did with an image. */
export interface ReportedOutput extends Receipt {
  /** The image's name. */
  readonly image: string;
  /** Where a shard published this platform alone, under no tag. */
  readonly platform?: string;
  /** Where it is in the plan of the whole, from 0: an index has its images in this order. */
  readonly unit?: number;
}

/** One image on one platform, as a plan lists it. */
export interface ReportedUnit {
  /** The image's name. */
  readonly image: string;
  readonly platform: string;
  /** Of all that it is made of, the base and the sources among them. Units of one digest become one image. */
  readonly inputs: Digest;
  readonly base: { readonly reference: string; readonly digest: Digest | null };
  /** The references that the image is published as. */
  readonly tags: readonly string[];
  /** SPECs. */
  readonly outputs: readonly string[];
  /** Which `--shard` builds it, as in `2/5`; null where it was not asked for. */
  readonly shard: string | null;
}

export interface ReportedAttachment {
  readonly type: string;
  /** Of the referrer's manifest. */
  readonly digest: Digest;
  readonly subject: Digest;
}

export interface ReportedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly details: readonly unknown[];
  /** What a command ends with: 2 for wrong usage or configuration, 130 when it was interrupted, else 1. */
  readonly exitCode: 1 | 2 | 130;
}

/** One value of the merged configuration. */
export interface ReportedValue {
  /** Dotted, as in `env.PORT`. */
  readonly key: string;
  readonly value: unknown;
  /** A file, a flag, a variable, a preset and its reason, or `default`. */
  readonly origin: string;
}

/** A file of a distribution that was not taken. */
export interface ReportedRefusal {
  readonly name: string;
  /** In one word, as in `libc`; null where nobody says. */
  readonly kind: RefusalKind | null;
  readonly reason: string;
}

/** Why a distribution is in one platform's image. */
export interface ReportedExplanation {
  /** The image's name. */
  readonly image: string;
  readonly platform: string;
  /** What files had to fit, as in `cp312, glibc 2.36`. */
  readonly python: string;
  readonly name: string;
  readonly version: string;
  readonly source: SourceKind;
  /** From the project to it, for each one that asks for it; none where the lock does not say who asks. */
  readonly paths: readonly (readonly string[])[];
  /** What it asks for itself. */
  readonly needs: readonly string[];
  readonly file: {
    readonly name: string;
    /** The tag by which it fits; null for what is no wheel. */
    readonly tag: string | null;
    /** Bytes; null where the lock does not say. */
    readonly size: number | null;
    readonly hash: string | null;
    /** Without credentials. */
    readonly url: string | null;
  } | null;
  /** The other files of the version; null where the lock lists none and no index does. */
  readonly passedOver: readonly ReportedRefusal[] | null;
}

/** A distribution without a wheel for a platform. */
export interface ReportedLack {
  readonly name: string;
  readonly version: string | null;
  readonly reason: string;
  /** The wheels that the lock lists, none of which fits. */
  readonly files: readonly ReportedRefusal[];
  /** What a wheel would be built of; null where nothing is locked that one could be built of. */
  readonly source: SourceKind | null;
  /** True where this host would build one of its sources. Whether the result fits is known only then. */
  readonly builds: boolean;
  /** Whether an index could be asked for a release that has a wheel: not offline, and not for what comes from none. */
  readonly asked: boolean;
  /** The release with a wheel that is nearest to the locked one; null where none has, or nobody was asked. */
  readonly nearest: {
    readonly version: string;
    readonly file: string;
    /** Against the locked version; `same` where the index has a wheel that the lock does not list. */
    readonly age: 'same' | 'newer' | 'older';
  } | null;
}

/** What a platform would lack. */
export interface ReportedPlatform {
  /** The image's name. */
  readonly image: string;
  readonly platform: string;
  /** True for those that a build would be made for. */
  readonly configured: boolean;
  readonly base: string;
  readonly python: ReportedImage['python'] | null;
  /** How many are needed there; null where that cannot be said. */
  readonly distributions: number | null;
  readonly lacks: readonly ReportedLack[];
  /** Why nothing can be said of it: the base is not made for it, or the lock is not. */
  readonly error: ReportedError | null;
}

/** What presets chose and where they saw it. */
export interface ReportedPreset {
  /** Several that were put together are separated by commas. */
  readonly name: string;
  readonly reasons: readonly { readonly message: string; readonly file?: string; readonly line?: number }[];
}

export interface BuildReport {
  readonly schemaVersion: 1;
  readonly command: string;
  readonly pycontainer: string;
  readonly ok: boolean;
  readonly dryRun: boolean;
  readonly project: {
    readonly name: string;
    readonly version: string | null;
    readonly directory: string;
  } | null;
  /** `madeBy` where the project has none, and a program of the host, as in `uv 0.13.8`, made this one for the build. */
  readonly lock: { readonly path: string; readonly format: string; readonly madeBy?: string } | null;
  readonly preset: ReportedPreset | null;
  /** The merged configuration of each image; null but for `explain`. */
  readonly configuration:
    | readonly { readonly image: string; readonly values: readonly ReportedValue[] }[]
    | null;
  /** Of one distribution, a platform each; null but for `explain` with a name. */
  readonly explanations: readonly ReportedExplanation[] | null;
  /** What each platform would lack; null but for `check platforms`. */
  readonly platforms: readonly ReportedPlatform[] | null;
  /** What the build consists of; null but for `plan`. */
  readonly units: readonly ReportedUnit[] | null;
  /** The share that was built; null where it was all. */
  readonly shard: {
    /** From 1 to `count`. */
    readonly index: number;
    readonly count: number;
    /** How many units the whole build has: shards past it have none. */
    readonly units: number;
  } | null;
  readonly images: readonly ReportedImage[];
  readonly index: { readonly digest: Digest } | null;
  readonly outputs: readonly ReportedOutput[];
  readonly attachments: readonly ReportedAttachment[];
  readonly warnings: readonly Warning[];
  readonly error: ReportedError | null;
  /** Milliseconds a stage, and `total`. */
  readonly timings: Readonly<Record<string, number>>;
}

/** What is known before anything was done. */
export function emptyReport(command: string): BuildReport {
  return {
    schemaVersion: 1,
    command,
    pycontainer: VERSION,
    ok: true,
    dryRun: false,
    project: null,
    lock: null,
    preset: null,
    configuration: null,
    explanations: null,
    platforms: null,
    units: null,
    shard: null,
    images: [],
    index: null,
    outputs: [],
    attachments: [],
    warnings: [],
    error: null,
    timings: {},
  };
}

/** The report's form of whatever was thrown. What is no error of ours is a fault of this program. */
export function reportError(thrown: unknown): ReportedError {
  if (isPycError(thrown)) {
    return {
      code: thrown.code,
      message: thrown.message,
      hint: thrown.hint ?? null,
      details: thrown.details ?? [],
      exitCode: thrown.code === 'PYC_INTERRUPTED' ? 130 : thrown.exitCode,
    };
  }
  return {
    /** Something failed in a way that nobody foresaw: a fault of pycontainer itself, not of the project. */
    code: 'PYC_INTERNAL',
    message: messageOf(thrown),
    hint: 'this is a fault of pycontainer: run again with `--verbose` and report what it prints',
    details: [],
    exitCode: 1,
  };
}
