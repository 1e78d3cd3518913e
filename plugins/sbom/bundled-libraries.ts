/** Shared libraries that auditwheel, delocate and delvewheel put into wheels: found and named by their paths alone. */
import type { Digest, PartRecord } from 'pycontainer';

/** A shared library in the tree. */
export interface BundledLibrary {
  /** As in `libopenblas`. */
  readonly name: string;
  /** Of the file's name, where it has one: the library's own interface version, which may be less than the release's. */
  readonly version?: string;
  /** Relative to the root. */
  readonly path: string;
  readonly sha256: Digest;
}

/** auditwheel: `NAME.libs/` beside the package; delocate: `.dylibs/` in it. */
const FOLDER = /(?:^|\/)(?:[^/]+\.libs|\.dylibs)\/([^/]+)$/;

export function bundledLibraries({ entries }: PartRecord): BundledLibrary[] {
  return entries.flatMap((entry): BundledLibrary[] => {
    if (entry.type !== 'file') return [];
    const file = FOLDER.exec(entry.path)?.[1];
    const named = file === undefined ? undefined : nameOf(file);
    return named === undefined ? [] : [{ ...named, path: entry.path, sha256: entry.sha256 }];
  });
}

/**
 * `libgfortran-040039e1.so.5.0.0` → libgfortran 5.0.0; `libopenblas64_p-r0-0cf96a72.3.23.dev.so` → libopenblas64_p-r0 3.23.dev;
 * `libz.1.2.13.dylib` → libz 1.2.13. The hash is of the file, and was put in so that names do not meet.
 */
function nameOf(file: string): Pick<BundledLibrary, 'name' | 'version'> | undefined {
  const found = /^(.+?)(?:-[0-9a-f]{8,64})?(?:\.(\d[\w.]*?))?\.(?:so|dylib|dll)(?:\.(\d[\w.]*))?$/.exec(file);
  if (found === null) return undefined;
  const version = found[3] ?? found[2];
  return { name: found[1]!, ...(version === undefined ? {} : { version }) };
}
