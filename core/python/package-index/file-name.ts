/** What the name of a file on an index says, wheel or sdist. */
import type { Version } from '../version.ts';
import { FilenameError, parseSdistFilename, parseWheelFilename } from '../wheel-filename.ts';

export interface DistributionName {
  /** Normalised. */
  readonly name: string;
  readonly version: Version;
  readonly isWheel: boolean;
}

/** Undefined for installers, eggs and whatever else old pages list. */
export function parseDistributionFilename(name: string): DistributionName | undefined {
  try {
    const isWheel = name.endsWith('.whl');
    const parsed = isWheel ? parseWheelFilename(name) : parseSdistFilename(name);
    return { name: parsed.name, version: parsed.version, isWheel };
  } catch (error) {
    if (error instanceof FilenameError) return undefined;
    throw error;
  }
}
