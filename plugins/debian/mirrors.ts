/** Where Debian's packages lie by default, and which suites belong together. Nothing is fetched here. */
import { PycError } from 'pycontainer';

/** One signed suite of one mirror: it has an InRelease file of its own. */
export interface Archive {
  /** Root of the mirror, without a trailing slash. */
  readonly mirror: string;
  /** As in `trixie-security`. */
  readonly suite: string;
  readonly components: readonly string[];
}

/** Debian has no architecture for the platform that is built. */
export class ArchitectureError extends PycError {
  readonly code = 'PYC_DEBIAN_ARCHITECTURE_UNKNOWN';
}

/** Codenames and aliases that are no release: they have neither updates nor security. */
const ROLLING: ReadonlySet<string> = new Set(['sid', 'unstable', 'experimental', 'rc-buggy']);

/** Suites that exist, newest first, for hints. */
export const KNOWN_SUITES: readonly string[] = [
  'trixie',
  'bookworm',
  'bullseye',
  'forky',
  'sid',
  'stable',
  'oldstable',
  'testing',
  'unstable',
];

export interface ArchiveChoice {
  readonly suite: string;
  readonly components: readonly string[];
  readonly mirror: string;
  /** False: no security suite. */
  readonly securityMirror: string | false;
  readonly updates: boolean;
}

/** The archives of a suite: itself, its `-updates` and its `-security`; a rolling suite is alone. */
export function archivesOf(choice: ArchiveChoice): readonly Archive[] {
  const { suite, components, mirror, securityMirror, updates } = choice;
  const main: Archive = { mirror, suite, components };
  if (ROLLING.has(suite)) return [main];
  return [
    main,
    ...(updates ? [{ mirror, suite: `${suite}-updates`, components }] : []),
    ...(securityMirror === false ? [] : [{ mirror: securityMirror, suite: `${suite}-security`, components }]),
  ];
}

/** The mirrors as they were at a time, on the snapshot service. `timestamp` as in `20260102T030405Z`. */
export function snapshotMirrors(
  service: string,
  timestamp: string,
): { readonly mirror: string; readonly securityMirror: string } {
  return {
    mirror: `${service}/archive/debian/${timestamp}`,
    securityMirror: `${service}/archive/debian-security/${timestamp}`,
  };
}

/** OCI's architecture and variant → Debian's word. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: 'amd64',
  arm64: 'arm64',
  'arm/v7': 'armhf',
  'arm/v6': 'armel',
  'arm/v5': 'armel',
  '386': 'i386',
  ppc64le: 'ppc64el',
  s390x: 's390x',
  riscv64: 'riscv64',
  mips64le: 'mips64el',
  loong64: 'loong64',
};

/** @throws ArchitectureError where Debian has none for the platform */
export function debianArchitecture(platform: {
  readonly architecture: string;
  readonly variant?: string;
}): string {
  const { architecture, variant } = platform;
  const found =
    ARCHITECTURES[variant === undefined ? architecture : `${architecture}/${variant}`] ??
    (architecture === 'arm' ? undefined : ARCHITECTURES[architecture]);
  if (found !== undefined) return found;
  throw new ArchitectureError(`Debian has no architecture for the platform \`linux/${architecture}\``, {
    hint: `choose one of ${Object.keys(ARCHITECTURES).join(', ')}`,
  });
}

/** A URL below a mirror; every segment is escaped as apt does it. */
export function urlBelow(mirror: string, path: string): string {
  return `${mirror}/${path.split('/').map(encodeURIComponent).join('/')}`;
}
