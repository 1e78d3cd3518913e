/** The verb that builds an image again and compares, as programs and the command line call it. What it runs is loaded when it is called. */
import { type ImageOptions, type ImageVerbReport, runImageVerb } from './image-session.ts';
import type { DiffedImage } from './images/diff.ts';
import type { Digest } from './primitives/digest.ts';
import { PycError } from './primitives/errors.ts';

/** What {@link verifyRebuild} takes. */
export interface RebuildOptions extends ImageOptions {
  /** `REF`, `layout:DIR[:TAG]` or `archive:FILE[:TAG]`. */
  readonly image: string;
  /** The checkout that it is built of, relative to `cwd`; default `cwd`. */
  readonly directory?: string | undefined;
  /** One image of several, as in `linux/arm64`; default all of them. */
  readonly platform?: string | undefined;
}

/** One platform's image, and what it came to when it was built again. */
export interface RebuiltImage {
  readonly platform: string;
  readonly digest: Digest;
  readonly rebuilt: Digest;
  readonly equal: boolean;
  /** `before` is the image, `after` what was built. Null where both are the same. */
  readonly difference: DiffedImage | null;
}

export interface RebuildResult {
  /** Of what the reference stands for. */
  readonly digest: Digest | null;
  readonly images: readonly RebuiltImage[];
}

export type RebuildReport = ImageVerbReport & RebuildResult;

/**
 * The image was built again and is another one. What differs is listed: layers, files, settings. Either it was not built of what its
 * provenance says, or something that goes into it was not pinned.
 */
export class RebuildDiffersError extends PycError {
  readonly code = 'PYC_REBUILD_DIFFERS';
}

/**
 * Builds an image again by its provenance, from a checkout of its sources, and compares digests. Never rejects: an image that is not
 * the same is `error` in the report, and `images` says what differs.
 */
export async function verifyRebuild(options: RebuildOptions): Promise<RebuildReport> {
  let compared: RebuildResult = { digest: null, images: [] };
  const report = await runImageVerb('verify', options, compared, async (session) => {
    const [{ rebuildImages }, { differencesOf }] = await Promise.all([
      import('./rebuild-images.ts'),
      import('./rebuild-differences.ts'),
    ]);
    compared = await rebuildImages(options, session);
    const others = compared.images.filter(({ equal }) => !equal);
    if (others.length === 0) return compared;
    throw new RebuildDiffersError(
      others.length === 1
        ? `\`${options.image}\` for ${others[0]!.platform} is not what was built again`
        : `${others.length} images of \`${options.image}\` are not what was built again`,
      {
        hint: 'look at what differs: files of the project are the checkout’s, files of the base are the base’s',
        details: others.map(differencesOf),
      },
    );
  });
  return { ...report, ...compared };
}
