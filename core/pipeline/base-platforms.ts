/** Whether a base exists for every platform that is asked for, before anything is made for one of them. */
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { isPycError, PycError } from '../primitives/errors.ts';
import { visible } from '../primitives/path.ts';
import { createBaseContext } from './base-context.ts';
import type { Session } from './session.ts';
import type { ResolvedConfig } from './settings.ts';
import type { BaseSource } from './values.ts';

/**
 * The base does not exist for several of the platforms that are asked for. `details` lists these and those that exist. Build for
 * fewer with `--platform`, or use another base.
 */
export class BasePlatformsError extends PycError {
  readonly code = 'PYC_BASE_PLATFORMS_MISSING';
}

/** What registries, layouts and archives say of a platform that they do not have. */
const MISSING: readonly string[] = ['PYC_REGISTRY_PLATFORM', 'PYC_IMAGE_PLATFORM_MISSING'];

/**
 * Opens the base for all platforms, which for a source that keeps what it read costs nothing twice.
 *
 * @throws BasePlatformsError naming all that are missing; where one is, what the source throws for it
 */
export async function demandPlatforms(
  source: BaseSource,
  platforms: readonly Platform[],
  config: ResolvedConfig,
  session: Session,
): Promise<void> {
  if (source.isLazy !== true || platforms.length < 2) return;
  const missing: { readonly platform: Platform; readonly error: PycError }[] = [];
  await Promise.all(
    platforms.map(async (platform) => {
      const context = createBaseContext(source.reference, platform, config, session);
      await source.open(platform, session.signal, context).catch((error: unknown) => {
        if (!isPycError(error) || !MISSING.includes(error.code)) throw error;
        missing.push({ platform, error });
      });
    }),
  );
  const [first, second] = missing;
  if (first === undefined) return;
  if (second === undefined) throw first.error;
  const names = platforms
    .filter((one) => missing.some(({ platform }) => platform === one))
    .map((one) => formatPlatform(one));
  const existing = (first.error.details ?? []).map(String);
  throw new BasePlatformsError(
    `\`${visible(source.reference)}\` is not for ${names.join(', ')}, ${existing.length === 0 ? 'and names no platform' : `only for ${existing.join(', ')}`}`,
    {
      hint: 'build for those that exist with `--platform`, or use another base',
      details: [{ missing: names, existing }],
    },
  );
}
