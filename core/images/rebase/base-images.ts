/** Opens bases as builds do: shallow where a registry has them. Which image is the old base is found out here, and held to its layers. */
import type { Image } from '../../oci/image.ts';
import { parseImageSpec } from '../../oci/image-spec.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { formatReference, parseReference, type Reference } from '../../oci/reference.ts';
import { type Digest, isDigest } from '../../primitives/digest.ts';
import { isPycError, messageOf } from '../../primitives/errors.ts';
import type { FoundImage } from '../found-image.ts';
import type { ImageSession } from '../session.ts';
import { RebaseSourceError } from './errors.ts';

const BASE_NAME = 'org.opencontainers.image.base.name';
const BASE_DIGEST = 'org.opencontainers.image.base.digest';

/** A base, opened platform by platform. */
export interface OpenedBase {
  /** As labels name it. */
  readonly reference: string;
  /** True for a place on this host, which labels do not name. */
  readonly isLocal: boolean;
  readonly registry?: Reference;
  open(platform: Platform): Promise<Image>;
}

/**
 * What `--base` and `--old-base` name. A tag is looked up once for all platforms.
 *
 * @param hosts those that the run's own credentials are meant for
 * @throws ImageSpecError, ImageReferenceError
 */
export function openBase(text: string, session: ImageSession, hosts: readonly string[]): OpenedBase {
  const { store, log, signal, offline, cwd } = session;
  const parsed = parseImageSpec(text, cwd);
  if (parsed.kind === 'registry') {
    const { reference } = parsed;
    let resolved: Promise<Digest> | undefined;
    return {
      reference: text.replace(/^registry:/, ''),
      isLocal: false,
      registry: reference,
      async open(platform) {
        const { openRegistryImage, resolveTag } = await import('../../registry/index.ts');
        const options = { client: await session.registry(hosts), store, log, signal, offline };
        resolved ??= reference.digest === undefined ? resolveTag(reference, options) : undefined;
        const digest = reference.digest ?? (await resolved!);
        return await openRegistryImage({ ...reference, digest }, platform, options);
      },
    };
  }
  return {
    reference: text,
    isLocal: true,
    async open(platform) {
      if (parsed.kind === 'layout') {
        const { readLayout } = await import('../../oci/layout.ts');
        const { directory, tag } = parsed;
        return await readLayout(directory, { platform, ...(tag === undefined ? {} : { tag }) });
      }
      const { readArchive } = await import('../../oci/archive.ts');
      return await readArchive(parsed.file, { platform, store, signal });
    },
  };
}

/** What the keys of a new base are in labels and annotations; none for a base on this host. */
export function baseKeys(base: OpenedBase, { manifest }: Image): Record<string, string> {
  if (base.isLocal || manifest === undefined) return {};
  return { [BASE_NAME]: base.reference, [BASE_DIGEST]: manifest.descriptor.digest };
}

/** What an image says of its base. */
export function statedBase({ config, manifest }: Pick<FoundImage, 'config' | 'manifest'>): {
  readonly name: string | undefined;
  readonly digest: Digest | undefined;
} {
  const said = { ...manifest.annotations, ...config.config?.Labels };
  const digest = said[BASE_DIGEST];
  return { name: said[BASE_NAME], digest: isDigest(digest) ? digest : undefined };
}

/**
 * The base that an image was built on: what the user says, else what the image's labels say, looked for where they say and
 * beside the new base, else the new base itself.
 *
 * @throws RebaseSourceError where none is found whose layers the image begins with
 */
export async function findOldBase(
  image: FoundImage,
  stated: OpenedBase | undefined,
  next: { readonly base: OpenedBase; readonly image: Image },
  session: ImageSession,
  hosts: readonly string[],
): Promise<Image> {
  const shown = `${image.place.shown} for ${formatPlatform(image.platform)}`;
  if (stated !== undefined) {
    const base = await stated.open(image.platform);
    if (startsWith(image, base)) return base;
    throw new RebaseSourceError(`${shown} does not begin with the layers of \`${stated.reference}\``, {
      hint: 'name the very image that it was built on with `--old-base`, by its digest',
    });
  }
  const tried: string[] = [];
  for (const reference of candidates(image, next.base)) {
    const base = await openBase(reference, session, hosts)
      .open(image.platform)
      .catch((error: unknown) => {
        if (!isPycError(error) || session.signal.aborted) throw error;
        tried.push(`\`${reference}\`: ${messageOf(error)}`);
        return undefined;
      });
    if (base === undefined) continue;
    if (startsWith(image, base)) return base;
    tried.push(`\`${reference}\`: the image does not begin with its layers`);
  }
  if (startsWith(image, next.image)) return next.image;
  throw new RebaseSourceError(`what ${shown} was built on is not known`, {
    hint: 'name it with `--old-base REF`, or build the image anew',
    details: tried,
  });
}

/** By digest: in the repository that the labels name, and in that of the new base. */
function candidates(image: FoundImage, { registry }: OpenedBase): string[] {
  const { name, digest } = statedBase(image);
  if (digest === undefined) return [];
  const named = name === undefined ? undefined : referenceOf(name);
  const places = [named, registry].filter((one) => one !== undefined);
  return [...new Set(places.map(({ host, repository }) => formatReference({ host, repository, digest })))];
}

function referenceOf(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

/** Its uncompressed layers are the image's lowest ones. */
function startsWith({ config }: FoundImage, base: Image): boolean {
  const ours = config.rootfs.diff_ids;
  const theirs = base.config.rootfs.diff_ids;
  return theirs.length <= ours.length && theirs.every((diffId, index) => diffId === ours[index]);
}
