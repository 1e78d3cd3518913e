/** A suite's Release file (repository format, "Release files"): which indexes it vouches for, and until when. */

import type { Digest } from 'pycontainer';
import { isDigest, PycError } from 'pycontainer';
import { parseFields } from './control-fields.ts';

/** The signed list of a Debian suite is malformed, or lacks the component or architecture that is needed. */
export class ReleaseError extends PycError {
  readonly code = 'PYC_DEBIAN_RELEASE_INVALID';
}

/**
 * The signed list of a Debian suite is past its `Valid-Until`: a stale mirror, or someone who withholds updates.
 * As a warning, it is used all the same because of `--offline`.
 */
export class ReleaseExpiredError extends PycError {
  readonly code = 'PYC_DEBIAN_RELEASE_EXPIRED';
}

/** A file that a Release names. */
export interface ReleaseFile {
  readonly sha256: Digest;
  /** Bytes. */
  readonly size: number;
}

export interface Release {
  readonly suite: string;
  readonly codename: string;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  /** Undefined where the suite has no end. */
  readonly validUntil: Date | undefined;
  readonly acquireByHash: boolean;
  /** Path below `dists/SUITE/` → file. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

/** @throws ReleaseError where a field is missing or malformed; `what` names the file */
export function parseRelease(text: string, what: string): Release {
  const fields = parseFields(text);
  const validUntil = fields.get('valid-until');
  const date = validUntil === undefined ? undefined : dateOf(validUntil);
  if (validUntil !== undefined && date === undefined) {
    throw new ReleaseError(`${what} has the unreadable Valid-Until \`${validUntil}\``, {
      hint: 'try another `mirror`',
    });
  }
  const files = new Map<string, ReleaseFile>();
  for (const line of (fields.get('sha256') ?? '').split('\n')) {
    const [hex, size, path] = line.trim().split(/\s+/);
    const sha256 = `sha256:${hex}`;
    if (path !== undefined && isDigest(sha256) && /^\d{1,15}$/.test(size ?? ''))
      files.set(path, { sha256, size: Number(size) });
  }
  if (files.size === 0)
    throw new ReleaseError(`${what} lists no SHA-256 hashes`, { hint: 'try another `mirror`' });
  return {
    suite: fields.get('suite') ?? '',
    codename: fields.get('codename') ?? '',
    architectures: words(fields.get('architectures')),
    components: words(fields.get('components')).map((component) => component.replace(/^updates\//, '')),
    validUntil: date,
    acquireByHash: fields.get('acquire-by-hash') === 'yes',
    files,
  };
}

/**
 * Refuses another suite than the one asked for, which a mirror could otherwise pass off as it, and an
 * architecture or a component that the suite does not have.
 *
 * @throws ReleaseError
 */
export function checkRelease(
  release: Release,
  asked: { readonly suite: string; readonly architecture: string; readonly components: readonly string[] },
  what: string,
): void {
  const { suite, codename } = release;
  // Security's Suite was once `stable/updates`, and proposed names may hold a slash.
  if (suite !== asked.suite && codename !== asked.suite) {
    throw new ReleaseError(`${what} is of suite \`${suite}\` (${codename}), not of \`${asked.suite}\``, {
      hint: 'try another `mirror`',
    });
  }
  if (release.architectures.length > 0 && !release.architectures.includes(asked.architecture)) {
    throw new ReleaseError(`${what} has no architecture \`${asked.architecture}\``, {
      hint: `choose a platform among ${release.architectures.filter((each) => each !== 'all').join(', ')}`,
    });
  }
  const missing = asked.components.filter(
    (component) => release.components.length > 0 && !release.components.includes(component),
  );
  if (missing.length > 0) {
    throw new ReleaseError(`${what} has no component \`${missing.join('`, `')}\``, {
      hint: `choose \`components\` among ${release.components.join(', ')}`,
    });
  }
}

/** True where the suite's word is no longer current: a mirror could be holding back updates. */
export function isExpired(release: Release, now: Date): boolean {
  return release.validUntil !== undefined && now > release.validUntil;
}

/** What the error and the warning of an expired suite say. */
export function expiryMessage(release: Release, what: string): string {
  return `${what} was valid until ${release.validUntil?.toISOString() ?? 'now'}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Wed, 18 Nov 2026 22:17:41 UTC`: the one form that archives write, since runtimes guess differently at others. */
function dateOf(text: string): Date | undefined {
  const match =
    /^[A-Z][a-z]{2}, +(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:UTC|GMT|Z|\+0000)$/.exec(
      text,
    );
  const month = MONTHS.indexOf(match?.[2] ?? '');
  if (match === null || month === -1) return undefined;
  const [day, year, hours, minutes, seconds] = [match[1], match[3], match[4], match[5], match[6]].map(Number);
  return new Date(Date.UTC(year!, month, day, hours, minutes, seconds));
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
