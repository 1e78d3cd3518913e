/**
 * Judges a wheel that this host made of a distribution's sources: whether it is the one that the lock names, and whether it
 * runs where the images do. How it was made is not known here.
 */
import { formatPlatform, parsePlatform } from '../../oci/platform.ts';
import { PycError } from '../../primitives/errors.ts';
import type { Log } from '../../primitives/log.ts';
import { visible } from '../../primitives/path.ts';
import { type ElfNeeds, readElfNeeds } from '../../python/elf-needs.ts';
import { chooseWheel, wheelSupport } from '../../python/lock/wheel-choice.ts';
import type { PythonTarget } from '../../python/target.ts';
import { compareVersions, Version } from '../../python/version.ts';
import { openWheel, type Wheel } from '../../python/wheel.ts';
import { parseWheelFilename } from '../../python/wheel-filename.ts';
import type { Distribution, WheelFile } from '../values.ts';

/**
 * What was built of a distribution's sources is another distribution, or another version, than the lock states. Lock again;
 * a version that is counted from a repository's tags needs the very commit and its tags.
 */
export class SourceWheelError extends PycError {
  readonly code = 'PYC_SOURCE_WHEEL_WRONG';
}

/**
 * A distribution has no wheel for a platform, and the one that this host built of its sources holds code that does not run
 * there: of another architecture, for another Python, or for a newer C library. Nothing was written. Put wheels for these
 * platforms into a `wheelhouse`, build on a machine of the platform, or lock a version that has wheels for it (with uv:
 * `required-environments`).
 */
export class SourceUnfitError extends PycError {
  readonly code = 'PYC_SOURCE_WHEEL_UNFIT';
}

/** @throws SourceWheelError */
export function checkIdentity(wheel: Pick<WheelFile, 'name'>, { name, version }: Distribution): void {
  const built = parseWheelFilename(wheel.name);
  const locked = Version.tryParse(version);
  if (built.name === name && (locked === undefined || compareVersions(built.version, locked) === 0)) return;
  throw new SourceWheelError(
    `the sources of \`${name}${version === '' ? '' : ` ${visible(version)}`}\` became \`${visible(wheel.name)}\``,
    { hint: 'lock again, and look whether the source is the one that is meant' },
  );
}

/** Where a wheel has to run. */
export interface WantedPlatforms {
  /** Of the platform that is built now. */
  readonly target: PythonTarget;
  /** All that are asked for, as in `linux/arm64`. */
  readonly platforms: readonly string[];
}

/**
 * The other platforms' Python is taken to be this one's: their bases are of one reference.
 *
 * @throws SourceUnfitError naming every platform that the wheel does not fit
 */
export function checkFit(
  wheel: WheelFile,
  distribution: Distribution,
  wanted: WantedPlatforms,
  log: Log,
): void {
  const { target } = wanted;
  const unfit = wanted.platforms.map(parsePlatform).filter((platform) => {
    const { architecture, variant } = platform;
    return !fits(wheel.name, { ...target, architecture, variant });
  });
  if (unfit.length > 0) {
    const names = unfit.map((platform) => `\`${formatPlatform(platform)}\``).join(', ');
    throw unfitError(distribution, wheel, names, `with Python ${target.version} (${target.abi})`);
  }
  if (wheel.name.endsWith('-any.whl')) return;
  const opened = openWheel(wheel.file, wheel.name);
  try {
    checkLibraries(opened, distribution, wheel, target, log);
  } finally {
    opened.close();
  }
}

function fits(name: string, target: PythonTarget): boolean {
  return chooseWheel([{ name }], wheelSupport(target).ranks) !== undefined;
}

/** What the C library brings, and the compiler's own runtime, which the official images have. */
const OF_THE_SYSTEM =
  /^(?:lib(?:c|m|pthread|dl|rt|util|resolv|nsl|crypt|gcc_s|stdc\+\+|atomic|gomp)\.so|ld-linux|ld64|ld-musl|libc\.musl|libpython)/;

/** A tag such as `linux_x86_64` says nothing of the C library: the libraries themselves do. */
function checkLibraries(
  opened: Wheel,
  distribution: Distribution,
  wheel: WheelFile,
  target: PythonTarget,
  log: Log,
): void {
  const others = new Set<string>();
  const own = new Set(opened.members.map(({ entry }) => entry.name.slice(entry.name.lastIndexOf('/') + 1)));
  for (const { entry } of opened.members) {
    if (!/\.so(?:\.|$)/.test(entry.name)) continue;
    const needs = readElfNeeds(opened.archive.read(entry));
    if (needs === undefined) continue;
    const fault = faultOf(needs, target);
    if (fault !== undefined)
      throw unfitError(
        distribution,
        wheel,
        `the base's ${target.libc.family} ${target.libc.version}`,
        `: ${fault}`,
      );
    for (const library of needs.libraries) {
      if (!OF_THE_SYSTEM.test(library) && !own.has(library)) others.add(library);
    }
  }
  if (others.size === 0) return;
  log.warn({
    /**
     * A wheel that this host built of sources needs libraries of the system that are not in the wheel. The image runs only
     * where its base has them: install them there, or take a wheel that brings them.
     */
    code: 'PYC_SOURCE_LIBRARIES',
    message: `\`${distribution.name}\` was built here and needs ${[...others]
      .sort()
      .map((one) => `\`${visible(one)}\``)
      .join(', ')}, which the base must have`,
    hint: 'choose a base with these libraries, or put a wheel that brings them into a `wheelhouse`',
  });
}

function faultOf(
  { architecture, libraries, versions }: ElfNeeds,
  { libc, ...target }: PythonTarget,
): string | undefined {
  if (architecture !== undefined && architecture !== target.architecture)
    return `it is built for ${architecture}`;
  const family = libraries.some((name) => name.startsWith('libc.musl-'))
    ? 'musl'
    : libraries.some((name) => /^libc\.so\.6/.test(name))
      ? 'glibc'
      : undefined;
  if (family !== undefined && family !== libc.family) return `it is built for ${family}`;
  if (libc.family !== 'glibc') return undefined;
  const [major = 0, minor = 0] = libc.version.split('.').map(Number);
  const newer = versions.find((version) => {
    const [, first, second] = /^GLIBC_(\d+)\.(\d+)/.exec(version) ?? [];
    return Number(first) > major || (Number(first) === major && Number(second) > minor);
  });
  return newer === undefined ? undefined : `it needs ${newer}`;
}

function unfitError(
  { name, version }: Distribution,
  wheel: WheelFile,
  where: string,
  why: string,
): SourceUnfitError {
  return new SourceUnfitError(
    `the wheel that this host built of \`${name} ${visible(version)}\`, \`${visible(wheel.name)}\`, does not fit ${where} ${why}`.replace(
      ' :',
      ':',
    ),
    {
      hint: "put wheels for these platforms into a `wheelhouse`, build on a machine of the platform, or lock with uv's `required-environments`",
      details: [{ name, version, file: wheel.name }],
    },
  );
}
