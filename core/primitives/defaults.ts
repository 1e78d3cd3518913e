/** The public services that pycontainer uses where nothing else is configured; the only place that names them. */

/** Root of the simple API (PEP 503, PEP 691). */
export const DEFAULT_INDEX = 'https://pypi.org/simple/';
/** Registry of references without a host, and the host that serves it. */
export const DEFAULT_REGISTRY = 'docker.io';
export const DEFAULT_REGISTRY_HOST = 'registry-1.docker.io';
/** Debian's archive, its security archive, and the service that keeps what left them. */
export const DEBIAN_MIRROR = 'http://deb.debian.org/debian';
export const DEBIAN_SECURITY_MIRROR = 'http://deb.debian.org/debian-security';
export const DEBIAN_SNAPSHOT = 'http://snapshot.debian.org';
/** The Debian release that the default base is made of. */
export const DEBIAN_CURRENT = 'trixie';
/** Python versions that the default base may have, best first. */
export const PYTHON_VERSIONS = ['3.14', '3.13', '3.12', '3.11', '3.10'] as const;
