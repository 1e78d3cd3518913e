/** Package URLs (purl specification 1.0) of what an image holds. */

import { PackageURL } from 'packageurl-js';
import type { ComponentFacts, Digest } from 'pycontainer';

type Qualifiers = Readonly<Record<string, string>>;

/** `pkg:pypi/…`, `pkg:deb/…`, `pkg:apk/…`; `pkg:generic/…` for anything else. */
export function packageUrl({ kind, name, version, qualifiers }: ComponentFacts): string {
  const { type, vendor, ...rest } = qualifiers ?? {};
  if (kind === 'python') return write('pypi', undefined, name, version, rest);
  // The namespace is the distribution's vendor: Debian's derivatives have packages of their own.
  if (kind === 'debian')
    return write('deb', vendor ?? vendorOf(rest.distro) ?? 'debian', name, version, rest);
  if (type === 'apk') return write('apk', vendorOf(rest.distro) ?? 'alpine', name, version, rest);
  if (type === 'rpm') return write('rpm', vendorOf(rest.distro), name, version, rest);
  return write('generic', undefined, name, version, rest);
}

/** `pkg:oci/name@sha256:…`, with where it comes from and its tag. */
export function imageUrl(name: string, digest: Digest, qualifiers: Qualifiers): string {
  return write('oci', undefined, name.toLowerCase(), digest, qualifiers);
}

/** `pkg:generic/…`, for what no registry of packages knows. */
export function genericUrl(name: string, version: string | undefined): string {
  return write('generic', undefined, name, version, {});
}

/** True for a package URL of any type, as another document states it. */
export function isPackageUrl(text: string): boolean {
  if (text.length > 1000 || !/^pkg:[\x21-\x7e]+$/.test(text)) return false;
  try {
    PackageURL.fromString(text);
    return true;
  } catch {
    return false;
  }
}

function vendorOf(distro: string | undefined): string | undefined {
  return distro === undefined ? undefined : /^[a-z]+/.exec(distro)?.[0];
}

function write(
  type: string,
  namespace: string | undefined,
  name: string,
  version: string | undefined,
  qualifiers: Qualifiers,
): string {
  const url = new PackageURL(type, namespace, name, version, { ...qualifiers }, undefined).toString();
  // The specification's canonical form encodes these as well; none of them delimits anything.
  return url.replace(/[+!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
