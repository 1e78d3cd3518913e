/** Platforms as the OCI image index names them (`os`, `architecture`, `variant`; Go's GOOS and GOARCH). */
import { PycError } from '../primitives/errors.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly 'os.version'?: string;
}

/**
 * A platform is not written as `linux/ARCHITECTURE` or `linux/ARCHITECTURE/VARIANT`, or is one that no image is
 * built for.
 */
export class PlatformError extends PycError {
  readonly code = 'PYC_PLATFORM_INVALID';
  override readonly exitCode = 2;
}

/** Other tools' words for an architecture. */
const ALIASES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
  i386: '386',
  i686: '386',
};

/** The variant that an architecture has when none is written: containerd's normal form. */
const IMPLIED: Readonly<Record<string, string>> = { arm64: 'v8', arm: 'v7', amd64: 'v1' };

/**
 * Reads `linux/arm64`, `linux/arm/v7`, or an architecture alone. The variant that goes without saying is
 * left out (`arm64/v8` is `arm64`), except for 32-bit Arm, where it is always written.
 *
 * @throws PlatformError for anything that is not of this form, and for an operating system other than Linux.
 */
export function parsePlatform(text: string): Platform {
  const words = text.trim().toLowerCase().split('/');
  if (words.length === 1) words.unshift('linux');
  const [os, machine, ...rest] = words;
  const [architecture, implied] = (ALIASES[machine ?? ''] ?? machine ?? '').split('/');
  const variant = rest[0] ?? implied;
  const malformed =
    rest.length > 1 || !architecture || [...words].some((word) => !/^[a-z0-9_.-]+$/.test(word));
  if (malformed || os !== 'linux') {
    throw new PlatformError(`\`${text}\` is not a platform that an image can be built for`, {
      hint: 'write `linux/ARCHITECTURE`, as in `linux/amd64`, `linux/arm64` or `linux/arm/v7`',
    });
  }
  return normalizePlatform({ os, architecture, ...(variant === undefined ? {} : { variant }) });
}

/** Leaves out what goes without saying and adds 32-bit Arm's variant. */
export function normalizePlatform(platform: Platform): Platform {
  const { variant, ...rest } = platform;
  const said = variant === undefined || variant === '' ? IMPLIED[platform.architecture] : variant;
  const written = platform.architecture === 'arm' || said !== IMPLIED[platform.architecture];
  return said !== undefined && written ? { ...rest, variant: said } : rest;
}

/** `os/architecture[/variant]`. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = normalizePlatform(platform);
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** True where both name the same platform; `arm64` and `arm64/v8` do. */
export function samePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(a) === formatPlatform(b);
}
