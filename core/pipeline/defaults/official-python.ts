/**
 * The Python of an official image, by its configuration and the first bytes of its lowest layer: nothing else of the base
 * is transferred. What such images say is `python`'s knowledge.
 */
import type { Image } from '../../oci/image.ts';
import { readLayerHead } from '../../oci/layer-head.ts';
import { digestOfJson } from '../../primitives/digest.ts';
import type { BaseFacts } from '../../python/detection/base-files.ts';
import { libcOfRelease, officialPython, RELEASE_FILES } from '../../python/detection/official-image.ts';
import type { Libc } from '../../python/target.ts';
import type { DetectionSession } from '../session.ts';
import type { PythonInBase } from '../values.ts';

/** Bytes of the lowest layer that are asked for, one after the other: Debian's keys lie before its release, Alpine's busybox. */
const HEADS = [256 * 1024, 2 * 1024 * 1024];
/** Version of the rules by which a layer is read. */
const RULES = 1;

/** Undefined where the image is no official one, or its system none that is known: its files are to be searched then. */
export async function findOfficialPython(
  base: Image,
  facts: BaseFacts,
  session: DetectionSession,
): Promise<PythonInBase | undefined> {
  const steps = (base.config.history ?? []).map((entry) => String(entry.created_by ?? ''));
  const python = officialPython(facts, steps);
  const lowest = base.layers[0];
  if (python === undefined || lowest === undefined) return undefined;
  // Nothing of a part is verified: what one registry said of a layer must not be believed of another's.
  const from = lowest.registry?.host ?? 'this host';
  const key = digestOfJson({ what: 'C library of a layer', rules: RULES, layer: lowest.diffId, from });
  const known = session.noCache ? undefined : await session.store.readAction(key);
  const libc = isLibc(known) ? known : await libcOf(lowest, session.signal);
  if (libc === undefined) return undefined;
  if (libc !== known) await session.store.writeAction(key, libc);
  return {
    interpreter: python.interpreter,
    target: {
      implementation: 'cpython',
      version: python.version,
      abi: `cp3${python.minor}`,
      os: 'linux',
      architecture: facts.architecture,
      ...(facts.variant === undefined ? {} : { variant: facts.variant }),
      libc,
    },
  };
}

async function libcOf(layer: Image['layers'][number], signal: AbortSignal): Promise<Libc | undefined> {
  for (const [index, size] of HEADS.entries()) {
    if (index > 0 && layer.descriptor.size <= HEADS[index - 1]!) break;
    const files = await readLayerHead(layer, size, signal);
    const release = files.find(({ path }) => RELEASE_FILES.includes(path));
    if (release !== undefined) return libcOfRelease(release.path, release.bytes);
  }
  return undefined;
}

function isLibc(value: unknown): value is Libc {
  const { family, version } = (value ?? {}) as Partial<Record<keyof Libc, unknown>>;
  return (family === 'glibc' || family === 'musl') && typeof version === 'string';
}
