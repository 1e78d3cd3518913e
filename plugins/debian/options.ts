/** What can be said of a Debian base: the schema of the options and what it makes of them. */
import { DEBIAN_MIRROR, DEBIAN_SECURITY_MIRROR, DEBIAN_SNAPSHOT, nearest, PycError } from 'pycontainer';
import * as z from 'zod';
import { snapshotMirrors } from './mirrors.ts';

/**
 * The options of `debian(…)`, or the suite in `apt:SUITE`, are not what the plugin takes. `details` lists every
 * fault.
 */
export class DebianOptionsError extends PycError {
  readonly code = 'PYC_DEBIAN_OPTIONS_INVALID';
  override readonly exitCode = 2;
}

/**
 * What a Python program needs of a system: accounts, names and certificates, time zones, a shell, Python, and the
 * C++ library, which wheels leave to the system (PEP 600: every manylinux platform has it).
 */
export const BASE_PACKAGES: readonly string[] = [
  'base-files',
  'base-passwd',
  'ca-certificates',
  'dash',
  'libc-bin',
  'libstdc++6',
  'netbase',
  'tzdata',
];

/** The interpreter with its whole standard library. */
export const PYTHON_PACKAGES: readonly string[] = ['python3'];

/**
 * Only maintainer scripts need these, and none runs here. `awk` is the virtual package that base-files names;
 * debianutils and libdebconfclient0 serve dash's and base-passwd's scripts.
 */
export const DEFAULT_EXCLUDE: readonly string[] = [
  'awk',
  'cdebconf',
  'debconf',
  'debconf-2.0',
  'debianutils',
  'dpkg',
  'init-system-helpers',
  'libdebconfclient0',
  'tar',
  'ucf',
];

const mirror = z
  .string()
  .regex(/^https?:\/\/[^\s?#]+$/, 'is no http or https URL')
  .transform((url) => url.replace(/\/+$/, ''));
const word = z.string().regex(/^[a-z0-9][a-z0-9+._-]*$/i, 'is no such name');
const packageName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9+.-]*(=[0-9A-Za-z.+~:-]+)?$/, 'is no package name, or `name=version`');

/** A Standard Schema. */
export const debianOptions = z.strictObject({
  packages: z.array(packageName).default([]).describe('Further packages: `name` or `name=version`.'),
  exclude: z
    .array(packageName)
    .default([...DEFAULT_EXCLUDE])
    .describe('Packages that count as present without being installed. Replaces the default list.'),
  python: z.boolean().default(true).describe('False leaves Python out, for bases that bring their own.'),
  mirror: mirror.optional().describe('Root of the archive.'),
  securityMirror: z
    .union([mirror, z.literal(false)])
    .optional()
    .describe('Root of the security archive; false for none.'),
  updates: z.boolean().default(true).describe('False leaves the `-updates` suite out.'),
  components: z.array(word).min(1).default(['main']).describe('As in `contrib` and `non-free`.'),
  snapshot: z
    .string()
    .regex(/^\d{8}T\d{6}Z$/, 'is no time such as `20260102T030405Z`')
    .optional()
    .describe('Takes everything from the snapshot service as it was then. Valid-Until is not checked.'),
  snapshotService: mirror.default(DEBIAN_SNAPSHOT).describe('Root of the snapshot service.'),
  checkValidUntil: z.boolean().optional().describe('False accepts a suite past its Valid-Until.'),
  keyring: z.string().optional().describe('ASCII-armoured public keys that replace Debian’s.'),
  strict: z.boolean().default(false).describe('Fails where a maintainer script does what is not done here.'),
  docs: z
    .boolean()
    .default(false)
    .describe('Keeps manuals, documentation and translations, not only licences.'),
});

export type DebianOptions = z.input<typeof debianOptions>;

/** Options with every default filled in. */
export interface DebianSettings {
  readonly suite: string;
  /** Further packages, sorted, each once. */
  readonly packages: readonly string[];
  readonly exclude: readonly string[];
  readonly python: boolean;
  readonly mirror: string;
  readonly securityMirror: string | false;
  readonly updates: boolean;
  readonly components: readonly string[];
  readonly snapshotService: string;
  readonly checkValidUntil: boolean;
  readonly keyring: string | undefined;
  readonly strict: boolean;
  readonly docs: boolean;
}

/** @throws DebianOptionsError with all faults at once */
export function readOptions(suite: string, options: DebianOptions = {}): DebianSettings {
  const checked = z.object({ suite: word, options: debianOptions }).safeParse({ suite, options });
  if (!checked.success) {
    const details = checked.error.issues.flatMap(faultsOf);
    throw new DebianOptionsError(
      `the Debian base is not well described: ${details.map((one) => `\`${one.path}\` ${one.message}`).join('; ')}`,
      { hint: "write it as in `debian('trixie', { packages: ['libpq5'] })`", details },
    );
  }
  const { snapshot, ...rest } = checked.data.options;
  const mirrors =
    snapshot === undefined
      ? { mirror: DEBIAN_MIRROR, securityMirror: DEBIAN_SECURITY_MIRROR }
      : snapshotMirrors(rest.snapshotService, snapshot);
  return {
    ...rest,
    suite,
    packages: unique(rest.packages),
    exclude: unique(rest.exclude),
    components: [...new Set(rest.components)],
    mirror: rest.mirror ?? mirrors.mirror,
    securityMirror: rest.securityMirror ?? mirrors.securityMirror,
    checkValidUntil: rest.checkValidUntil ?? snapshot === undefined,
    keyring: rest.keyring,
  };
}

interface Fault {
  readonly path: string;
  readonly message: string;
}

function faultsOf(issue: z.core.$ZodIssue): readonly Fault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const close = nearest(key, Object.keys(debianOptions.shape));
      return {
        path: key,
        message: close === undefined ? 'is no option' : `is no option; did you mean \`${close}\`?`,
      };
    });
  }
  return [{ path: issue.path.join('.').replace(/^options\./, ''), message: issue.message }];
}

function unique(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort();
}
