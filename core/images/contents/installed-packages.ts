/**
 * What is installed, by the files of an image: distributions by their METADATA, packages of Debian and Alpine by their databases.
 * Faulty entries are passed over: an image is what it is.
 */
import { normalizeName } from '../../python/index.ts';
import type { FileView } from './file-view.ts';

export interface InstalledPackage {
  readonly kind: 'python' | 'system';
  readonly name: string;
  readonly version: string;
  /** The number of the layer that brought it; of what a database lists, undefined. */
  readonly layer?: number;
}

const METADATA = /(?:^|\/)[^/]+\.(?:dist-info\/METADATA|egg-info\/PKG-INFO)$/;
const DPKG = /^var\/lib\/dpkg\/(?:status|status\.d\/(?!.*\.md5sums$)[^/]+)$/;
const APK = /^(?:usr\/)?lib\/apk\/db\/installed$/;

/** The files that say it. */
export const PACKAGE_FILES: readonly RegExp[] = [METADATA, DPKG, APK];

/** By name. */
export async function installedPackages(view: FileView): Promise<readonly InstalledPackage[]> {
  const found: InstalledPackage[] = [];
  for (const { path, layer } of view.files) {
    if (!PACKAGE_FILES.some((pattern) => pattern.test(path))) continue;
    const bytes = await view.read(path);
    if (bytes === undefined) continue;
    const text = Buffer.from(bytes).toString('utf8');
    if (METADATA.test(path)) found.push(...distribution(text, layer));
    else if (DPKG.test(path)) found.push(...debianPackages(text));
    else found.push(...alpinePackages(text));
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The headers of a METADATA (core metadata specifications); what is below them is not looked at. */
function distribution(text: string, layer: number): InstalledPackage[] {
  const head = text.split(/\r?\n\r?\n/, 1)[0]!;
  const name = /^Name:[ \t]*(\S+)[ \t\r]*$/im.exec(head)?.[1];
  const version = /^Version:[ \t]*(\S+)[ \t\r]*$/im.exec(head)?.[1];
  if (name === undefined || version === undefined) return [];
  return [{ kind: 'python', name: normalizeName(name), version, layer }];
}

/** deb-control(5). A package that was removed keeps its paragraph; a file of `status.d` states no status. */
function debianPackages(text: string): InstalledPackage[] {
  return text.split(/\n[ \t]*\n/).flatMap((paragraph) => {
    const name = /^Package:[ \t]*(\S+)/m.exec(paragraph)?.[1];
    const version = /^Version:[ \t]*(\S+)/m.exec(paragraph)?.[1];
    const isRemoved = /^Status:.*(?<! installed)$/m.test(paragraph);
    if (name === undefined || version === undefined || isRemoved) return [];
    return [{ kind: 'system' as const, name, version }];
  });
}

/** apk's database: `P:name`, `V:version`, an empty line behind each package. */
function alpinePackages(text: string): InstalledPackage[] {
  return text.split(/\n\n+/).flatMap((paragraph) => {
    const name = /^P:(\S+)/m.exec(paragraph)?.[1];
    const version = /^V:(\S+)/m.exec(paragraph)?.[1];
    return name === undefined || version === undefined ? [] : [{ kind: 'system' as const, name, version }];
  });
}
