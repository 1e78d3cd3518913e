/** A wheel as a part of the tree: it is opened only when its record is not known or its contents are wanted. */
import { type Digest, digestOfJson } from '../../primitives/digest.ts';
import type { Part, PartRecord, PartRole } from '../../primitives/file-tree.ts';
import { publicDirectUrl } from '../direct-url.ts';
import { type LaidOut, layOut } from '../install.ts';
import { openWheel as openWheelFile } from '../wheel.ts';
import type { InstallTarget } from './scheme.ts';

/** Keeps records of parts from build to build. */
export interface RecordCache {
  get(key: Digest): Promise<PartRecord | undefined>;
  set(key: Digest, record: PartRecord): Promise<void>;
}

export interface WheelPartOptions {
  /** The distribution's normalised name. */
  readonly name: string;
  readonly fileName: string;
  /** Of the wheel. */
  readonly digest: Digest;
  /** Bytes of the wheel. */
  readonly size: number;
  readonly target: InstallTarget;
  /** PEP 610, where the distribution does not come from an index. */
  readonly directUrl?: Readonly<Record<string, unknown>> | undefined;
  /** `dependency` where not given. */
  readonly role?: PartRole | undefined;
  /** Gives the wheel's path on this host; may fetch it. Called once, or again after a failure. */
  openWheel(signal?: AbortSignal): Promise<string>;
  readonly records: RecordCache;
}

/** To be counted up whenever a wheel would be laid out differently than before: it is in every key. */
export const LAYOUT_RULES = 1;

/** What a laid-out wheel depends on, and nothing else: not the path of the base's Python, nor its patch version. */
export function wheelPartKey({
  fileName,
  digest,
  target,
  directUrl,
}: Omit<WheelPartOptions, 'openWheel' | 'records'>): Digest {
  const { prefix, implementation, pythonVersion, abi } = target;
  const environment = { prefix, implementation, pythonVersion, abi };
  const origin = directUrl === undefined ? undefined : publicDirectUrl(directUrl);
  return digestOfJson({
    ...{ kind: 'wheel', rules: LAYOUT_RULES, fileName, digest, environment },
    directUrl: origin,
  });
}

/** The part's functions throw what opening and laying out throw, and what `openWheel` throws. */
export function partOfWheel(options: WheelPartOptions): Part {
  const { name, fileName, digest, size, target, directUrl, role = 'dependency', records } = options;
  const key = wheelPartKey(options);
  let laidOut: Promise<LaidOut> | undefined;
  const layOutFile = async (signal?: AbortSignal): Promise<LaidOut> => {
    signal?.throwIfAborted();
    const wheel = openWheelFile(await options.openWheel(signal), fileName);
    try {
      return layOut(wheel, { target, digest, directUrl });
    } finally {
      wheel.close();
    }
  };
  const lay = (signal?: AbortSignal): Promise<LaidOut> => {
    laidOut ??= layOutFile(signal).catch((error: unknown) => {
      // Another caller, with another signal, may have more luck.
      laidOut = undefined;
      throw error;
    });
    return laidOut;
  };
  return {
    name,
    key,
    role,
    size,
    wheel: {
      name: fileName,
      open: async (signal) => ({ file: await options.openWheel(signal), digest, size }),
    },
    async record(signal) {
      const known = laidOut === undefined ? await records.get(key) : undefined;
      if (known !== undefined) return known;
      const { record } = await lay(signal);
      await records.set(key, record);
      return record;
    },
    async *entries(signal) {
      yield* (await lay(signal)).items;
    },
  };
}
