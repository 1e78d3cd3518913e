/** The versions that dpkg's and apk's databases state. They are read, never written. */
import type { BaseFiles } from './base-files.ts';

/**
 * The version of the first of these packages that a database of the image knows, in the distribution's own
 * spelling: `2.36-9+deb12u9`, `1.2.5-r8`.
 *
 * @param paths the image's files, as far as they are known
 */
export async function packageVersion(
  files: BaseFiles,
  paths: readonly string[],
  names: readonly string[],
): Promise<string | undefined> {
  for (const path of paths) {
    if (!isDatabaseOf(path, names)) continue;
    const bytes = await files.read(path);
    if (bytes === undefined) continue;
    const version = versionIn(Buffer.from(bytes).toString('utf8'), names);
    if (version !== undefined) return version;
  }
  return undefined;
}

/** Images without a package manager have a file a package, named after it. */
function isDatabaseOf(path: string, names: readonly string[]): boolean {
  const single = /^var\/lib\/dpkg\/status\.d\/(.+)$/.exec(path)?.[1];
  if (single !== undefined) return names.includes(single);
  return path === 'var/lib/dpkg/status' || path.endsWith('lib/apk/db/installed');
}

function versionIn(text: string, names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const field of [`Package: ${name}`, `P:${name}`]) {
      const at = text.startsWith(`${field}\n`) ? 0 : text.indexOf(`\n${field}\n`);
      if (at < 0) continue;
      const end = text.indexOf('\n\n', at + 1);
      const start = text.lastIndexOf('\n\n', at);
      const stanza = text.slice(Math.max(start, 0), end < 0 ? undefined : end);
      if (/^Status: .*(?<! installed)$/m.test(stanza)) continue;
      const version = /^(?:Version: |V:)(?:\d+:)?(\S+)$/m.exec(stanza)?.[1];
      if (version !== undefined) return version;
    }
  }
  return undefined;
}
