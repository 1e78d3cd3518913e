/** What the search for a Python needs of a base image: some of its files. How layers are read is not its concern. */

/**
 * The files of an image. Paths are relative to its root and have no leading slash; asking can mean streaming
 * whole layers, so that both are called seldom.
 */
export interface BaseFiles {
  /** A file's content; links are followed inside the image. `undefined` where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** The paths of all files and links that begin with the prefix; those that no pattern of `TARGET_FILES` names may be left out. */
  list(prefix: string): Promise<readonly string[]>;
}

/** What the image's configuration says of it. */
export interface BaseFacts {
  /** OCI's word, as in the configuration's `architecture`. */
  readonly architecture: string;
  readonly variant?: string | undefined;
  /** The name of an interpreter that goes before all others, as in `python3.14t` or `pypy3.11`. */
  readonly executable?: string | undefined;
  /** The variables of the configuration's `Env`. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Every path that the search can ask for, so that a reader can gather them all in one pass over the layers:
 * interpreters, what describes them, the C library, and the databases of package managers.
 */
export const TARGET_FILES: readonly RegExp[] = [
  /^(?:[^/]+\/){0,8}bin\/(?:python3\.\d{1,2}t?d?|pypy3\.\d{1,2})$/,
  /^(?:[^/]+\/){1,8}pyvenv\.cfg$/,
  /^(?:[^/]+\/){0,8}lib(?:64)?\/(?:python|pypy)3\.\d{1,2}t?\/(?:build-details[^/]*\.json|_sysconfigdata[^/]*\.py)$/,
  /^(?:[^/]+\/){0,8}(?:lib(?:64)?|bin)\/(?:[^/]+-linux-[^/]+\/)?lib(?:python3\.\d{1,2}t?d?\.so\.1\.0|pypy3(?:\.\d{1,2})?-c\.so)$/,
  /^(?:[^/]+\/){0,8}lib(?:64|32)?\/(?:[^/]+-linux-[^/]+\/)?(?:libc\.so\.6|libc-2\.\d{1,2}\.so|ld-musl-[^/]+\.so\.1)$/,
  /^var\/lib\/dpkg\/(?:status|status\.d\/(?!.*\.md5sums$)[^/]+)$/,
  /^(?:usr\/)?lib\/apk\/db\/installed$/,
];

/** Whether the search can ask for this path. */
export function isTargetFile(path: string): boolean {
  return TARGET_FILES.some((pattern) => pattern.test(path));
}
