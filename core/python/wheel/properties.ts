/**
 * The WHEEL file (PyPA's "Binary distribution format", "The .dist-info directory"): how the wheel was built, and whether
 * that agrees with its file name.
 */
import { visible } from '../../primitives/path.ts';
import { parseMessageHeaders } from '../message-headers.ts';
import { parseTags } from '../tags.ts';
import type { WheelFilename } from '../wheel-filename.ts';
import { WheelError, WheelUnsupportedError } from './errors.ts';

export interface WheelProperties {
  readonly generator: string | undefined;
  readonly rootIsPurelib: boolean;
  /** Compressed sets taken apart. */
  readonly tags: readonly string[];
  readonly build: string | undefined;
}

/**
 * @throws WheelError without a version of the format
 * @throws WheelUnsupportedError for Wheel-Version 2 and later
 */
export function parseWheelProperties(text: string): WheelProperties {
  const headers = parseMessageHeaders(text);
  const version = headers.get('Wheel-Version') ?? '';
  const major = /^(\d{1,9})\.\d{1,9}$/.exec(version)?.[1];
  if (major === undefined)
    throw new WheelError(`WHEEL has no valid Wheel-Version: \`${visible(version.slice(0, 40))}\``);
  if (Number(major) !== 1) {
    throw new WheelUnsupportedError(`WHEEL states version ${version} of the format; only 1.x is known`, {
      hint: 'update pycontainer, or pin another version of the distribution',
    });
  }
  return {
    generator: headers.get('Generator'),
    rootIsPurelib: headers.get('Root-Is-Purelib')?.toLowerCase() === 'true',
    tags: headers.all('Tag').flatMap((tag) => parseTags(tag)),
    build: headers.get('Build') || undefined,
  };
}

/**
 * Repairing tools rename `linux_x86_64` to `manylinux_…` and leave WHEEL behind, so platforms are compared by system and
 * machine only; interpreter and ABI must agree to the letter. Those who add programs of a platform to a wheel that was
 * built for any leave WHEEL behind, too: the file name, which says less, holds.
 *
 * @throws WheelError where file name and WHEEL have no tag in common, or another build
 */
export function checkAgreement(properties: WheelProperties, file: WheelFilename): void {
  const stated = new Set(properties.tags.map(comparableTag));
  const agrees = (tag: string): boolean => stated.has(comparableTag(tag)) || stated.has(forAnyPlatform(tag));
  if (stated.size > 0 && !file.tags.some(agrees)) {
    throw new WheelError(
      `WHEEL states the tags ${properties.tags.slice(0, 5).join(', ')}, which the file name does not have`,
    );
  }
  const build = file.build.join('');
  if (properties.build !== undefined && properties.build !== build) {
    throw new WheelError(
      `WHEEL states the build \`${visible(properties.build)}\`, the file name \`${build}\``,
    );
  }
}

function comparableTag(tag: string): string {
  return tag
    .replace(/-(?:many|musl)?linux(?:\d+|_\d+_\d+)?_(\w+)$/, '-linux_$1')
    .replace(/-macosx_.*$/, '-macosx');
}

function forAnyPlatform(tag: string): string {
  return tag.replace(/-[^-]*$/, '-any');
}
